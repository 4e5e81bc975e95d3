#include "network/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/math.hpp"

namespace deltarule::network {
namespace {

constexpr double kLeastProbability = 1e-15;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Σ of term(a, t) over patterns and outputs.
template <class Term>
double sum_over(Outputs a, Outputs t, const Term& term) {
  double sum = 0;
  for (std::size_t r = 0; r < a.rows; ++r)
    for (std::size_t c = 0; c < a.columns; ++c) sum += term(a.row(r)[c], t.row(r)[c]);
  return sum;
}

double mean_over_all(double sum, Outputs a) {
  return a.rows == 0 ? kNaN : sum / static_cast<double>(a.rows * a.columns);
}
double mean_over_patterns(double sum, Outputs a) { return a.rows == 0 ? kNaN : sum / static_cast<double>(a.rows); }

double kept_from_ends(double probability) {
  return std::clamp(probability, kLeastProbability, 1.0 - kLeastProbability);
}
double binary_cross_entropy(double a, double t) {
  const double p = kept_from_ends(a);
  return -t * base::log(p) - (1.0 - t) * base::log(1.0 - p);
}

double r_squared_of(Outputs a, Outputs t, std::size_t output) {
  double mean = 0;
  for (std::size_t r = 0; r < t.rows; ++r) mean += t.row(r)[output];
  mean /= static_cast<double>(t.rows);
  double residual = 0, total = 0;
  for (std::size_t r = 0; r < t.rows; ++r) {
    const double target = t.row(r)[output];
    residual += (target - a.row(r)[output]) * (target - a.row(r)[output]);
    total += (target - mean) * (target - mean);
  }
  if (total == 0) return residual == 0 ? 1.0 : 0.0;
  return 1.0 - residual / total;
}

}  // namespace

std::size_t class_of(Outputs values, std::size_t row) {
  const double* v = values.row(row);
  if (values.columns == 1) return v[0] >= 0.5 ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(v, v + values.columns) - v);
}

double total_squared_error(Outputs a, Outputs t) {
  return sum_over(a, t, [](double value, double target) { return (target - value) * (target - value); });
}

double root_mean_squared_error(Outputs a, Outputs t) { return std::sqrt(mean_over_all(total_squared_error(a, t), a)); }

double mean_absolute_error(Outputs a, Outputs t) {
  return mean_over_all(sum_over(a, t, [](double value, double target) { return std::fabs(target - value); }), a);
}

double r_squared(Outputs a, Outputs t) {
  if (a.rows == 0) return kNaN;
  double sum = 0;
  for (std::size_t c = 0; c < a.columns; ++c) sum += r_squared_of(a, t, c);
  return sum / static_cast<double>(a.columns);
}

double accuracy(Outputs a, Outputs t) {
  std::size_t right = 0;
  for (std::size_t r = 0; r < a.rows; ++r) right += class_of(a, r) == class_of(t, r) ? 1 : 0;
  return mean_over_patterns(static_cast<double>(right), a);
}

double balanced_accuracy(Outputs a, Outputs t) {
  struct Found {
    double patterns = 0, right = 0;
  };
  std::map<std::size_t, Found> classes;
  for (std::size_t r = 0; r < a.rows; ++r) {
    Found& found = classes[class_of(t, r)];
    found.patterns += 1;
    found.right += class_of(a, r) == class_of(t, r) ? 1 : 0;
  }
  if (classes.empty()) return kNaN;
  double sum = 0;
  for (const auto& [number, found] : classes) sum += found.right / found.patterns;
  return sum / static_cast<double>(classes.size());
}

double label_accuracy(Outputs a, Outputs t) {
  return mean_over_all(
      sum_over(a, t, [](double value, double target) { return (value >= 0.5) == (target >= 0.5) ? 1.0 : 0.0; }), a);
}

double accuracy_40_20_40(Outputs a, Outputs t) {
  const auto is_right = [](double value, double target) {
    return (target < 0.5 ? value <= 0.4 : value >= 0.6) ? 1.0 : 0.0;
  };
  return mean_over_all(sum_over(a, t, is_right), a);
}

double log_loss(Outputs a, Outputs t) {
  if (a.columns == 1) return multilabel_log_loss(a, t);
  const auto term = [](double value, double target) {
    return target == 0 ? 0.0 : -target * base::log(kept_from_ends(value));
  };
  return mean_over_patterns(sum_over(a, t, term), a);
}

double multilabel_log_loss(Outputs a, Outputs t) { return mean_over_patterns(sum_over(a, t, binary_cross_entropy), a); }

}  // namespace deltarule::network
