#include "app/measure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/math.hpp"
#include "base/random.hpp"
#include "derivation/losses.hpp"

namespace deltarule::app {
namespace {

constexpr double kSmallestProbability = 1e-15;

/// What the rows add up to, one line of `width` sums per row or group of rows; sum 0 counts the rows.
struct RowSums {
  std::size_t width = 0;
  std::vector<double> values;
  [[nodiscard]] std::size_t lines() const { return values.size() / width; }
  [[nodiscard]] const double* line(std::size_t i) const { return values.data() + i * width; }
};

/// A metric as a function of sums.
struct Formula {
  const char* name;
  std::function<double(const double* sums)> value;
};

double surprise(double probability) { return -base::log(std::max(probability, kSmallestProbability)); }

RowSums grouped(const RowSums& rows) {
  if (rows.lines() <= kBootstrapGroups) return rows;
  RowSums groups{rows.width, std::vector<double>(kBootstrapGroups * rows.width)};
  for (std::size_t r = 0; r < rows.lines(); ++r) {
    double* group = groups.values.data() + r % kBootstrapGroups * rows.width;
    for (std::size_t k = 0; k < rows.width; ++k) group[k] += rows.line(r)[k];
  }
  return groups;
}

std::vector<double> total(const RowSums& rows) {
  std::vector<double> sums(rows.width);
  for (std::size_t r = 0; r < rows.lines(); ++r)
    for (std::size_t k = 0; k < rows.width; ++k) sums[k] += rows.line(r)[k];
  return sums;
}

/// The sums of one bootstrap sample: as many lines as there are, drawn with replacement.
void draw(const RowSums& lines, Seed seed, std::size_t number, std::vector<double>& sums) {
  base::Random random(seed.value, base::Stream::bootstrap, 0, static_cast<std::uint32_t>(number));
  const auto count = static_cast<std::uint32_t>(lines.lines());
  std::fill(sums.begin(), sums.end(), 0.0);
  for (std::uint32_t i = 0; i < count; ++i) {
    const double* line = lines.line(random.below(count));
    for (std::size_t k = 0; k < lines.width; ++k) sums[k] += line[k];
  }
}

/// 2.5 % of the bootstrap values lie below `low` and 2.5 % above `high`.
Interval middle(std::vector<double> values) {
  constexpr std::size_t kTail = kBootstraps / 40;
  std::sort(values.begin(), values.end());
  return {values[kTail], values[kBootstraps - 1 - kTail]};
}

std::vector<Metric> evaluate(const RowSums& rows, const std::vector<Formula>& formulas, Seed seed) {
  std::vector<Metric> metrics;
  if (rows.lines() == 0) return metrics;
  const RowSums lines = grouped(rows);
  std::vector<std::vector<double>> values(formulas.size());
  std::vector<double> sums(rows.width);
  for (std::size_t b = 0; b < kBootstraps; ++b) {
    draw(lines, seed, b, sums);
    for (std::size_t f = 0; f < formulas.size(); ++f) values[f].push_back(formulas[f].value(sums.data()));
  }
  sums = total(rows);
  for (std::size_t f = 0; f < formulas.size(); ++f) {
    const Interval interval = middle(std::move(values[f]));
    metrics.push_back({formulas[f].name, formulas[f].value(sums.data()), interval.low, interval.high});
  }
  return metrics;
}

double per_row(const double* sums, std::size_t k) { return sums[k] / sums[0]; }

Measurement measure_classes(const model::Decisions& decisions, const data::BoundTable& table,
                            std::span<const std::uint32_t> rows, Seed seed) {
  const std::size_t classes = table.preprocessing().classes.size();
  const std::vector<std::int32_t>& truth = table.targets()[0].classes;
  Measurement result{{}, std::vector<std::size_t>(classes * classes)};
  RowSums sums{2, {}};
  std::size_t hits = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto wanted = static_cast<std::size_t>(truth[rows[r]]);
    const std::size_t got = decisions.classes[r];
    ++result.confusion[wanted * classes + got];
    hits += got == wanted ? 1 : 0;
    sums.values.insert(sums.values.end(), {1.0, surprise(decisions.probabilities[r * classes + wanted])});
  }
  if (rows.empty()) return result;
  const Interval interval = wilson(hits, rows.size());
  const double accuracy = static_cast<double>(hits) / static_cast<double>(rows.size());
  result.metrics.push_back({"accuracy", accuracy, interval.low, interval.high});
  for (Metric& metric : evaluate(sums, {{"log_loss", [](const double* s) { return per_row(s, 1); }}}, seed))
    result.metrics.push_back(std::move(metric));
  return result;
}

Measurement measure_labels(const model::Decisions& decisions, const data::BoundTable& table,
                           std::span<const std::uint32_t> rows, Seed seed) {
  const std::size_t labels = table.targets().size();
  RowSums sums{3, {}};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double right = 0.0;
    double loss = 0.0;
    for (std::size_t j = 0; j < labels; ++j) {
      const bool wanted = table.targets()[j].numbers[rows[r]] >= 0.5;
      const double one = decisions.probabilities[r * labels + j];
      right += (decisions.classes[r * labels + j] == 1) == wanted ? 1.0 : 0.0;
      loss += surprise(wanted ? one : 1.0 - one);
    }
    sums.values.insert(sums.values.end(),
                       {1.0, right / static_cast<double>(labels), loss / static_cast<double>(labels)});
  }
  return {evaluate(sums,
                   {{"accuracy", [](const double* s) { return per_row(s, 1); }},
                    {"log_loss", [](const double* s) { return per_row(s, 2); }}},
                   seed),
          {}};
}

/// Columns of the sums of a regression: count, Σ|t−a| and Σ(t−a)² over all targets, then per target Σ(t−a)², Σt, Σt².
constexpr std::size_t kCommon = 3;
constexpr std::size_t kPerTarget = 3;

double r_squared(const double* sums, std::size_t targets) {
  double mean = 0.0;
  for (std::size_t j = 0; j < targets; ++j) {
    const double* s = sums + kCommon + j * kPerTarget;
    const double spread = s[2] - s[1] * s[1] / sums[0];
    // A sample whose targets are all equal has nothing to explain: 1 when predicted exactly, else 0.
    const bool constant = !(spread > 1e-12 * s[2]);
    mean += constant ? (s[0] == 0.0 ? 1.0 : 0.0) : 1.0 - s[0] / spread;
  }
  return mean / static_cast<double>(targets);
}

/// Means of the targets over the rows: subtracted before squares are summed, so that no digits are lost.
std::vector<double> centres(const data::BoundTable& table, std::span<const std::uint32_t> rows) {
  std::vector<double> means;
  for (const data::BoundTarget& target : table.targets()) {
    double sum = 0.0;
    for (const std::uint32_t row : rows) sum += target.numbers[row];
    means.push_back(rows.empty() ? 0.0 : sum / static_cast<double>(rows.size()));
  }
  return means;
}

Measurement measure_numbers(const model::Decisions& decisions, const data::BoundTable& table,
                            std::span<const std::uint32_t> rows, Seed seed) {
  const std::size_t targets = table.targets().size();
  const std::vector<double> centre = centres(table, rows);
  RowSums sums{kCommon + kPerTarget * targets, {}};
  sums.values.resize(sums.width * rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double* line = sums.values.data() + r * sums.width;
    line[0] = 1.0;
    for (std::size_t j = 0; j < targets; ++j) {
      const double t = table.targets()[j].numbers[rows[r]];
      const double error = t - decisions.values[r * targets + j];
      line[1] += std::fabs(error);
      line[2] += error * error;
      double* own = line + kCommon + j * kPerTarget;
      own[0] = error * error;
      own[1] = t - centre[j];
      own[2] = own[1] * own[1];
    }
  }
  const auto outputs = static_cast<double>(targets);
  return {evaluate(sums,
                   {{"rmse", [=](const double* s) { return std::sqrt(per_row(s, 2) / outputs); }},
                    {"mae", [=](const double* s) { return per_row(s, 1) / outputs; }},
                    {"r2", [=](const double* s) { return r_squared(s, targets); }}},
                   seed),
          {}};
}

// ---- what the loss is about ----

/// Σ of the loss of predictions and of the best constant, both of one target: 1 − their ratio. Rows that are all alike
/// have nothing to explain.
double share_explained(double loss, double of_constant) {
  if (of_constant > 0.0) return 1.0 - loss / of_constant;
  return loss == 0.0 ? 1.0 : 0.0;
}

/// Mean over targets of term(sums of a target), for the columns that follow the count.
template <class Term>
Formula mean_over_targets(const char* name, std::size_t targets, std::size_t columns, Term term) {
  return {name, [=](const double* sums) {
            double mean = 0.0;
            for (std::size_t j = 0; j < targets; ++j) mean += term(sums[0], sums + 1 + j * columns);
            return mean / static_cast<double>(targets);
          }};
}

/// Per target: loss of the prediction, of the rows' own quantile, and whether the target is not above the prediction.
std::vector<Metric> measure_quantile(const model::Decisions& decisions, const data::BoundTable& table,
                                     std::span<const std::uint32_t> rows, Seed seed, double tau) {
  constexpr std::size_t kColumns = 3;
  const std::size_t targets = table.targets().size();
  RowSums sums{1 + kColumns * targets, std::vector<double>((1 + kColumns * targets) * rows.size())};
  for (std::size_t r = 0; r < rows.size(); ++r) sums.values[r * sums.width] = 1.0;
  for (std::size_t j = 0; j < targets; ++j) {
    std::vector<double> t;
    for (const std::uint32_t row : rows) t.push_back(table.targets()[j].numbers[row]);
    const double own = t.empty() ? 0.0 : quantile(t, tau);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const double a = decisions.values[r * targets + j];
      double* to = sums.values.data() + r * sums.width + 1 + j * kColumns;
      to[0] = derivation::Pinball::value(a, t[r], tau);
      to[1] = derivation::Pinball::value(own, t[r], tau);
      to[2] = t[r] <= a ? 1.0 : 0.0;
    }
  }
  return evaluate(sums,
                  {mean_over_targets("pinball", targets, kColumns, [](double n, const double* s) { return s[0] / n; }),
                   mean_over_targets("coverage", targets, kColumns, [](double n, const double* s) { return s[2] / n; }),
                   mean_over_targets("d2", targets, kColumns,
                                     [](double /*n*/, const double* s) { return share_explained(s[0], s[1]); })},
                  seed);
}

/// Per target: deviance of the prediction, t, and t log t or log t, of which the deviance of the mean can be made.
std::vector<Metric> measure_deviance(const model::Decisions& decisions, const data::BoundTable& table,
                                     std::span<const std::uint32_t> rows, Seed seed, bool counts) {
  constexpr std::size_t kColumns = 3;
  const std::size_t targets = table.targets().size();
  RowSums sums{1 + kColumns * targets, std::vector<double>((1 + kColumns * targets) * rows.size())};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double* line = sums.values.data() + r * sums.width;
    line[0] = 1.0;
    for (std::size_t j = 0; j < targets; ++j) {
      const double t = table.targets()[j].numbers[rows[r]];
      const double log_t = t > 0.0 ? base::log(t) : 0.0;
      const double I = base::log(std::max(decisions.values[r * targets + j], std::numeric_limits<double>::min()));
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
  return evaluate(sums,
                  {mean_over_targets("deviance", targets, kColumns, [](double n, const double* s) { return s[0] / n; }),
                   mean_over_targets("d2", targets, kColumns,
                                     [=](double n, const double* s) { return share_explained(s[0], of_mean(n, s)); })},
                  seed);
}

std::vector<Metric> measure_loss(const model::Decisions& decisions, const data::BoundTable& table,
                                 std::span<const std::uint32_t> rows, Seed seed, const derivation::Loss& loss) {
  switch (loss.kind) {
    case base::LossKind::pinball:
      return measure_quantile(decisions, table, rows, seed, loss.parameter);
    case base::LossKind::poisson_deviance:
      return measure_deviance(decisions, table, rows, seed, true);
    case base::LossKind::gamma_deviance:
      return measure_deviance(decisions, table, rows, seed, false);
    default:
      return {};
  }
}

}  // namespace

double quantile(std::vector<double> values, double tau) {
  const double count = static_cast<double>(values.size());
  const auto place = static_cast<std::ptrdiff_t>(std::max(std::ceil(tau * count) - 1.0, 0.0));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

Interval wilson(std::size_t hits, std::size_t trials) {
  if (trials == 0) return {0.0, 1.0};
  constexpr double kZ = 1.959963984540054;  // the normal quantile of 97.5 %
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double centre = p + kZ * kZ / (2.0 * n);
  const double half = kZ * std::sqrt(p * (1.0 - p) / n + kZ * kZ / (4.0 * n * n));
  const double scale = 1.0 + kZ * kZ / n;
  return {std::max(0.0, (centre - half) / scale), std::min(1.0, (centre + half) / scale)};
}

Measurement measure(const model::Decisions& decisions, const data::BoundTable& table,
                    std::span<const std::uint32_t> rows, Seed seed, const derivation::Loss& loss) {
  switch (table.preprocessing().task) {
    case data::Task::binary:
    case data::Task::multiclass:
      return measure_classes(decisions, table, rows, seed);
    case data::Task::multilabel:
      return measure_labels(decisions, table, rows, seed);
    case data::Task::regression:
      break;
  }
  Measurement numbers = measure_numbers(decisions, table, rows, seed);
  for (Metric& metric : measure_loss(decisions, table, rows, seed, loss)) numbers.metrics.push_back(std::move(metric));
  return numbers;
}

}  // namespace deltarule::app
