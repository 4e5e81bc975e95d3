// Tables from files, and the roles of their columns.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule {

namespace app {
struct TableAccess;
struct DatasetAccess;
}  // namespace app

/// What is learnt. Inferred from the target unless given.
enum class Task { automatic, binary, multiclass, multilabel, regression };

/// "binary" …; "auto" for automatic.
[[nodiscard]] std::string_view name_of(Task task);
/// Usage error with the nearest spelling for anything else.
[[nodiscard]] Result<Task> task_named(std::string_view name);

/// A list of names that a single name converts to.
struct Names : std::vector<std::string> {
  Names() = default;
  Names(const char* name) : vector{std::string(name)} {}
  Names(std::string name) : vector{std::move(name)} {}
  Names(std::initializer_list<std::string> names) : vector(names) {}
  Names(std::vector<std::string> names) : vector(std::move(names)) {}
};

struct CsvOptions {
  char delimiter = '\0';  ///< '\0': found among , ; tab |
  enum class Header { detect, yes, no } header = Header::detect;
  Names missing = {"", "NA", "NaN", "?"};  ///< cells that mean "no value"
  Names text_columns = {};                 ///< columns kept letter by letter (identifiers)
};

/// Columns of numbers or categories, read from a file. Cheap to copy (shared, immutable).
class Table {
 public:
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::vector<std::string> column_names() const;
  [[nodiscard]] std::size_t missing_cells() const;
  [[nodiscard]] std::string source() const;                ///< the file's name as given
  [[nodiscard]] std::vector<std::string> notices() const;  ///< what the reader found worth saying
  /// The cell as text; empty when missing. row and column count from 0. Shape error beyond the table.
  [[nodiscard]] Result<std::string> cell(std::size_t row, std::string_view column) const;
  /// The line of the file on which the row begins, counting from 1.
  [[nodiscard]] std::size_t line_of(std::size_t row) const;

 private:
  friend struct app::TableAccess;
  std::shared_ptr<const void> impl_;
};

/// Reads a CSV or TSV file ("-" = standard input). Throws Exception (io, data) with file, line and column.
[[nodiscard]] Table read_csv(const std::string& path, const CsvOptions& options = {});
/// The same from memory; `name` stands in messages.
[[nodiscard]] Table parse_csv(std::string_view bytes, const std::string& name, const CsvOptions& options = {});

struct DatasetOptions {
  Names target = {};    ///< one or more columns; required
  Names features = {};  ///< empty: every column that is neither target nor ignored
  Names ignore = {};
  Task task = Task::automatic;
  Names categorical = {};  ///< features kept as text however many levels they have; also CsvOptions::text_columns
  /// At most one column that decides the split, which is a feature only when `features` names it. Each row needs a
  /// value.
  std::string group_by = {};       ///< rows of one group are never in two parts
  std::string split_by_time = {};  ///< numbers or ISO dates: the last rows are the test, those before the validation
  std::string split_column = {};   ///< says train, validation or test
  /// Column of the rows' weights, from 0 up: how often each counts, in training, in what is fitted to the training rows
  /// and in the measures. It is no feature. A row of weight 0 is left out. Empty: each counts once.
  std::string weight = {};
};

/// A table with roles: what is predicted from what. Cheap to copy.
class Dataset {
 public:
  /// Throws Exception (data, usage): unknown column (nearest spelling named), no usable row, one class only, ….
  explicit Dataset(Table table, DatasetOptions options);
  [[nodiscard]] const Table& table() const { return table_; }
  [[nodiscard]] Task task() const;         ///< never automatic
  [[nodiscard]] std::size_t rows() const;  ///< rows with a target and no weight of 0
  [[nodiscard]] std::vector<std::string> targets() const;
  [[nodiscard]] std::vector<std::string> features() const;
  [[nodiscard]] std::vector<std::string> notices() const;  ///< columns and rows left out, and why

 private:
  friend struct app::DatasetAccess;
  Table table_;
  std::shared_ptr<const void> impl_;
};

}  // namespace deltarule
