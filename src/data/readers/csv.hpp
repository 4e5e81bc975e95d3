// Tables from comma-, semicolon-, tab- or bar-separated text, RFC 4180 quoting. Strict: what is not understood is
// refused with its place, never guessed. Decimal commas are not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/notice.hpp"
#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

enum class Header : std::uint8_t {
  detect,  ///< the first line holds names unless one of its fields is a number
  yes,
  no,  ///< columns are called c1, c2, …
};

struct CsvOptions {
  char delimiter = '\0';  ///< one of , ; | tab; 0: whichever fits the first lines best
  Header header = Header::detect;
  /// Fields that mean "missing", compared exactly (case counts: "Na" is sodium), quoted or not, after trimming.
  std::vector<std::string> missing = {"", "NA", "NaN", "nan", "?"};
  /// Columns read as text even if every field is a number: "007" stays "007". Names that the file lacks are ignored,
  /// so that a model's categorical columns can be given whatever the file holds.
  std::vector<std::string> text_columns = {};
};

inline constexpr std::size_t kMaxColumns = 1'000'000;
inline constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20;  // longer rows are taken for damage

/// Reads a file, or standard input for "-". Spaces around a field are dropped unless they stand in quotes; a line with
/// nothing but spaces is no row (a lone missing value is written ""). A column is numeric when every field that is not
/// missing is a number. Fails: io (no such file, directory …), data (everything about the content), each with its
/// place; see tests/data/csv_errors_test.cpp for all of them.
Result<Table> read_csv(const std::string& path, const CsvOptions& options, Notices& notices);

/// The same from bytes in memory; `source` is the name for messages.
Result<Table> parse_csv(std::string_view bytes, std::string source, const CsvOptions& options, Notices& notices);

/// "; if that means missing: --missing 'NA,NaN,?,TEXT'"; nothing for a text that is too long
/// or too odd to be typed like that.
[[nodiscard]] std::string missing_hint(std::string_view text);

/// `text` as a field of a line: in quotes, doubled inside, where it has to be.
[[nodiscard]] std::string csv_field(std::string_view text, char delimiter = ',');

}  // namespace deltarule::data
