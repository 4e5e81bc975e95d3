// The bootstrap of everything that is a function of sums over rows: 2,000 seeded samples serve many such functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "deltarule/spec.hpp"

namespace deltarule::app {

inline constexpr std::size_t kBootstraps = 2000;
/// Above this many rows the bootstrap draws groups of rows (row i in group i mod this), which costs no more however
/// long the table is; rows are independent, so the interval is the same up to the noise of the draw.
inline constexpr std::size_t kBootstrapGroups = 4096;

struct Interval {
  double low = 0.0, high = 0.0;
};

/// What rows, or groups of rows, add to `width` sums: only what is not zero, line after line.
class RowSums {
 public:
  explicit RowSums(std::size_t sums) : width(sums) {}
  void add(std::size_t sum, double value) { entries_.push_back({static_cast<std::uint32_t>(sum), value}); }
  /// A row that counts `weight` times adds so much of everything.
  void end_line(double weight = 1.0) {
    for (std::size_t k = ends_.empty() ? 0 : ends_.back(); k < entries_.size(); ++k) entries_[k].value *= weight;
    ends_.push_back(entries_.size());
  }
  [[nodiscard]] std::size_t lines() const { return ends_.size(); }
  void add_line_to(std::size_t line, std::vector<double>& sums) const {
    for (std::size_t k = line == 0 ? 0 : ends_[line - 1]; k < ends_[line]; ++k)
      sums[entries_[k].sum] += entries_[k].value;
  }
  [[nodiscard]] std::vector<double> total() const {
    std::vector<double> sums(width);
    for (std::size_t line = 0; line < lines(); ++line) add_line_to(line, sums);
    return sums;
  }
  const std::size_t width;

 private:
  struct Entry {
    std::uint32_t sum;
    double value;
  };
  std::vector<Entry> entries_;
  std::vector<std::size_t> ends_;
};

/// A metric as a function of sums; sum 0 counts the rows, by their weights.
using Formula = std::function<double(const double* sums)>;
struct NamedFormula {
  std::string_view name;
  Formula value;
};
struct Resampled {
  RowSums rows;
  std::vector<NamedFormula> formulas;
};

/// 95 % intervals, one per formula: between the 2.5 % of samples with the lowest and with the highest values, of those
/// samples that have one; NaN when none has.
[[nodiscard]] std::vector<Interval> bootstrap(Resampled resampled, Seed seed);

}  // namespace deltarule::app
