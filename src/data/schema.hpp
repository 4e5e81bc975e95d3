// Which columns are targets, which are features, and what kind of task the targets pose.
// Looks at the whole table, but only at what has to be known before it is split; nothing here is fitted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/notice.hpp"
#include "data/split_column.hpp"
#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

enum class Task : std::uint8_t { binary, multiclass, multilabel, regression };

[[nodiscard]] std::string_view task_name(Task task);                      // "binary" …
[[nodiscard]] std::optional<Task> task_from_name(std::string_view name);  // nothing for an unknown name
[[nodiscard]] inline bool has_classes(Task task) { return task == Task::binary || task == Task::multiclass; }

/// An integer target with at most this many distinct values, and with at least five rows for each beyond two, is
/// taken for classes.
inline constexpr std::size_t kMaxInferredClasses = 20;
inline constexpr std::size_t kRowsPerInferredClass = 5;
/// A text feature with more levels than this, and with less than two rows per level, is taken for an identifier.
inline constexpr std::size_t kMaxIdentifierLevels = 20;
/// A text feature with more levels than this makes the network large enough to be worth a notice.
inline constexpr std::size_t kManyLevels = 1000;

struct SchemaOptions {
  std::vector<std::string> targets = {};      ///< --target
  std::vector<std::string> features = {};     ///< --features; empty: every column that is nothing else
  std::vector<std::string> ignore = {};       ///< --ignore
  std::vector<std::string> categorical = {};  ///< --categorical: text features kept however many levels they have;
                                              ///< give the same names to CsvOptions::text_columns
  SplitKind split = SplitKind::at_random;     ///< --group-by, --split-by-time, --split-column
  std::string split_column = {};              ///< its column: no feature unless it is named as one
  std::string weight = {};                    ///< --weight: the column of the rows' weights; empty: 1 each
  std::optional<Task> task = {};              ///< --task; nothing: inferred
};

struct Schema {
  Task task = Task::regression;
  std::string reason;                   // why this task: `integer target with 3 distinct values`
  std::vector<std::size_t> features;    // columns of the table, ascending
  std::vector<std::size_t> targets;     // columns of the table, as named in the options
  std::vector<std::string> classes;     // binary, multiclass: names, sorted (numbers by value, text by bytes)
  std::vector<std::int32_t> row_class;  // binary, multiclass: [table rows], −1 where the target is missing
  std::vector<std::uint32_t> rows;      // rows whose targets are all there and whose weight is above 0, ascending
  SplitKind split = SplitKind::at_random;
  std::string split_column;               // its name; empty at random
  std::vector<std::int32_t> split_codes;  // [table rows] as split_codes() says; empty at random
  std::size_t without_target = 0;         // rows left out
  std::vector<double> weights = {};       // [table rows], above 0 for `rows`; empty: 1 each
};

/// Roles and task. Notices: columns left out as identifiers or for want of any value, rows without a target.
/// Fails (usage, data): no or unknown target, a column in two roles, a weight that is none, nothing left to learn from,
/// fewer than two rows, one class or one target value only, targets that do not fit the task that was asked for, a
/// column of the split that is a target or that split_codes() refuses.
Result<Schema> make_schema(const Table& table, const SchemaOptions& options, Notices& notices);

}  // namespace deltarule::data
