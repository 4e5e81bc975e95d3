#include "app/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/random.hpp"

namespace deltarule::app {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

RowSums grouped(RowSums rows) {
  if (rows.lines() <= kBootstrapGroups) return rows;
  RowSums groups(rows.width);
  std::vector<double> sums(rows.width);
  for (std::size_t group = 0; group < kBootstrapGroups; ++group) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::size_t r = group; r < rows.lines(); r += kBootstrapGroups) rows.add_line_to(r, sums);
    for (std::size_t k = 0; k < sums.size(); ++k)
      if (sums[k] != 0.0) groups.add(k, sums[k]);
    groups.end_line();
  }
  return groups;
}

/// The sums of one bootstrap sample: as many lines as there are, drawn with replacement.
void draw(const RowSums& lines, Seed seed, std::size_t number, std::vector<double>& sums) {
  base::Random random(seed.value, base::Stream::bootstrap, 0, static_cast<std::uint32_t>(number));
  const auto count = static_cast<std::uint32_t>(lines.lines());
  std::fill(sums.begin(), sums.end(), 0.0);
  for (std::uint32_t i = 0; i < count; ++i) lines.add_line_to(random.below(count), sums);
}

/// 2.5 % of the values lie below `low` and 2.5 % above `high`; of those that are numbers.
Interval middle(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {kNaN, kNaN};
  std::sort(values.begin(), values.end());
  const std::size_t tail = values.size() / 40;
  return {values[tail], values[values.size() - 1 - tail]};
}

}  // namespace

std::vector<Interval> bootstrap(Resampled resampled, Seed seed) {
  const RowSums lines = grouped(std::move(resampled.rows));
  const auto& formulas = resampled.formulas;
  std::vector<std::vector<double>> values(formulas.size());
  std::vector<double> sums(lines.width);
  for (std::size_t b = 0; b < kBootstraps; ++b) {
    draw(lines, seed, b, sums);
    for (std::size_t f = 0; f < formulas.size(); ++f) values[f].push_back(formulas[f].value(sums.data()));
  }
  std::vector<Interval> intervals;
  for (auto& of_one : values) intervals.push_back(middle(std::move(of_one)));
  return intervals;
}

}  // namespace deltarule::app
