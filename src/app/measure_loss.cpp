#include "app/measure_loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/math.hpp"
#include "data/row_weights.hpp"
#include "derivation/losses.hpp"
#include "network/targets.hpp"

namespace deltarule::app {
namespace {

/// Sums of rows, line after line; sum 0 counts the rows.
struct Lines {
  std::size_t width = 0;
  std::vector<double> values;
};

/// The sums of the rows, and what is made of them.
Resampled resampled(const Comparison& compared, const Lines& lines, std::vector<NamedFormula> formulas) {
  RowSums rows(lines.width);
  for (std::size_t i = 0; i < lines.values.size(); ++i) {
    if (lines.values[i] != 0.0) rows.add(i % lines.width, lines.values[i]);
    if ((i + 1) % lines.width == 0) rows.end_line(compared.weight(i / lines.width));
  }
  return {std::move(rows), std::move(formulas)};
}

/// Σ of the loss of predictions and of the best constant, both of one target: 1 − their ratio. Rows that are all alike
/// have nothing to explain.
double share_explained(double loss, double of_constant) {
  if (of_constant > 0.0) return 1.0 - loss / of_constant;
  return loss == 0.0 ? 1.0 : 0.0;
}

/// Mean over targets of term(sums of a target), for the columns that follow the count.
template <class Term>
NamedFormula mean_over_targets(const char* name, std::size_t targets, std::size_t columns, Term term) {
  return {name, [=](const double* sums) {
            double mean = 0.0;
            for (std::size_t j = 0; j < targets; ++j) mean += term(sums[0], sums + 1 + j * columns);
            return mean / static_cast<double>(targets);
          }};
}

/// Per target: loss of the prediction, of the rows' own quantile, and whether the target is not above the prediction.
Resampled quantile_sums(const Comparison& compared, double tau) {
  constexpr std::size_t kColumns = 3;
  const std::size_t targets = compared.columns;
  Lines sums{1 + kColumns * targets, std::vector<double>((1 + kColumns * targets) * compared.rows)};
  for (std::size_t r = 0; r < compared.rows; ++r) sums.values[r * sums.width] = 1.0;
  for (std::size_t j = 0; j < targets; ++j) {
    std::vector<double> t;
    for (std::size_t r = 0; r < compared.rows; ++r) t.push_back(compared.t().row(r)[j]);
    const double own = t.empty() ? 0.0 : quantile(t, tau, compared.weights);
    for (std::size_t r = 0; r < compared.rows; ++r) {
      const double a = compared.a().row(r)[j];
      double* to = sums.values.data() + r * sums.width + 1 + j * kColumns;
      to[0] = derivation::Pinball::value(a, t[r], tau);
      to[1] = derivation::Pinball::value(own, t[r], tau);
      to[2] = t[r] <= a ? 1.0 : 0.0;
    }
  }
  return resampled(
      compared, sums,
      {mean_over_targets("pinball", targets, kColumns, [](double n, const double* s) { return s[0] / n; }),
       mean_over_targets("coverage", targets, kColumns, [](double n, const double* s) { return s[2] / n; }),
       mean_over_targets("d2", targets, kColumns,
                         [](double /*n*/, const double* s) { return share_explained(s[0], s[1]); })});
}

/// Per target: deviance of the prediction, t, and t log t or log t, of which the deviance of the mean can be made.
Resampled deviance_sums(const Comparison& compared, bool counts) {
  constexpr std::size_t kColumns = 3;
  const std::size_t targets = compared.columns;
  Lines sums{1 + kColumns * targets, std::vector<double>((1 + kColumns * targets) * compared.rows)};
  for (std::size_t r = 0; r < compared.rows; ++r) {
    double* line = sums.values.data() + r * sums.width;
    line[0] = 1.0;
    for (std::size_t j = 0; j < targets; ++j) {
      const double t = compared.t().row(r)[j];
      const double log_t = t > 0.0 ? base::log(t) : 0.0;
      const double I = base::log(std::max(compared.a().row(r)[j], std::numeric_limits<double>::min()));
      double* to = line + 1 + j * kColumns;
      to[0] = 2.0 * (counts ? derivation::PoissonDeviance::value(I, t) : derivation::GammaDeviance::value(I, t));
      to[1] = t;
      to[2] = counts ? t * log_t : log_t;
    }
  }
  const auto of_mean = [counts](double n, const double* s) {
    if (s[1] <= 0.0) return 0.0;
    const double log_mean = base::log(s[1] / n);
    const double deviance = counts ? s[2] - s[1] * log_mean : n * log_mean - s[2];
    const double size = counts ? std::fabs(s[2]) : n * std::fabs(log_mean);
    return deviance > 1e-12 * size ? 2.0 * deviance : 0.0;
  };
  return resampled(
      compared, sums,
      {mean_over_targets("deviance", targets, kColumns, [](double n, const double* s) { return s[0] / n; }),
       mean_over_targets("d2", targets, kColumns,
                         [=](double n, const double* s) { return share_explained(s[0], of_mean(n, s)); })});
}

/// Nothing for a loss that is about nothing more.
std::optional<Resampled> sums_of(const Comparison& compared, const derivation::Loss& loss) {
  switch (loss.kind) {
    case base::LossKind::pinball:
      return quantile_sums(compared, loss.parameter);
    case base::LossKind::poisson_deviance:
      return deviance_sums(compared, true);
    case base::LossKind::gamma_deviance:
      return deviance_sums(compared, false);
    default:
      return std::nullopt;
  }
}

/// Everything finite, and targets in the range of the loss.
bool is_defined(const Comparison& compared, const derivation::Loss& loss) {
  const network::TargetRange range = network::target_range(loss);
  const auto finite = [](double value) { return std::isfinite(value); };
  return compared.rows > 0 && std::all_of(compared.outputs.begin(), compared.outputs.end(), finite) &&
         std::all_of(compared.targets.begin(), compared.targets.end(),
                     [&](double t) { return finite(t) && range.holds(t); });
}

}  // namespace

std::vector<Metric> measure_loss(const Comparison& compared, const derivation::Loss& loss, Seed seed) {
  std::optional<Resampled> resampled = sums_of(compared, loss);
  if (!resampled) return {};
  const std::vector<NamedFormula> formulas = resampled->formulas;
  const std::vector<double> sums = resampled->rows.total();
  const std::vector<Interval> intervals = bootstrap(std::move(*resampled), seed);
  std::vector<Metric> metrics;
  for (std::size_t f = 0; f < formulas.size(); ++f)
    metrics.push_back(
        {std::string(formulas[f].name), formulas[f].value(sums.data()), intervals[f].low, intervals[f].high});
  return metrics;
}

double value_by_loss(std::string_view name, const Comparison& compared, const derivation::Loss& loss) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (!is_defined(compared, loss)) return kNaN;
  const std::optional<Resampled> resampled = sums_of(compared, loss);
  if (!resampled) return kNaN;
  const std::string_view shown = name.ends_with("deviance") ? "deviance" : name;  // of either kind
  for (const NamedFormula& formula : resampled->formulas)
    if (formula.name == shown) return formula.value(resampled->rows.total().data());
  return kNaN;
}

double quantile(std::vector<double> values, double tau, std::span<const double> weights) {
  if (!weights.empty()) return data::weighted_quantile(values, weights, tau);
  const double count = static_cast<double>(values.size());
  const auto place = static_cast<std::ptrdiff_t>(std::max(std::ceil(tau * count) - 1.0, 0.0));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

}  // namespace deltarule::app
