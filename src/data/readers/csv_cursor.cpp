#include "data/readers/csv_cursor.hpp"

#include <cstring>
#include <limits>

#include "data/readers/csv.hpp"

namespace deltarule::data {

CsvCursor::CsvCursor(std::string_view bytes, char delimiter)
    : at_(bytes.data()), end_(bytes.data() + bytes.size()), delimiter_(delimiter) {
  for (const char stop : {delimiter, '\n', '\r', '"'}) stops_[static_cast<unsigned char>(stop)] = true;
}

bool CsvCursor::next_record() {
  if (fault_ != CsvFault::none) return false;
  while (at_ != end_) {
    record_ = at_;
    skip_spaces();
    if (at_ == end_) return false;
    if (*at_ != '\n' && *at_ != '\r') {
      at_ = record_;
      record_line_ = line_;
      return true;
    }
    end_line();
    if (fault_ != CsvFault::none) return false;
  }
  return false;
}

bool CsvCursor::next_field(CsvField& field) {
  field_line_ = line_;
  field.escaped = false;
  skip_spaces();
  const bool quoted = at_ != end_ && *at_ == '"';
  return quoted ? read_quoted(field) : read_plain(field);
}

bool CsvCursor::read_plain(CsvField& field) {
  const char* first = at_;
  while (at_ != end_ && !stops_[static_cast<unsigned char>(*at_)]) ++at_;
  if (at_ != end_ && *at_ == '"') return fail(CsvFault::quote_in_field, line_);
  const char* last = at_;
  while (last != first && (last[-1] == ' ' || last[-1] == '\t')) --last;
  field.text = {first, static_cast<std::size_t>(last - first)};
  return finish(field);
}

bool CsvCursor::read_quoted(CsvField& field) {
  const char* first = ++at_;
  const char* close = nullptr;
  while (true) {
    const auto left = static_cast<std::size_t>(end_ - at_);
    close = left == 0 ? nullptr : static_cast<const char*>(std::memchr(at_, '"', left));
    if (close == nullptr) return fail(CsvFault::unterminated_quote, field_line_);
    at_ = close + 1;
    if (at_ == end_ || *at_ != '"') break;
    field.escaped = true;
    ++at_;
  }
  for (const char* c = first; c != close; ++c) {
    const bool ends_line = *c == '\n' || (*c == '\r' && c[1] != '\n');  // c[1] is at most the closing quote
    if (ends_line && line_ == std::numeric_limits<std::uint32_t>::max()) return fail(CsvFault::too_many_lines, line_);
    line_ += ends_line ? 1U : 0U;
  }
  field.text = {first, static_cast<std::size_t>(close - first)};
  skip_spaces();
  if (at_ != end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') {
    return fail(CsvFault::text_after_quote, line_);
  }
  return finish(field);
}

// Steps over what ended the field.
bool CsvCursor::finish(CsvField& field) {
  if (static_cast<std::size_t>(at_ - record_) > kMaxRecordBytes) return fail(CsvFault::record_too_long, record_line_);
  field.last = at_ == end_ || *at_ != delimiter_;
  if (!field.last) {
    ++at_;
  } else if (at_ != end_) {
    end_line();
  }
  return fault_ == CsvFault::none;
}

bool CsvCursor::fail(CsvFault fault, std::uint32_t line) {
  fault_ = fault;
  fault_line_ = line;
  return false;
}

void CsvCursor::skip_spaces() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t') && *at_ != delimiter_) ++at_;
}

// CR, LF and CR LF each end one line.
void CsvCursor::end_line() {
  at_ += (*at_ == '\r' && at_ + 1 != end_ && at_[1] == '\n') ? 2 : 1;
  if (line_ == std::numeric_limits<std::uint32_t>::max()) {
    fail(CsvFault::too_many_lines, line_);
  } else {
    ++line_;
  }
}

std::string_view unescape(const CsvField& field, std::string& scratch) {
  if (!field.escaped) return field.text;
  scratch.clear();
  for (std::size_t i = 0; i < field.text.size(); ++i) {
    scratch += field.text[i];
    if (field.text[i] == '"') ++i;
  }
  return scratch;
}

}  // namespace deltarule::data
