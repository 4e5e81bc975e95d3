// Weights of rows: how often each counts, read from a column. What is done with them is up to training and measuring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

/// 0, or a number whose product with another weight is neither 0 nor infinite in f32.
inline constexpr double kLeastWeight = 1e-15, kLargestWeight = 1e15;
[[nodiscard]] inline bool is_weight(double value) {
  return value == 0.0 || (value >= kLeastWeight && value <= kLargestWeight);
}
/// For messages: "0, or a number from …".
[[nodiscard]] std::string weight_in_words();

/// The column's numbers: [table rows], 0 beyond `rows`. Fails (usage) for an unknown column, (data) with line and
/// column for one of `rows` without a weight, and when none of them is above 0.
Result<std::vector<double>> read_weights(const Table& table, const std::string& column, std::string_view option,
                                         std::span<const std::uint32_t> rows);

/// Takes out the rows of weight 0, which are as if they were not there. How many they were.
std::size_t leave_out_weightless(std::span<const double> weights, std::vector<std::uint32_t>& rows);

/// The weight of a row; without weights, 1.
[[nodiscard]] inline double weight_of(std::span<const double> weights, std::size_t row) {
  return weights.empty() ? 1.0 : weights[row];
}
/// Their sum over some rows; without weights, how many rows they are.
[[nodiscard]] double weight_of(std::span<const double> weights, std::span<const std::uint32_t> rows);

/// Half of the weight lies on either side. Where a value ends the first half exactly, halfway to the next, as with an
/// even number of values. values and weights: as many, at least one.
[[nodiscard]] double weighted_median(std::span<const double> values, std::span<const double> weights);
/// The least of the values that no less than a share `tau` of the weight does not exceed.
[[nodiscard]] double weighted_quantile(std::span<const double> values, std::span<const double> weights, double tau);

}  // namespace deltarule::data
