#include "data/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "data/row_weights.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

using base::counted;
using base::quoted;

constexpr std::array<std::pair<Task, std::string_view>, 4> kTaskNames = {{{Task::binary, "binary"},
                                                                          {Task::multiclass, "multiclass"},
                                                                          {Task::multilabel, "multilabel"},
                                                                          {Task::regression, "regression"}}};

enum class Role : std::uint8_t { unassigned, target, feature, ignored, split, weight };

class SchemaBuilder {
 public:
  SchemaBuilder(const Table& table, const SchemaOptions& options, Notices& notices)
      : table_(table), options_(options), notices_(notices), roles_(table.columns.size(), Role::unassigned) {}

  Result<Schema> build();

 private:
  Result<void> assign_roles();
  Result<void> assign(const std::vector<std::string>& names, Role role, std::string_view option);
  Result<void> find_rows();
  Result<void> assign_split();
  Result<void> weigh_rows();
  Result<void> choose_features();
  [[nodiscard]] bool is_long_number_key(std::size_t column) const;
  void note_odd_features();
  [[nodiscard]] bool is_identifier(std::size_t column) const;
  Result<void> choose_task();
  Result<void> infer_from_one();
  Result<void> infer_from_several();
  Result<void> accept_asked_task();
  Result<void> set_classes(Task task);
  Result<void> check_number_of_classes(Task task) const;
  Result<void> set_values(Task task);
  Result<void> collect_classes();

  [[nodiscard]] const Column& target(std::size_t i = 0) const { return table_.columns[schema_.targets[i]]; }
  [[nodiscard]] std::vector<double> distinct_numbers(const Column& column) const;
  [[nodiscard]] std::vector<std::string> levels_of(const Column& column) const;
  [[nodiscard]] Error target_error(std::string got, std::string needed, std::string fix) const {
    return {ErrorCode::data, table_.source + ", target " + quoted(target().name), std::move(got), std::move(needed),
            std::move(fix)};
  }
  [[nodiscard]] Error cell_error(std::size_t column, bool (*is_good)(const Column&, std::size_t), std::string needed,
                                 std::string fix) const;

  const Table& table_;
  const SchemaOptions& options_;
  Notices& notices_;
  std::vector<Role> roles_;
  Schema schema_;
};

bool is_number(const Column& column, std::size_t row) {
  if (column.type == ColumnType::numeric) return true;
  const std::string& text = column.categories[static_cast<std::size_t>(column.codes[row])];
  return io::parse_number(text).status == io::NumberStatus::ok;
}

bool is_zero_or_one(const Column& column, std::size_t row) {
  return column.type == ColumnType::numeric && (column.numbers[row] == 0.0 || column.numbers[row] == 1.0);
}

Result<void> SchemaBuilder::assign(const std::vector<std::string>& names, Role role, std::string_view option) {
  for (const std::string& name : names) {
    const auto column = table_.require(name, option);
    if (!column) return column.error();
    if (roles_[*column] != Role::unassigned) {
      return Error{ErrorCode::usage, std::string(option), "column " + quoted(name) + " is named twice",
                   "one role for each column", "Name it once, as target, feature, weight or ignored"};
    }
    roles_[*column] = role;
    if (role == Role::target) schema_.targets.push_back(*column);
  }
  return {};
}

Result<void> SchemaBuilder::assign_roles() {
  if (options_.targets.empty()) {
    return Error{ErrorCode::usage, "--target", "no target column", "one of " + base::listed(table_.names()),
                 "Name the column to predict: --target NAME"};
  }
  if (auto done = assign(options_.targets, Role::target, "--target"); !done) return done;
  if (auto done = assign(options_.ignore, Role::ignored, "--ignore"); !done) return done;
  if (auto done = assign(options_.features, Role::feature, "--features"); !done) return done;
  if (!options_.weight.empty())
    if (auto done = assign({options_.weight}, Role::weight, "--weight"); !done) return done;
  for (const std::string& name : options_.categorical) {
    const auto column = table_.require(name, "--categorical");
    if (!column) return column.error();
  }
  return {};
}

Result<void> SchemaBuilder::assign_split() {
  if (options_.split == SplitKind::at_random) return {};
  const char* option = split_option(options_.split);
  const auto column = table_.require(options_.split_column, option);
  if (!column) return column.error();
  if (roles_[*column] == Role::target) {
    return Error{ErrorCode::usage, option, "column " + quoted(options_.split_column) + " is the target",
                 "a column that is not predicted", "Name another column"};
  }
  if (roles_[*column] == Role::unassigned) roles_[*column] = Role::split;
  schema_.split = options_.split;
  schema_.split_column = options_.split_column;
  auto codes = split_codes(table_, *column, options_.split, schema_.rows);
  if (!codes) return codes.error();
  schema_.split_codes = std::move(*codes);
  return {};
}

Result<void> SchemaBuilder::find_rows() {
  const std::size_t rows = table_.rows();
  for (std::size_t row = 0; row < rows; ++row) {
    const bool complete = std::none_of(schema_.targets.begin(), schema_.targets.end(),
                                       [&](std::size_t column) { return table_.columns[column].is_missing(row); });
    if (complete) schema_.rows.push_back(static_cast<std::uint32_t>(row));
  }
  schema_.without_target = rows - schema_.rows.size();
  const std::string names = base::listed(options_.targets);
  if (schema_.rows.empty()) {
    return Error{ErrorCode::data, table_.source, "no row has a value for the target " + names,
                 "at least two rows with a target", "Check the target's name and which texts mean missing: --missing"};
  }
  if (schema_.rows.size() == 1) {
    return Error{ErrorCode::data, table_.source, "there is one row with a target", "at least two",
                 "Check that the file was written completely"};
  }
  if (schema_.without_target > 0) {
    notices_.push_back({counted(schema_.without_target, "row") + " of " + std::to_string(rows) +
                        " left out: no value for the target " + names});
  }
  return {};
}

Result<void> SchemaBuilder::weigh_rows() {
  if (options_.weight.empty()) return {};
  auto weights = read_weights(table_, options_.weight, "--weight", schema_.rows);
  if (!weights) return weights.error();
  schema_.weights = std::move(*weights);
  const std::size_t left_out = leave_out_weightless(schema_.weights, schema_.rows);
  if (left_out > 0) notices_.push_back({counted(left_out, "row") + " left out: the weight is 0"});
  if (schema_.rows.size() > 1) return {};
  return Error{ErrorCode::data, table_.source + ", column " + quoted(options_.weight), "one row has a weight above 0",
               "at least two", "Check the column's name"};
}

// Fewer than two rows per level: units for such levels could not carry over to other rows.
bool SchemaBuilder::is_identifier(std::size_t column) const {
  const Column& from = table_.columns[column];
  if (from.type != ColumnType::categorical || from.categories.size() <= kMaxIdentifierLevels) return false;
  if (std::count(options_.categorical.begin(), options_.categorical.end(), from.name) > 0) return false;
  return 2 * from.categories.size() > table_.rows() - from.missing;
}

Result<void> SchemaBuilder::choose_features() {
  Notices empty;
  Notices identifiers;
  for (std::size_t c = 0; c < roles_.size(); ++c) {
    const bool wanted = roles_[c] == (options_.features.empty() ? Role::unassigned : Role::feature);
    if (!wanted) continue;
    const Column& column = table_.columns[c];
    const std::string left_out = "column " + quoted(column.name) + " left out, ";
    if (column.missing == table_.rows()) {
      empty.push_back({left_out + "it has no values"});
    } else if (options_.features.empty() && is_identifier(c)) {
      identifiers.push_back({left_out + counted(column.categories.size(), "level") + " in " +
                             counted(table_.rows() - column.missing, "row") +
                             " look like an identifier; to keep it: --categorical " + column.name});
    } else {
      schema_.features.push_back(c);
    }
  }
  std::string why;
  for (const Notices* kind : {&empty, &identifiers}) {
    if (!kind->empty()) why += "; " + kind->front().text;
    if (kind->size() > 1) why += ", and " + std::to_string(kind->size() - 1) + " more like it";
  }
  append_some(notices_, std::move(empty));
  append_some(notices_, std::move(identifiers));
  note_odd_features();
  if (!schema_.features.empty()) return {};
  return Error{ErrorCode::data, table_.source, "no column is left to learn from" + why, "at least one feature",
               "Check --target, --ignore, --features and --categorical"};
}

// Whole numbers that are all different and in part beyond 2^53, where neighbours become equal: numbers for reading, not
// for reckoning.
bool SchemaBuilder::is_long_number_key(std::size_t column) const {
  constexpr double kExactWholeNumbers = 9007199254740992.0;  // 2^53
  const Column& from = table_.columns[column];
  if (from.type != ColumnType::numeric) return false;
  bool beyond = false;
  for (const double value : from.numbers) {
    if (value != value) continue;
    if (value != std::floor(value)) return false;
    beyond = beyond || std::fabs(value) > kExactWholeNumbers;
  }
  return beyond;
}

void SchemaBuilder::note_odd_features() {
  Notices keys;
  Notices wide;
  for (const std::size_t c : schema_.features) {
    const Column& column = table_.columns[c];
    if (is_long_number_key(c)) {
      keys.push_back({"column " + quoted(column.name) +
                      " holds whole numbers beyond 2^53, which a number cannot tell apart; if they are identifiers: "
                      "--ignore " +
                      column.name});
    }
    if (column.type == ColumnType::categorical && column.categories.size() > kManyLevels) {
      wide.push_back({"column " + quoted(column.name) + " has " + std::to_string(column.categories.size()) +
                      " levels and becomes as many inputs; to leave it out: --ignore " + column.name});
    }
  }
  append_some(notices_, std::move(keys));
  append_some(notices_, std::move(wide));
}

std::vector<double> SchemaBuilder::distinct_numbers(const Column& column) const {
  std::vector<double> values;
  values.reserve(schema_.rows.size());
  for (const std::uint32_t row : schema_.rows) values.push_back(column.numbers[row]);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// Classes and each row's, from a numeric target by value or from a text target by bytes.
/// The categories of the rows, sorted. Rows that are left out may have others.
std::vector<std::string> SchemaBuilder::levels_of(const Column& column) const {
  std::vector<bool> seen(column.categories.size());
  for (const std::uint32_t row : schema_.rows) seen[static_cast<std::size_t>(column.codes[row])] = true;
  std::vector<std::string> levels;
  for (std::size_t code = 0; code < seen.size(); ++code)
    if (seen[code]) levels.push_back(column.categories[code]);
  std::sort(levels.begin(), levels.end());
  return levels;
}

Result<void> SchemaBuilder::collect_classes() {
  const Column& column = target();
  schema_.row_class.assign(table_.rows(), -1);
  if (column.type == ColumnType::numeric) {
    const std::vector<double> values = distinct_numbers(column);
    for (const double value : values) schema_.classes.push_back(io::to_text(value + 0.0));  // no "-0"
    for (const std::uint32_t row : schema_.rows) {
      const auto at = std::lower_bound(values.begin(), values.end(), column.numbers[row]);
      schema_.row_class[row] = static_cast<std::int32_t>(at - values.begin());
    }
    return {};
  }
  schema_.classes = levels_of(column);
  std::vector<std::int32_t> class_of_code;
  for (const std::string& category : column.categories) {
    const auto at = std::lower_bound(schema_.classes.begin(), schema_.classes.end(), category);
    class_of_code.push_back(static_cast<std::int32_t>(at - schema_.classes.begin()));
  }
  for (const std::uint32_t row : schema_.rows) {
    schema_.row_class[row] = class_of_code[static_cast<std::size_t>(column.codes[row])];
  }
  return {};
}

Result<void> SchemaBuilder::check_number_of_classes(Task task) const {
  const std::size_t classes = schema_.classes.size();
  const std::size_t rows = schema_.rows.size();
  if (classes == 1) {
    return target_error("all " + counted(rows, "row") + " have one class, " + quoted(schema_.classes[0]),
                        "at least two classes", "Check the file and the target's name");
  }
  if (task == Task::binary && classes != 2) {
    return target_error(std::to_string(classes) + " classes" + ": " + base::listed(schema_.classes),
                        "two for --task binary", "--task multiclass");
  }
  if (classes > kMaxInferredClasses && 2 * classes > rows) {
    return target_error(
        std::to_string(classes) + " different values in " + counted(rows, "row"),
        "classes with at least two rows each on average",
        target().type == ColumnType::numeric ? "--task regression" : "Check the target: this looks like an identifier");
  }
  return {};
}

Result<void> SchemaBuilder::set_classes(Task task) {
  schema_.task = task;
  if (auto collected = collect_classes(); !collected) return collected;
  return check_number_of_classes(task);
}

Result<void> SchemaBuilder::set_values(Task task) {
  schema_.task = task;
  for (const std::size_t column : schema_.targets) {
    const std::vector<double> values = distinct_numbers(table_.columns[column]);
    if (values.size() > 1) continue;
    return Error{ErrorCode::data, table_.source + ", target " + quoted(table_.columns[column].name),
                 "all " + counted(schema_.rows.size(), "row") + " have the value " + io::to_text(values[0] + 0.0),
                 "a target that varies", "Check the file and the target's name"};
  }
  return {};
}

Result<void> SchemaBuilder::infer_from_one() {
  const Column& column = target();
  if (column.type == ColumnType::categorical) {
    const std::size_t levels = levels_of(column).size();
    schema_.reason = "text target with " + std::to_string(levels) + (levels == 1 ? " class" : " classes");
    return set_classes(levels == 2 ? Task::binary : Task::multiclass);
  }
  const std::vector<double> values = distinct_numbers(column);
  const bool integers = std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); });
  const std::size_t most =
      std::min(kMaxInferredClasses, std::max<std::size_t>(2, schema_.rows.size() / kRowsPerInferredClass));
  if (integers && values.size() <= most) {
    schema_.reason = "integer target with " + counted(values.size(), "distinct value");
    return set_classes(values.size() == 2 ? Task::binary : Task::multiclass);
  }
  schema_.reason = integers ? "integer target with " + counted(values.size(), "distinct value") : "numeric target";
  return set_values(Task::regression);
}

Error SchemaBuilder::cell_error(std::size_t column, bool (*is_good)(const Column&, std::size_t), std::string needed,
                                std::string fix) const {
  for (const std::uint32_t row : schema_.rows) {
    if (is_good(table_.columns[column], row)) continue;
    return {ErrorCode::data, table_.place(row, column), quoted(table_.cell_text(row, column)), std::move(needed),
            std::move(fix)};
  }
  // Every cell is a number, yet the column is text: it was asked for as text.
  return {ErrorCode::data, table_.source + ", target " + quoted(table_.columns[column].name), "it was read as text",
          std::move(needed), "Do not name it in --categorical"};
}

Result<void> SchemaBuilder::infer_from_several() {
  bool labels = true;
  for (const std::size_t column : schema_.targets) {
    if (table_.columns[column].type == ColumnType::categorical) {
      return cell_error(column, is_number, "numbers: several targets are values or 0/1 labels",
                        "Name one text target, or write the labels as 0 and 1");
    }
    labels = labels && std::all_of(schema_.rows.begin(), schema_.rows.end(),
                                   [&](std::uint32_t row) { return is_zero_or_one(table_.columns[column], row); });
  }
  schema_.reason = std::to_string(schema_.targets.size()) + (labels ? " targets of 0 and 1" : " numeric targets");
  return set_values(labels ? Task::multilabel : Task::regression);
}

Result<void> SchemaBuilder::accept_asked_task() {
  const Task task = *options_.task;
  schema_.reason = "asked for";
  if (has_classes(task)) {
    if (schema_.targets.size() == 1) return set_classes(task);
    return Error{ErrorCode::usage, "--task " + std::string(task_name(task)), counted(schema_.targets.size(), "target"),
                 "one target", "--task multilabel for 0/1 targets"};
  }
  for (const std::size_t column : schema_.targets) {
    if (task == Task::regression && table_.columns[column].type != ColumnType::numeric) {
      return cell_error(column, is_number, "a number: the task is regression",
                        "Correct the cell, or --task auto if the target names classes");
    }
    const bool labels = std::all_of(schema_.rows.begin(), schema_.rows.end(),
                                    [&](std::uint32_t row) { return is_zero_or_one(table_.columns[column], row); });
    if (task == Task::multilabel && !labels) {
      return cell_error(column, is_zero_or_one, "0 or 1: the task is multilabel", "Write each label as 0 or 1");
    }
  }
  return set_values(task);
}

Result<void> SchemaBuilder::choose_task() {
  if (options_.task) return accept_asked_task();
  return schema_.targets.size() == 1 ? infer_from_one() : infer_from_several();
}

Result<Schema> SchemaBuilder::build() {
  if (auto roles = assign_roles(); !roles) return roles.error();
  if (auto rows = find_rows(); !rows) return rows.error();
  if (auto weighed = weigh_rows(); !weighed) return weighed.error();
  if (auto split = assign_split(); !split) return split.error();
  if (auto features = choose_features(); !features) return features.error();
  if (auto task = choose_task(); !task) return task.error();
  return std::move(schema_);
}

}  // namespace

std::string_view task_name(Task task) {
  for (const auto& [value, name] : kTaskNames) {
    if (value == task) return name;
  }
  return "unknown";
}

std::optional<Task> task_from_name(std::string_view name) {
  for (const auto& [value, known] : kTaskNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<Schema> make_schema(const Table& table, const SchemaOptions& options, Notices& notices) {
  return SchemaBuilder(table, options, notices).build();
}

}  // namespace deltarule::data
