// Walks over delimited text field by field: quoting, line ends, blank lines, line numbers. Copies nothing and knows no
// types, names or missing values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace deltarule::data {

/// One field as it stands in the text: without its quotes, or without the spaces around it.
struct CsvField {
  std::string_view text;
  bool escaped = false;  // holds "" for each quote; unescape() undoes it
  bool last = false;     // of its record
};

enum class CsvFault : std::uint8_t {
  none,
  unterminated_quote,
  text_after_quote,
  quote_in_field,
  record_too_long,
  too_many_lines,
};

class CsvCursor {
 public:
  CsvCursor(std::string_view bytes, char delimiter);

  /// Moves to the next record, over lines of nothing but spaces. False at the end or after a fault.
  bool next_record();
  /// The next field of the record; not to be called after its last. False on a fault.
  bool next_field(CsvField& field);

  [[nodiscard]] CsvFault fault() const { return fault_; }
  [[nodiscard]] std::uint32_t fault_line() const { return fault_line_; }
  [[nodiscard]] std::uint32_t record_line() const { return record_line_; }  // on which the record begins, from 1
  [[nodiscard]] std::uint32_t field_line() const { return field_line_; }    // on which the last field began
  [[nodiscard]] bool at_end() const { return at_ == end_; }

 private:
  bool read_quoted(CsvField& field);
  bool read_plain(CsvField& field);
  bool finish(CsvField& field);
  bool fail(CsvFault fault, std::uint32_t line);
  void skip_spaces();
  void end_line();

  const char* at_;
  const char* end_;
  const char* record_ = nullptr;
  std::uint32_t line_ = 1;
  std::uint32_t record_line_ = 1;
  std::uint32_t field_line_ = 1;
  std::uint32_t fault_line_ = 0;
  CsvFault fault_ = CsvFault::none;
  char delimiter_;
  std::array<bool, 256> stops_{};  // characters that an unquoted field cannot hold
};

/// The field's text with each "" as one quote; `scratch` is used when there is any.
[[nodiscard]] std::string_view unescape(const CsvField& field, std::string& scratch);

}  // namespace deltarule::data
