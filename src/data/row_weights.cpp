#include "data/row_weights.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

/// NaN for a cell that is none.
double number_at(const Table& table, std::size_t row, std::size_t column) {
  const Column& from = table.columns[column];
  if (from.type == ColumnType::numeric) return from.numbers[row];
  const io::ParsedNumber number = io::parse_number(table.cell_text(row, column));
  const bool is_number = !from.is_missing(row) && number.status == io::NumberStatus::ok;
  return is_number ? number.value : std::numeric_limits<double>::quiet_NaN();
}

/// Values with their weights, in order of the values, and the weight of all.
struct Weighed {
  std::vector<std::pair<double, double>> pairs;
  double weight = 0.0;
};
Weighed weighed(std::span<const double> values, std::span<const double> weights) {
  Weighed result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    result.pairs.emplace_back(values[i], weights[i]);
    result.weight += weights[i];
  }
  std::sort(result.pairs.begin(), result.pairs.end());
  return result;
}

std::string what_is_there(const Table& table, std::size_t row, std::size_t column) {
  if (table.columns[column].is_missing(row)) return "no weight";
  return "the weight " + base::quoted(table.cell_text(row, column));
}

}  // namespace

std::string weight_in_words() {
  return "0, or a number from " + io::to_text(kLeastWeight) + " to " + io::to_text(kLargestWeight);
}

Result<std::vector<double>> read_weights(const Table& table, const std::string& column, std::string_view option,
                                         std::span<const std::uint32_t> rows) {
  const auto found = table.require(column, option);
  if (!found) return found.error();
  std::vector<double> weights(table.rows());
  bool any = false;
  for (const std::uint32_t row : rows) {
    weights[row] = number_at(table, row, *found);
    if (!is_weight(weights[row])) {
      return Error{ErrorCode::data, table.place(row, *found), what_is_there(table, row, *found), weight_in_words(),
                   "Correct the cell; 0 leaves the row out"};
    }
    any = any || weights[row] > 0.0;
  }
  if (any || rows.empty()) return weights;
  return Error{ErrorCode::data, table.source + ", column " + base::quoted(column), "every weight is 0",
               "rows with a weight above 0", "Check the column's name"};
}

std::size_t leave_out_weightless(std::span<const double> weights, std::vector<std::uint32_t>& rows) {
  if (weights.empty()) return 0;
  return std::erase_if(rows, [&](std::uint32_t row) { return weights[row] == 0.0; });
}

double weight_of(std::span<const double> weights, std::span<const std::uint32_t> rows) {
  if (weights.empty()) return static_cast<double>(rows.size());
  double sum = 0.0;
  for (const std::uint32_t row : rows) sum += weights[row];
  return sum;
}

double weighted_median(std::span<const double> values, std::span<const double> weights) {
  const Weighed ordered = weighed(values, weights);
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < ordered.pairs.size(); ++i) {
    sum += ordered.pairs[i].second;
    if (sum == ordered.weight / 2) return ordered.pairs[i].first / 2 + ordered.pairs[i + 1].first / 2;
    if (sum > ordered.weight / 2) return ordered.pairs[i].first;
  }
  return ordered.pairs.back().first;
}

double weighted_quantile(std::span<const double> values, std::span<const double> weights, double tau) {
  const Weighed ordered = weighed(values, weights);
  double sum = 0.0;
  for (const auto& [value, weight] : ordered.pairs) {
    sum += weight;
    if (sum >= tau * ordered.weight) return value;
  }
  return ordered.pairs.back().first;  // only by rounding
}

}  // namespace deltarule::data
