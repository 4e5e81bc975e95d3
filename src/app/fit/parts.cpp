#include "app/fit/parts.hpp"

#include <algorithm>

#include "app/engine/unwrap.hpp"
#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule::app {
namespace {

/// A share that is too small for one row holds nothing out.
void note_empty_shares(const FitOptions& options, const data::Split& split, FitPlan& plan) {
  const auto note = [&](const char* option, const std::optional<double>& share, bool empty) {
    if (!empty || share.value_or(0.0) <= 0.0) return;
    plan.notices.push_back(std::string(option) + " " + io::to_text(*share) + " of " + base::counted(plan.rows, "row") +
                           " is less than one row: none is held out for it");
  };
  note("--test", options.test, split.test.empty());
  note("--validation", options.validation, split.validation.empty());
}

/// A class that training does not see could be neither learnt nor measured.
void refuse_unseen_classes(const data::Table& table, const data::Schema& schema, const data::Split& split) {
  if (!data::has_classes(schema.task)) return;
  std::vector<bool> seen(schema.classes.size());
  for (const std::uint32_t row : split.training) seen[static_cast<std::size_t>(schema.row_class[row])] = true;
  std::vector<std::string> unseen;
  for (std::size_t c = 0; c < seen.size(); ++c)
    if (!seen[c]) unseen.push_back(schema.classes[c]);
  if (unseen.empty()) return;
  throw Exception({ErrorCode::data, table.source + ", target " + base::quoted(table.columns[schema.targets[0]].name),
                   "no training row is of class " + base::listed(unseen), "training rows of each class",
                   "Split by another column or --seed, hold fewer rows out, or leave the class out of the file"});
}

void note_column(const data::Schema& schema, const data::Split& split, FitPlan& plan) {
  const bool by_part = schema.split == data::SplitKind::by_part;
  const bool holds_out = !split.test.empty() || !split.validation.empty();
  if (schema.split != data::SplitKind::at_random && !holds_out) {
    plan.notices.push_back(std::string(data::split_option(schema.split)) + " " + schema.split_column +
                           " decides nothing here: no row is held out (--test, --validation)");
  }
  if (by_part && split.validation.empty())
    plan.notices.push_back("no row is for validation: training does not stop by itself");
  if (by_part && split.test.empty()) plan.notices.push_back("no row is for the test");
}

[[noreturn]] void refuse_rows(const char* part, std::string got, std::string needed) {
  throw Exception({ErrorCode::usage, std::string("row_split, ") + part, std::move(got), std::move(needed), {}});
}

data::Split given_rows(const RowSplit& given, const data::Table& table, const data::Schema& schema) {
  data::Split split{given.training, given.validation, given.test};
  std::vector<bool> there(table.rows());
  for (const std::uint32_t row : schema.rows) there[row] = true;
  const auto take = [&](const char* part, std::vector<std::uint32_t>& rows) {
    std::sort(rows.begin(), rows.end());
    for (const std::uint32_t row : rows) {
      if (row >= there.size())
        refuse_rows(part, "row " + std::to_string(row), "rows below " + std::to_string(there.size()));
      if (!there[row])
        refuse_rows(part, "row " + std::to_string(row) + ", which is in another part or has no target",
                    "each row with a target at most once");
      there[row] = false;
    }
  };
  take("training", split.training);
  take("validation", split.validation);
  take("test", split.test);
  if (split.training.empty()) refuse_rows("training", "no rows", "rows to train on");
  return split;
}

}  // namespace

data::Split choose_split(const FitOptions& options, const data::Table& table, const data::Schema& schema,
                         const Shares& shares, FitPlan& plan) {
  data::Split split = options.row_split
                          ? given_rows(*options.row_split, table, schema)
                          : unwrap(data::split_rows(schema, {shares.validation, shares.test, Seed{options.seed}}));
  plan.training_rows = split.training.size();
  plan.validation_rows = split.validation.size();
  plan.test_rows = split.test.size();
  plan.stratified = split.stratified;
  plan.split_by = options.row_split ? "rows" : data::split_name(schema.split);
  if (!options.row_split) plan.split_column = schema.split_column;
  note_empty_shares(options, split, plan);
  if (!options.row_split) note_column(schema, split, plan);
  refuse_unseen_classes(table, schema, split);
  return split;
}

}  // namespace deltarule::app
