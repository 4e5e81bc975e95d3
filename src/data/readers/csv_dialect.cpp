#include "data/readers/csv_dialect.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

constexpr std::size_t kSampleBytes = std::size_t{64} << 10;
constexpr std::size_t kSampleRecords = 20;
constexpr std::array<char, 4> kDelimiters = {',', ';', '\t', '|'};

std::string line_place(const std::string& source, std::size_t line) { return source + ":" + std::to_string(line); }

bool starts_with(std::string_view bytes, std::string_view start) { return bytes.substr(0, start.size()) == start; }

// A safetensors file is 8 bytes of little-endian length, then a JSON object of that length.
bool looks_like_model(std::string_view bytes) {
  if (bytes.size() < 10 || bytes[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return length >= 2 && length < (std::uint64_t{1} << 48U);
}

// Length of the UTF-8 sequence at `at`, or 0 for what is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool allowed = (lead != 0xE0 || byte(1) >= 0xA0) && (lead != 0xED || byte(1) < 0xA0);
    return allowed && continues(1) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool allowed = (lead != 0xF0 || byte(1) >= 0x90) && (lead != 0xF4 || byte(1) < 0x90);
    return allowed && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

std::size_t first_not_utf8(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::uint64_t eight = 0;
    if (at + sizeof eight <= bytes.size()) {
      std::memcpy(&eight, bytes.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const std::size_t length = sequence_length(bytes, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::size_t line_of(std::string_view bytes, std::size_t offset) {
  const std::string_view before = bytes.substr(0, offset);
  std::size_t lines = 1;
  for (std::size_t i = 0; i < before.size(); ++i) {
    lines += before[i] == '\n' || (before[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] != '\n') ? 1U : 0U;
  }
  return lines;
}

struct DelimiterTrial {
  std::size_t fields = 0;    // of the first record
  std::ptrdiff_t score = 0;  // records with as many fields, minus the others
};

DelimiterTrial try_delimiter(std::string_view sample, bool whole, char delimiter) {
  DelimiterTrial trial;
  CsvCursor cursor(sample, delimiter);
  for (std::size_t records = 0; records < kSampleRecords && cursor.next_record(); ++records) {
    CsvField field;
    std::size_t fields = 0;
    do {
      if (!cursor.next_field(field)) break;
      ++fields;
    } while (!field.last);
    if (records == 0) trial.fields = fields;
    if (cursor.at_end() && !whole) break;  // the sample may end inside this record
    const bool bad = cursor.fault() != CsvFault::none;
    if (bad && !whole && cursor.fault() == CsvFault::unterminated_quote) break;
    trial.score += !bad && fields == trial.fields ? 1 : -1;
  }
  return trial;
}

Result<void> check_distinct(const std::vector<std::string>& names, const std::string& place) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto [first, is_new] = seen.emplace(names[c], c);
    if (is_new) continue;
    return Error{ErrorCode::data, place,
                 "columns " + std::to_string(first->second + 1) + " and " + std::to_string(c + 1) + " are both named " +
                     base::quoted(names[c]),
                 "a different name for each column", "Rename one of them in the first line"};
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string numbered_name(std::size_t column) { return "c" + std::to_string(column + 1); }

// The first record's fields; those without a name get a number.
Result<std::vector<std::string>> first_record(CsvCursor& cursor, const std::string& source) {
  std::vector<std::string> fields;
  std::string scratch;
  CsvField field;
  do {
    if (!cursor.next_field(field)) {
      return fault_error(cursor, source, "column " + std::to_string(fields.size() + 1));
    }
    if (fields.size() == kMaxColumns) {
      return Error{ErrorCode::data, line_place(source, cursor.record_line()),
                   "more than " + std::to_string(kMaxColumns) + " columns", "at most that many",
                   "Check the delimiter, and that lines are ended by line breaks"};
    }
    fields.emplace_back(trimmed(unescape(field, scratch)));
  } while (!field.last);
  return fields;
}

}  // namespace

Result<void> check_text(std::string_view bytes, const std::string& source) {
  const auto refuse = [&](std::string got, std::string needed, std::string fix) {
    return Error{ErrorCode::data, source, std::move(got), std::move(needed), std::move(fix)};
  };
  const std::string text = "a table as CSV or TSV text";
  if (bytes.empty()) return refuse("the file is empty", text, "Check that it was written completely");
  if (looks_like_model(bytes)) {
    return refuse("this is a model file (safetensors), not data", text, "Give the model first, then the data");
  }
  if (starts_with(bytes, "\x1f\x8b")) return refuse("a gzip-compressed file", text, "Decompress it first: gunzip");
  if (starts_with(bytes, "PK\x03\x04")) return refuse("a zip archive or spreadsheet", text, "Export it as CSV");
  if (starts_with(bytes, "\xff\xfe") || starts_with(bytes, "\xfe\xff")) {
    return refuse("UTF-16 text", "UTF-8 text", "Save it as UTF-8, or: iconv -f utf-16 -t utf-8");
  }
  if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos) {
    return Error{ErrorCode::data, line_place(source, line_of(bytes, nul)),
                 "a NUL byte at offset " + std::to_string(nul), "text",
                 "Check that this is a text file and not damaged"};
  }
  if (const std::size_t bad = first_not_utf8(bytes); bad != std::string_view::npos) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(bytes[bad]);
    return Error{ErrorCode::data, line_place(source, line_of(bytes, bad)),
                 std::string("byte 0x") + kHex[byte >> 4U] + kHex[byte & 15U] + " at offset " + std::to_string(bad) +
                     " is not UTF-8",
                 "UTF-8 text", "Save it as UTF-8, or: iconv -f latin1 -t utf-8"};
  }
  return {};
}

std::string_view without_byte_order_mark(std::string_view bytes) {
  return starts_with(bytes, "\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
}

char detect_delimiter(std::string_view bytes) {
  const std::string_view sample = bytes.substr(0, kSampleBytes);
  const bool whole = sample.size() == bytes.size();
  char best = ',';
  DelimiterTrial best_trial;
  for (const char delimiter : kDelimiters) {
    const DelimiterTrial trial = try_delimiter(sample, whole, delimiter);
    if (trial.fields < 2) continue;
    const bool better = best_trial.fields < 2 || trial.score > best_trial.score ||
                        (trial.score == best_trial.score && trial.fields > best_trial.fields);
    if (!better) continue;
    best = delimiter;
    best_trial = trial;
  }
  return best;
}

Result<CsvHeader> read_header(std::string_view bytes, const std::string& source, char delimiter,
                              const CsvOptions& options, Notices& notices) {
  CsvCursor cursor(bytes, delimiter);
  if (!cursor.next_record()) {
    return Error{ErrorCode::data, source, "there is nothing in the file but blank lines", "a table as CSV or TSV text",
                 "Check that it was written completely"};
  }
  auto fields = first_record(cursor, source);
  if (!fields) return fields.error();
  CsvHeader header{.names = std::move(*fields), .in_file = options.header == Header::yes};
  if (options.header == Header::detect) {
    const auto number = std::find_if(header.names.begin(), header.names.end(), [](const std::string& name) {
      return io::number_form(name) == io::NumberStatus::ok;
    });
    header.in_file = number == header.names.end();
    if (!header.in_file) {
      notices.push_back({line_place(source, cursor.record_line()) + ": the first line holds the number " +
                         base::quoted(*number) +
                         " and is read as data, the columns are called c1, c2, …; if it holds names: --header"});
    }
  }
  for (std::size_t c = 0; c < header.names.size(); ++c) {
    if (!header.in_file || header.names[c].empty()) header.names[c] = numbered_name(c);
  }
  if (auto distinct = check_distinct(header.names, line_place(source, cursor.record_line())); !distinct) {
    return distinct.error();
  }
  return header;
}

Error fault_error(const CsvCursor& cursor, const std::string& source, std::string_view column) {
  const std::string place = line_place(source, cursor.fault_line()) + ", " + std::string(column);
  switch (cursor.fault()) {
    case CsvFault::unterminated_quote:
      return {ErrorCode::data, place, "the quote that opens on this line is never closed", "a closing quote",
              "Close it, or write a quote inside quotes twice"};
    case CsvFault::text_after_quote:
      return {ErrorCode::data, place, "there are characters after a closing quote",
              "a delimiter or the end of the line", "Write a quote inside quotes twice"};
    case CsvFault::quote_in_field:
      return {ErrorCode::data, place, "there is a quote inside a field that does not begin with one",
              "the whole field in quotes", "Put the field in quotes and write each quote inside it twice"};
    case CsvFault::record_too_long:
      return {ErrorCode::data, line_place(source, cursor.fault_line()),
              "the row that begins here is longer than " + std::to_string(kMaxRecordBytes >> 20U) + " MiB",
              "shorter rows", "Check its line breaks and quotes"};
    case CsvFault::too_many_lines:
    case CsvFault::none:
      break;
  }
  return {ErrorCode::data, source, "the file has more than 4294967295 lines", "fewer", "Cut it into several files"};
}

}  // namespace deltarule::data
