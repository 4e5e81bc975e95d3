#include "network/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

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
  bool varies = false;
  for (std::size_t r = 0; r < t.rows; ++r) {
    mean += t.row(r)[output];
    varies = varies || t.row(r)[output] != t.row(0)[output];
  }
  if (!varies) return kNaN;  // the rounded mean of equal numbers may differ from them
  mean /= static_cast<double>(t.rows);
  double residual = 0, total = 0;
  for (std::size_t r = 0; r < t.rows; ++r) {
    const double target = t.row(r)[output];
    residual += (target - a.row(r)[output]) * (target - a.row(r)[output]);
    total += (target - mean) * (target - mean);
  }
  return 1.0 - residual / total;
}

double median(std::vector<double> values) {
  const std::size_t middle = values.size() / 2;
  const auto upper = values.begin() + static_cast<std::ptrdiff_t>(middle);
  std::nth_element(values.begin(), upper, values.end());
  if (values.size() % 2 == 1) return *upper;
  return (*std::max_element(values.begin(), upper) + *upper) / 2.0;
}

/// What became of one class: found, missed, and others taken for it.
struct Finds {
  double right = 0, missed = 0, taken = 0;
  [[nodiscard]] bool occurs() const { return right + missed + taken > 0; }
  [[nodiscard]] double f1() const { return occurs() ? 2.0 * right / (2.0 * right + missed + taken) : kNaN; }
  void count(bool is, bool taken_for) {
    right += is && taken_for ? 1 : 0;
    missed += is && !taken_for ? 1 : 0;
    taken += !is && taken_for ? 1 : 0;
  }
};

Finds finds_of(Outputs a, Outputs t, std::size_t output) {
  Finds finds;
  for (std::size_t r = 0; r < a.rows; ++r) finds.count(t.row(r)[output] >= 0.5, a.row(r)[output] >= 0.5);
  return finds;
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

double median_absolute_error(Outputs a, Outputs t) {
  if (a.rows == 0) return kNaN;
  double sum = 0;
  std::vector<double> errors(a.rows);
  for (std::size_t c = 0; c < a.columns; ++c) {
    for (std::size_t r = 0; r < a.rows; ++r) errors[r] = std::fabs(t.row(r)[c] - a.row(r)[c]);
    sum += median(errors);
  }
  return sum / static_cast<double>(a.columns);
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

double f1_of_positives(Outputs a, Outputs t) { return finds_of(a, t, 0).f1(); }

double macro_f1(Outputs a, Outputs t) {
  std::map<std::size_t, Finds> classes;
  for (std::size_t r = 0; r < a.rows; ++r) {
    const std::size_t is = class_of(t, r), taken_for = class_of(a, r);
    classes[is].count(true, is == taken_for);
    if (is != taken_for) classes[taken_for].count(false, true);
  }
  double sum = 0;
  for (const auto& [number, finds] : classes) sum += finds.f1();
  return classes.empty() ? kNaN : sum / static_cast<double>(classes.size());
}

double label_f1(Outputs a, Outputs t) {
  double sum = 0, labels = 0;
  for (std::size_t c = 0; c < a.columns; ++c) {
    const Finds finds = finds_of(a, t, c);
    if (!finds.occurs()) continue;
    sum += finds.f1();
    labels += 1;
  }
  return labels == 0 ? kNaN : sum / labels;
}

std::vector<double> auc_placements(Outputs a, Outputs t, std::span<const double> weights) {
  const auto weight = [&](std::size_t row) { return weights.empty() ? 1.0 : weights[row]; };
  const auto output = [&](std::size_t row) { return a.row(row)[0]; };
  const auto positive = [&](std::size_t row) { return t.row(row)[0] >= 0.5; };
  std::vector<std::size_t> order(a.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return output(x) < output(y); });
  double positives = 0, negatives = 0;
  for (const std::size_t row : order) (positive(row) ? positives : negatives) += weight(row);
  if (positives == 0 || negatives == 0) return {};

  std::vector<double> placements(a.rows);
  double below[2] = {0, 0};  // patterns of class 0 and 1 with smaller outputs
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    double equal[2] = {0, 0};
    for (last = first; last < order.size() && output(order[last]) == output(order[first]); ++last)
      equal[positive(order[last]) ? 1 : 0] += weight(order[last]);
    for (std::size_t k = first; k < last; ++k) {
      placements[order[k]] = positive(order[k]) ? (below[0] + equal[0] / 2) / negatives
                                                : (positives - below[1] - equal[1] / 2) / positives;
    }
    below[0] += equal[0];
    below[1] += equal[1];
  }
  return placements;
}

double area_under_curve(Outputs a, Outputs t) { return area_under_curve(a, t, {}); }

double area_under_curve(Outputs a, Outputs t, std::span<const double> weights) {
  const std::vector<double> placements = auc_placements(a, t, weights);
  double sum = 0, positives = 0;
  for (std::size_t r = 0; r < placements.size(); ++r) {
    if (t.row(r)[0] < 0.5) continue;
    const double weight = weights.empty() ? 1.0 : weights[r];
    sum += weight * placements[r];
    positives += weight;
  }
  return placements.empty() ? kNaN : sum / positives;
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
