#include "data/readers/csv.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "data/readers/csv_cursor.hpp"
#include "data/readers/csv_dialect.hpp"
#include "io/file.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

constexpr std::size_t kMaxRows = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());

// The texts that mean "missing". Most fields are told apart by their first character alone.
class MissingTexts {
 public:
  explicit MissingTexts(const std::vector<std::string>& texts) : texts_(texts) {
    for (const std::string& text : texts) {
      if (text.empty()) empty_ = static_cast<std::int32_t>(&text - texts.data());
      if (!text.empty()) first_[static_cast<unsigned char>(text[0])] = true;
    }
  }
  // Place among the texts, or −1.
  [[nodiscard]] std::int32_t find(std::string_view field) const {
    if (field.empty()) return empty_;
    if (!first_[static_cast<unsigned char>(field[0])]) return -1;
    const auto found = std::find(texts_.begin(), texts_.end(), field);
    return found == texts_.end() ? -1 : static_cast<std::int32_t>(found - texts_.begin());
  }

 private:
  const std::vector<std::string>& texts_;
  std::array<bool, 256> first_{};
  std::int32_t empty_ = -1;
};

// What the first pass learns about a column.
struct ColumnSurvey {
  bool text = false;        // asked for as text
  std::size_t numbers = 0;  // fields with the form of a number
  std::size_t words = 0;    // fields without; "inf" and its like are neither
  std::uint32_t first_word_line = 0;
  std::string_view first_word;  // undecoded
};

struct Survey {
  std::vector<ColumnSurvey> columns;
  std::size_t rows = 0;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Dictionary = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

class CsvParser {
 public:
  CsvParser(std::string_view bytes, std::string source, const CsvOptions& options, Notices& notices)
      : bytes_(bytes), source_(std::move(source)), options_(options), notices_(notices), missing_(options.missing) {}

  Result<Table> parse();

 private:
  Result<void> check_options() const;
  void mark_text_columns();
  Result<void> survey();
  Result<void> survey_record(CsvCursor& cursor);
  Error ragged(const CsvCursor& cursor, std::size_t fields) const;
  void report_mixed_columns();
  Table empty_table() const;
  Result<void> fill(Table& table);
  Result<void> fill_record(CsvCursor& cursor, Table& table);
  Result<void> fill_number(std::string_view text, const CsvCursor& cursor, Column& column);
  Result<void> fill_category(std::string_view text, std::size_t c, Column& column);
  [[nodiscard]] std::string column_place(std::size_t c) const { return "column " + base::quoted(header_.names[c]); }
  // A cursor at the first row of data.
  [[nodiscard]] CsvCursor data_cursor() const;

  std::string_view bytes_;
  std::string source_;
  const CsvOptions& options_;
  Notices& notices_;
  MissingTexts missing_;
  char delimiter_ = ',';
  CsvHeader header_;
  Survey survey_;
  std::vector<Dictionary> dictionaries_;
  std::string scratch_;
};

Result<void> CsvParser::check_options() const {
  constexpr std::string_view kAllowed = ",;|\t";
  if (options_.delimiter == '\0' || kAllowed.find(options_.delimiter) != std::string_view::npos) return {};
  return Error{ErrorCode::usage, "delimiter", base::quoted(std::string_view(&options_.delimiter, 1)),
               "a comma, semicolon, tab or bar", ""};
}

void CsvParser::mark_text_columns() {
  survey_.columns.resize(header_.names.size());
  const std::unordered_set<std::string_view> wanted(options_.text_columns.begin(), options_.text_columns.end());
  for (std::size_t c = 0; c < header_.names.size(); ++c) survey_.columns[c].text = wanted.contains(header_.names[c]);
}

CsvCursor CsvParser::data_cursor() const {
  CsvCursor cursor(bytes_, delimiter_);
  if (!header_.in_file) return cursor;
  cursor.next_record();
  CsvField field;
  while (cursor.next_field(field) && !field.last) {
  }
  return cursor;
}

Error CsvParser::ragged(const CsvCursor& cursor, std::size_t fields) const {
  const bool more = fields > header_.names.size();
  return {ErrorCode::data, source_ + ":" + std::to_string(cursor.record_line()),
          (more ? "more than " + base::counted(header_.names.size(), "field") : base::counted(fields, "field")),
          base::counted(header_.names.size(), "field") + " as in the first line",
          "Check the line for missing or extra delimiters " + base::quoted(std::string_view(&delimiter_, 1)) +
              " and put fields that hold one in quotes"};
}

Result<void> CsvParser::survey() {
  CsvCursor cursor = data_cursor();
  while (cursor.next_record()) {
    if (auto read = survey_record(cursor); !read) return read;
    if (++survey_.rows > kMaxRows) {
      return Error{ErrorCode::data, source_, "more than " + std::to_string(kMaxRows) + " rows", "fewer", ""};
    }
  }
  if (cursor.fault() != CsvFault::none) return fault_error(cursor, source_, "column 1");
  if (survey_.rows > 0) return {};
  return Error{ErrorCode::data, source_, "there are no rows, only a header line", "at least one row of data",
               "Check that the file was written completely"};
}

Result<void> CsvParser::survey_record(CsvCursor& cursor) {
  CsvField field;
  std::size_t c = 0;
  do {
    if (c == survey_.columns.size()) return ragged(cursor, c + 1);
    if (!cursor.next_field(field)) return fault_error(cursor, source_, column_place(c));
    ColumnSurvey& column = survey_.columns[c++];
    if (column.text || missing_.find(field.text) >= 0) continue;
    const io::NumberStatus form = io::number_form(field.text);
    if (form == io::NumberStatus::ok) {
      ++column.numbers;
    } else if (form == io::NumberStatus::malformed) {
      if (column.words++ == 0) {
        column.first_word_line = cursor.field_line();
        column.first_word = field.text;
      }
    }
  } while (!field.last);
  if (c != survey_.columns.size()) return ragged(cursor, c);
  return {};
}

bool has_decimal_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  return comma != std::string_view::npos && comma > 0 && comma + 1 < text.size() &&
         io::number_form(text.substr(0, comma)) == io::NumberStatus::ok &&
         text.substr(comma + 1).find_first_not_of("0123456789") == std::string_view::npos;
}

// A few words among numbers are often a way to write "missing" that we do not know.
void CsvParser::report_mixed_columns() {
  Notices mixed;
  for (std::size_t c = 0; c < survey_.columns.size(); ++c) {
    const ColumnSurvey& column = survey_.columns[c];
    if (column.words == 0) continue;
    const std::string place = source_ + ", " + column_place(c);
    const std::string first = base::quoted(column.first_word) + " on line " + std::to_string(column.first_word_line);
    if (has_decimal_comma(column.first_word)) {
      mixed.push_back({place + ": " + first + " has a decimal comma and is read as text; write numbers with a point"});
    } else if (column.numbers >= column.words) {
      mixed.push_back({place + ": read as text because of " + base::counted(column.words, "field") + " that " +
                       (column.words == 1 ? "is" : "are") + " no number, first " + first +
                       missing_hint(column.first_word)});
    }
  }
  append_some(notices_, std::move(mixed));
}

Table CsvParser::empty_table() const {
  Table table{.source = source_, .columns = {}, .lines = {}, .missing_texts = options_.missing};
  table.lines.reserve(survey_.rows);
  table.columns.resize(header_.names.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    Column& column = table.columns[c];
    column.name = header_.names[c];
    const bool numeric = !survey_.columns[c].text && survey_.columns[c].words == 0;
    column.type = numeric ? ColumnType::numeric : ColumnType::categorical;
    if (numeric) column.numbers.reserve(survey_.rows);
    if (!numeric) column.codes.reserve(survey_.rows);
  }
  return table;
}

Result<void> CsvParser::fill(Table& table) {
  dictionaries_.resize(table.columns.size());
  CsvCursor cursor = data_cursor();
  while (cursor.next_record()) {
    table.lines.push_back(cursor.record_line());
    if (auto filled = fill_record(cursor, table); !filled) return filled;
  }
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::vector<std::string>& categories = table.columns[c].categories;
    categories.resize(dictionaries_[c].size());
    while (!dictionaries_[c].empty()) {
      auto node = dictionaries_[c].extract(dictionaries_[c].begin());
      categories[static_cast<std::size_t>(node.mapped())] = std::move(node.key());
    }
  }
  return {};
}

Result<void> CsvParser::fill_record(CsvCursor& cursor, Table& table) {
  CsvField field;
  std::size_t c = 0;
  do {
    if (!cursor.next_field(field)) return fault_error(cursor, source_, column_place(c));
    Column& column = table.columns[c];
    const std::int32_t missing = missing_.find(field.text);
    if (missing >= 0) {
      ++column.missing;
      if (column.type == ColumnType::numeric) {
        column.numbers.push_back(std::numeric_limits<double>::quiet_NaN());
      } else {
        column.codes.push_back(survey_.columns[c].text ? -1 - missing : -1);
      }
    } else if (column.type == ColumnType::numeric) {
      if (auto filled = fill_number(field.text, cursor, column); !filled) return filled;
    } else if (auto filled = fill_category(unescape(field, scratch_), c, column); !filled) {
      return filled;
    }
    ++c;
  } while (!field.last);
  return {};
}

Result<void> CsvParser::fill_number(std::string_view text, const CsvCursor& cursor, Column& column) {
  const io::ParsedNumber number = io::parse_number(text);
  column.numbers.push_back(number.value);
  if (number.status == io::NumberStatus::ok) return {};
  return Error{ErrorCode::data,
               source_ + ":" + std::to_string(cursor.field_line()) + ", column " + base::quoted(column.name),
               base::quoted(text) + " is not a finite number", "a number between -1.8e308 and 1.8e308",
               "Correct the field" + missing_hint(text)};
}

Result<void> CsvParser::fill_category(std::string_view text, std::size_t c, Column& column) {
  Dictionary& dictionary = dictionaries_[c];
  auto found = dictionary.find(text);
  if (found == dictionary.end()) {
    found = dictionary.emplace(std::string(text), static_cast<std::int32_t>(dictionary.size())).first;
  }
  column.codes.push_back(found->second);
  return {};
}

Result<Table> CsvParser::parse() {
  if (auto options = check_options(); !options) return options.error();
  if (auto text = check_text(bytes_, source_); !text) return text.error();
  bytes_ = without_byte_order_mark(bytes_);
  delimiter_ = options_.delimiter != '\0' ? options_.delimiter : detect_delimiter(bytes_);
  auto header = read_header(bytes_, source_, delimiter_, options_, notices_);
  if (!header) return header.error();
  header_ = std::move(*header);
  mark_text_columns();
  if (auto surveyed = survey(); !surveyed) return surveyed.error();
  report_mixed_columns();
  Table table = empty_table();
  if (auto filled = fill(table); !filled) return filled.error();
  return table;
}

}  // namespace

Result<Table> read_csv(const std::string& path, const CsvOptions& options, Notices& notices) {
  // No text holds a NUL byte: what comes after the first need not be read to refuse the file.
  const auto is_text = [](std::string_view piece, std::uint64_t) { return piece.find('\0') == std::string_view::npos; };
  auto bytes = io::read_file(path, io::most_file_bytes(), is_text);
  if (!bytes) return bytes.error();
  return parse_csv(bytes->text(), io::display_name(path), options, notices);
}

Result<Table> parse_csv(std::string_view bytes, std::string source, const CsvOptions& options, Notices& notices) {
  return CsvParser(bytes, std::move(source), options, notices).parse();
}

std::string missing_hint(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\'' || c == ','; };
  if (text.empty() || text.size() > kLongest || std::any_of(text.begin(), text.end(), is_odd)) return {};
  return "; if that means missing: --missing 'NA,NaN,?," + std::string(text) +
         "'";  // the option replaces the usual texts
}

std::string csv_field(std::string_view text, char delimiter) {
  const bool edge =
      !text.empty() && (text.front() == ' ' || text.front() == '\t' || text.back() == ' ' || text.back() == '\t');
  const bool plain =
      !edge && text.find_first_of("\"\r\n") == std::string_view::npos && text.find(delimiter) == std::string_view::npos;
  if (plain) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace deltarule::data
