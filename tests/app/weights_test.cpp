// Weights of rows and classes from a table to a measured model: what they do, what they leave alone, what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "app/measure.hpp"
#include "app/measure_loss.hpp"
#include "data/row_weights.hpp"
#include "tables.hpp"

namespace deltarule::test {
namespace {

/// Lines of mixed_csv() with a weight each; `repeat`: so many lines of weight 1 instead.
std::string weighted_csv(int rows, bool repeat, bool ones = false, const std::string& csv = mixed_csv(90)) {
  std::string text, line;
  std::size_t from = 0;
  for (int row = -1; row < rows; ++row) {
    const std::size_t end = csv.find('\n', from);
    line = csv.substr(from, end - from);
    from = end + 1;
    const int weight = row < 0 || ones ? 1 : 1 + (row * 7) % 4;
    for (int k = 0; k < (repeat ? weight : 1); ++k)
      text += line + (row < 0 ? ",w" : "," + std::to_string(repeat ? 1 : weight)) + "\n";
  }
  return text;
}

Dataset data_of(const std::string& csv, const std::string& weight, const std::string& target = "kind") {
  DatasetOptions options{.target = target, .weight = weight};
  if (weight.empty()) options.ignore = {"w"};
  return Dataset(parse_csv(csv, "t.csv"), options);
}

FitOptions whole_table() {
  FitOptions options;
  options.epochs = 20;
  options.test = options.validation = 0.0;
  options.batch_size = 0;
  options.precision = "f64";
  options.hidden = {6};  // what is chosen depends on the number of rows
  options.optimizer = "adam";
  options.learning_rate = 0.01;
  options.weight_decay = 0.001;
  return options;
}

TEST(Weights, of_k_are_k_rows_from_table_to_measures) {
  struct Kind {
    std::string csv, target, loss;
  };
  std::size_t compared = 0;
  for (const Kind& kind :
       {Kind{mixed_csv(80), "kind", ""}, Kind{linear_csv(80), "y", ""}, Kind{linear_csv(80), "y", "pinball(0.7)"}}) {
    FitOptions options = whole_table();
    if (!kind.loss.empty()) options.loss = kind.loss;
    options.epochs = kind.loss.empty() ? 20 : 2;  // a kink: a quantile's slopes jump where rounding decides
    const Fitted one = fit(data_of(weighted_csv(80, false, false, kind.csv), "w", kind.target), options);
    const Fitted other = fit(data_of(weighted_csv(80, true, false, kind.csv), "", kind.target), options);
    const auto expect_near = [&](const std::vector<Metric>& a, const std::vector<Metric>& b) {
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t m = 0; m < a.size(); ++m, ++compared)
        EXPECT_NEAR(a[m].value, b[m].value, 1e-8 * (1 + std::fabs(b[m].value))) << kind.target << ' ' << a[m].name;
    };
    expect_near(one.report.metrics, other.report.metrics);
    expect_near(one.report.baselines[0].metrics, other.report.baselines[0].metrics);
    EXPECT_NEAR(one.report.training.history.back().training_loss, other.report.training.history.back().training_loss,
                1e-9);
    EXPECT_NEAR(one.report.training_tss, other.report.training_tss, 1e-7 * other.report.training_tss);
    EXPECT_EQ(one.report.rows_seen, 80U) << "rows are counted, not weights";
  }
  EXPECT_GE(compared, 20U);
}

TEST(Weights, of_one_are_none) {
  const std::string csv = weighted_csv(80, false, true);
  FitOptions options;
  options.epochs = 8;
  const Fitted one = fit(data_of(csv, "w"), options), other = fit(data_of(csv, ""), options);
  EXPECT_EQ(one.report.weights_digest, other.report.weights_digest);
  ASSERT_EQ(one.report.metrics.size(), other.report.metrics.size());
  for (std::size_t m = 0; m < one.report.metrics.size(); ++m) {
    EXPECT_EQ(one.report.metrics[m].value, other.report.metrics[m].value);
    EXPECT_EQ(one.report.metrics[m].low, other.report.metrics[m].low);
    EXPECT_EQ(one.report.metrics[m].high, other.report.metrics[m].high);
  }
  EXPECT_EQ(one.report.verdict, other.report.verdict);
}

TEST(Weights, are_honoured_by_evaluate_and_noted_when_they_are_not_named) {
  FitOptions options = whole_table();
  options.baselines = false;
  const std::string csv = weighted_csv(80, false);
  const Fitted fitted = fit(data_of(csv, "w"), options);
  const Table table = parse_csv(csv, "t.csv");
  const Evaluation with = fitted.model.evaluate(table, {.weight = "w"}), without = fitted.model.evaluate(table);
  for (const Metric& one : fitted.report.metrics) EXPECT_NEAR(metric(with.metrics, one.name)->value, one.value, 1e-12);
  for (const char* name : {"log_loss", "auc"})
    EXPECT_NE(metric(without.metrics, name)->value, metric(with.metrics, name)->value);
  EXPECT_EQ(with.confusion, without.confusion) << "counts rows";
  EXPECT_TRUE(with.notices.empty());
  ASSERT_EQ(without.notices.size(), 1U);
  EXPECT_NE(without.notices[0].find("--weight w"), std::string::npos);
  const auto provenance = fitted.model.provenance();
  EXPECT_NE(std::find(provenance.begin(), provenance.end(), std::pair<std::string, std::string>("weight_column", "w")),
            provenance.end());
  const Error fault = error_of([&] { (void)fitted.model.evaluate(table, {.weight = "width"}); });
  EXPECT_EQ(fault.code, ErrorCode::data);
  EXPECT_NE(fault.place.find("column \"width\""), std::string::npos);
}

app::Comparison random_comparison(network::MetricTask task, std::size_t columns, base::Random& random) {
  constexpr std::size_t kRows = 40;
  app::Comparison made{task, kRows, columns, {}, {}};
  for (std::size_t r = 0; r < kRows; ++r) {
    const std::size_t is = random.below(static_cast<std::uint32_t>(columns + 1));
    for (std::size_t j = 0; j < columns; ++j) {
      const bool numbers = task == network::MetricTask::regression;
      made.outputs.push_back(numbers ? random.normal() : static_cast<double>(random.below(9) + 1) / 10.0);
      const bool one = task == network::MetricTask::multiclass ? j == is % columns : random.below(2) == 1;
      made.targets.push_back(numbers ? random.normal() : (one ? 1.0 : 0.0));
    }
  }
  return made;
}

TEST(Weights, of_k_are_k_rows_for_every_metric) {
  using network::MetricTask;
  base::Random random(9, base::Stream::generate);
  std::size_t compared = 0;
  for (const auto& [task, columns] : std::vector<std::pair<MetricTask, std::size_t>>{{MetricTask::binary, 1},
                                                                                     {MetricTask::multiclass, 4},
                                                                                     {MetricTask::multilabel, 3},
                                                                                     {MetricTask::regression, 2}})
    for (int trial = 0; trial < 5; ++trial) {
      app::Comparison weighted = random_comparison(task, columns, random);
      app::Comparison repeated{task, 0, columns, {}, {}};
      for (std::size_t r = 0; r < weighted.rows; ++r) {
        weighted.weights.push_back(1.0 + random.below(4));
        for (double k = 0; k < weighted.weights[r]; ++k, ++repeated.rows)
          for (std::size_t j = 0; j < columns; ++j) {
            repeated.outputs.push_back(weighted.outputs[r * columns + j]);
            repeated.targets.push_back(weighted.targets[r * columns + j]);
          }
      }
      app::Comparison unweighted = weighted;
      unweighted.weights.clear();
      for (const network::MetricEntry* entry : network::metrics_for(task)) {
        EXPECT_NEAR(app::value_of(*entry, weighted), app::value_of(*entry, repeated), 1e-12) << entry->name;
        EXPECT_NE(app::value_of(*entry, weighted), app::value_of(*entry, unweighted)) << entry->name;
        ++compared;
      }
    }
  EXPECT_EQ(compared, 5U * (5 + 4 + 3 + 4));
}

TEST(Weights, wilsons_interval_is_that_of_fewer_rows_when_weights_differ) {
  const app::Interval even = app::wilson(30, 40), same = app::wilson_of_share(0.75, 40.0);
  EXPECT_EQ(even.low, same.low);
  EXPECT_EQ(even.high, same.high);
  EXPECT_LT(app::wilson_of_share(0.75, 25.0).low, even.low);
}

TEST(Weights, a_weighted_quantile_is_that_of_repeated_values) {
  const std::vector<double> values = {5, 1, 4, 2}, weights = {1, 3, 2, 1}, repeated = {5, 1, 1, 1, 4, 4, 2};
  for (const double tau : {0.01, 0.3, 0.43, 0.5, 0.58, 0.7, 0.86, 0.99})
    EXPECT_EQ(app::quantile(values, tau, weights), app::quantile(repeated, tau)) << tau;
}

TEST(Weights, of_zero_leave_out_a_class_that_no_other_row_has) {
  std::string csv = "x,w,kind\n", without = csv;
  for (int i = 0; i < 60; ++i) {
    const std::string line = std::to_string(i * 7 % 11) + ",1," + (i * 7 % 11 > 4 ? "high" : "low") + "\n";
    csv += line;
    without += line;
    if (i % 5 == 0) csv += "3,0,odd\n";
  }
  FitOptions options;
  options.epochs = 5;
  const Fitted one = fit(data_of(csv, "w"), options), other = fit(data_of(without, "w"), options);
  EXPECT_EQ(one.report.weights_digest, other.report.weights_digest);
  EXPECT_EQ(one.model.classes(), (std::vector<std::string>{"high", "low"}));
  EXPECT_EQ(one.report.plan.training_rows, other.report.plan.training_rows);
}

/// One row in twelve is rare, and overlaps with the others.
std::string imbalanced_csv(int rows, std::uint64_t seed) {
  base::Random random(seed, base::Stream::generate);
  std::string text = "x,z,kind\n";
  for (int i = 0; i < rows; ++i) {
    const bool rare = i % 12 == 0;
    const double x = random.normal() + (rare ? 1.4 : 0.0), z = random.normal();
    text += std::to_string(x) + "," + std::to_string(z) + (rare ? ",rare\n" : ",usual\n");
  }
  return text;
}

double recall_of_rare(const Evaluation& evaluation) {
  const auto& counts = evaluation.confusion;  // rare, usual
  return static_cast<double>(counts[0]) / static_cast<double>(counts[0] + counts[1]);
}

TEST(ClassWeights, balanced_finds_more_of_the_rare_class) {
  const Table fresh = parse_csv(imbalanced_csv(1200, 2), "fresh.csv");
  FitOptions options;
  options.epochs = 60;
  options.baselines = false;
  const Dataset data = dataset(imbalanced_csv(600, 1), "kind");
  const double plain = recall_of_rare(fit(data, options).model.evaluate(fresh));
  options.class_weight.balanced = true;
  options.baselines = true;
  const Fitted balanced = fit(data, options);
  EXPECT_NE(balanced.report.verdict.find("balanced_accuracy"), std::string::npos) << balanced.report.verdict;
  const double found = recall_of_rare(balanced.model.evaluate(fresh));
  EXPECT_GT(found, plain + 0.3);
  EXPECT_GT(found, 0.6);
}

TEST(ClassWeights, balanced_is_the_formula_given_by_class) {
  FitOptions options = whole_table();
  options.baselines = false;
  const Dataset data = dataset(imbalanced_csv(240, 1), "kind");  // 20 and 220
  options.class_weight.balanced = true;
  const Fitted balanced = fit(data, options);
  options.class_weight = {.by_class = {{"usual", 240.0 / (2 * 220.0)}, {"rare", 240.0 / (2 * 20.0)}}};
  const Fitted given = fit(data, options);
  EXPECT_EQ(balanced.report.weights_digest, given.report.weights_digest);
  for (const Metric& one : balanced.report.metrics) EXPECT_EQ(one.value, metric(given.report.metrics, one.name)->value);
  const auto setting = [](const Fitted& fitted, const std::string& name) {
    for (const auto& [key, value] : fitted.model.provenance())
      if (key == name) return value;
    return std::string();
  };
  EXPECT_EQ(setting(balanced, "class_weight"), "balanced");
  EXPECT_EQ(setting(balanced, "class_weights"), "rare=6,usual=0.5454545454545454");
  EXPECT_EQ(setting(given, "class_weight"), "usual=0.5454545454545454,rare=6");
  const auto& notices = balanced.report.plan.notices;
  EXPECT_TRUE(std::any_of(notices.begin(), notices.end(), [](const std::string& notice) {
    return notice.find("rare=6,usual=0.5454545454545454") != std::string::npos;
  }));
}

/// Every row twice in one class, or the class twice as heavy: the same sums.
TEST(ClassWeights, multiply_the_weights_of_rows) {
  std::string once = "x,w,kind\n", heavy = "x,w,kind\n";
  for (int i = 0; i < 60; ++i) {
    const bool yes = i * i % 7 > 2;
    const std::string x = std::to_string((i * 37 % 60) * 0.1 + (yes ? 1.0 : 0.0));
    once += x + "," + std::to_string(1 + i % 3) + (yes ? ",yes\n" : ",no\n");
    heavy += x + "," + std::to_string((1 + i % 3) * (yes ? 2 : 1)) + (yes ? ",yes\n" : ",no\n");
  }
  FitOptions options = whole_table();
  options.scale = "none";
  const Fitted product = fit(data_of(heavy, "w"), options);
  options.class_weight = {.by_class = {{"yes", 2}, {"no", 1}}};
  const Fitted factors = fit(data_of(once, "w"), options);
  EXPECT_EQ(product.report.weights_digest, factors.report.weights_digest);
  EXPECT_NE(metric(product.report.metrics, "log_loss")->value, metric(factors.report.metrics, "log_loss")->value)
      << "measures know the weights of rows only";
  FitOptions balanced = whole_table();
  balanced.class_weight.balanced = true;
  const Fitted of_weights = fit(data_of(once, "w"), balanced);
  double all = 0, yes = 0;
  for (int i = 0; i < 60; ++i) {
    all += 1 + i % 3;
    yes += i * i % 7 > 2 ? 1 + i % 3 : 0;
  }
  balanced.class_weight = {.by_class = {{"yes", all / (2 * yes)}, {"no", all / (2 * (all - yes))}}};
  EXPECT_EQ(of_weights.report.weights_digest, fit(data_of(once, "w"), balanced).report.weights_digest);
}

TEST(ClassWeights, classes_that_are_not_named_count_once) {
  const Dataset data = dataset(imbalanced_csv(120, 1), "kind");
  FitOptions all = whole_table(), some = whole_table();
  all.class_weight = {.by_class = {{"rare", 3}, {"usual", 1}}};
  some.class_weight = {.by_class = {{"rare", 3}}};
  const std::string digest = fit(data, some).report.weights_digest;
  EXPECT_EQ(digest, fit(data, all).report.weights_digest);
  EXPECT_NE(digest, fit(data, whole_table()).report.weights_digest);
}

TEST(ClassWeights, that_make_no_sense_are_refused) {
  const Dataset data = dataset(imbalanced_csv(120, 1), "kind");
  const auto expect = [&](const Dataset& on, const ClassWeights& weights, const std::string& got) {
    FitOptions options = whole_table();
    options.class_weight = weights;
    const Error fault = error_of([&] { (void)fit(on, options); });
    EXPECT_EQ(fault.code, ErrorCode::usage) << got;
    EXPECT_EQ(fault.place, "--class-weight");
    EXPECT_NE(fault.got.find(got), std::string::npos) << fault.message();
    EXPECT_FALSE(fault.needed.empty());
    EXPECT_FALSE(fault.fix.empty());
  };
  expect(data, {.by_class = {{"rara", 2}, {"usual", 1}}}, "the class \"rara\"");
  expect(data, {.by_class = {{"rare", 2}, {"rare", 3}, {"usual", 1}}}, "the class \"rare\" twice");
  expect(data, {.by_class = {{"rare", -2}, {"usual", 1}}}, "-2 for the class \"rare\"");
  expect(data, {.by_class = {{"rare", std::nan("")}, {"usual", 1}}}, "for the class \"rare\"");
  expect(data, {.by_class = {{"rare", 0}, {"usual", 0}}}, "all 0");
  expect(data, {.balanced = true, .by_class = {{"rare", 1}}}, "balanced and weights by class");
  expect(dataset(linear_csv(60), "y"), {.balanced = true}, "for regression targets");
}

}  // namespace
}  // namespace deltarule::test
