// What has to be known before a table can be read: that the bytes are text at all, the delimiter, the names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/notice.hpp"
#include "data/readers/csv.hpp"
#include "data/readers/csv_cursor.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

/// Refuses what is no text: nothing at all, model files, compressed files, NUL bytes, bytes that are not UTF-8.
Result<void> check_text(std::string_view bytes, const std::string& source);

/// `bytes` without a byte order mark.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view bytes);

/// The delimiter that cuts the first records into the same number of fields, at least two; the comma when none does.
[[nodiscard]] char detect_delimiter(std::string_view bytes);

/// The columns' names and whether the first record holds them.
struct CsvHeader {
  std::vector<std::string> names;
  bool in_file = true;
};

/// Reads the first record. Fails (data): no record, two equal names, too many columns, any fault of the cursor.
Result<CsvHeader> read_header(std::string_view bytes, const std::string& source, char delimiter,
                              const CsvOptions& options, Notices& notices);

/// The cursor's fault as an error with its line.
[[nodiscard]] Error fault_error(const CsvCursor& cursor, const std::string& source, std::string_view column);

}  // namespace deltarule::data
