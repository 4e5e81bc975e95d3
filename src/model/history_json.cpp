#include "model/history_json.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "io/json.hpp"

namespace deltarule::model {
namespace {

using io::JsonCursor;

struct CountColumn {
  std::string_view name;
  std::uint64_t EpochRecord::* member;
};
struct NumberColumn {
  std::string_view name;
  double EpochRecord::* member;
};
constexpr std::array<CountColumn, 2> kCounts{{{"epoch", &EpochRecord::epoch}, {"steps", &EpochRecord::steps}}};
constexpr std::array<NumberColumn, 4> kNumbers{{{"training_loss", &EpochRecord::training_loss},
                                                {"validation_loss", &EpochRecord::validation_loss},
                                                {"validation_score", &EpochRecord::validation_score},
                                                {"learning_rate", &EpochRecord::learning_rate}}};
constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();

bool has_numbers(std::span<const EpochRecord> history, const NumberColumn& column) {
  for (const EpochRecord& record : history)
    if (std::isfinite(record.*column.member)) return true;
  return false;
}

template <class Append>
void append_column(std::string& out, std::string_view name, std::span<const EpochRecord> history,
                   const Append& append) {
  out += out.size() > 1 ? "," : "";
  io::append_json_string(out, name);
  out += ":[";
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (i > 0) out += ',';
    append(history[i]);
  }
  out += ']';
}

/// The items of one column; empty when it is not there and need not be.
Result<std::vector<JsonCursor>> items_of(const JsonCursor& root, std::string_view name, bool needed,
                                         std::size_t count) {
  if (!needed && !root.has(name)) return std::vector<JsonCursor>();
  auto column = root.member(name);
  if (!column) return column.error();
  auto items = column->items();
  if (!items) return items.error();
  if (items->empty() || (count > 0 && items->size() != count))
    return column->fault(std::to_string(items->size()) + " epochs",
                         count > 0 ? std::to_string(count) + ", as in the other columns" : "at least one");
  return items;
}

/// null is the number that is none.
Result<double> number_of(const JsonCursor& item) {
  if (item.json().is_null()) return std::numeric_limits<double>::quiet_NaN();
  return item.number();
}

}  // namespace

std::string history_to_json(std::span<const EpochRecord> history) {
  std::string out = "{";
  for (const CountColumn& column : kCounts)
    append_column(out, column.name, history,
                  [&](const EpochRecord& record) { out += std::to_string(record.*column.member); });
  for (const NumberColumn& column : kNumbers)
    if (has_numbers(history, column))
      append_column(out, column.name, history,
                    [&](const EpochRecord& record) { io::append_json_number(out, record.*column.member); });
  return out + "}";
}

Result<std::vector<EpochRecord>> history_from_json(std::string_view text, const std::string& name) {
  auto json = io::parse_json(text, name, {3, static_cast<std::size_t>(-1)});
  if (!json) return json.error();
  const JsonCursor root(*json, "", name);
  constexpr std::array<std::string_view, 6> kKnown{
      "epoch", "steps", "training_loss", "validation_loss", "validation_score", "learning_rate"};
  if (auto known = root.only(kKnown); !known) return known.error();
  std::vector<EpochRecord> history;
  for (const CountColumn& column : kCounts) {
    auto items = items_of(root, column.name, true, history.size());
    if (!items) return items.error();
    history.resize(items->size());
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < history.size(); ++i) {
      auto count = (*items)[i].count(kAnyCount);
      if (!count) return count.error();
      const bool ascends = column.name == "epoch" ? *count > before : *count >= before;
      if (!ascends)
        return (*items)[i].fault(std::to_string(*count) + " after " + std::to_string(before), "numbers that ascend");
      before = history[i].*column.member = *count;
    }
  }
  for (const NumberColumn& column : kNumbers) {
    auto items = items_of(root, column.name, false, history.size());
    if (!items) return items.error();
    for (std::size_t i = 0; i < items->size(); ++i) {
      auto number = number_of((*items)[i]);
      if (!number) return number.error();
      history[i].*column.member = *number;
    }
  }
  return history;
}

}  // namespace deltarule::model
