// Laws of the metrics and their intervals, of the baselines, and of what the defaults lead to on real tables.
#include <gtest/gtest.h>

#include <cmath>

#include "app/measure.hpp"
#include "app/measure_loss.hpp"
#include "tables.hpp"

namespace deltarule::test {
namespace {

TEST(Measure, wilson_intervals_are_those_of_the_closed_formula) {
  // Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29 with the score method.
  struct Known {
    std::size_t hits, trials;
    double low, high;
  };
  int compared = 0;
  for (const Known& known : {Known{81, 263, 0.2553, 0.3662}, Known{15, 148, 0.0624, 0.1605}, Known{0, 20, 0.0, 0.1611},
                             Known{1, 29, 0.0061, 0.1718}}) {
    const app::Interval got = app::wilson(known.hits, known.trials);
    EXPECT_NEAR(got.low, known.low, 5e-5);
    EXPECT_NEAR(got.high, known.high, 5e-5);
    ++compared;
  }
  EXPECT_EQ(compared, 4);
  EXPECT_EQ(app::wilson(0, 0).low, 0.0);
  EXPECT_EQ(app::wilson(7, 7).high, 1.0);
}

TEST(Measure, a_regression_has_the_metrics_of_their_definitions) {
  FitOptions options;
  options.epochs = 5;
  options.test = 0.0;
  options.validation = 0.0;
  const Fitted fitted = fit(dataset(linear_csv(64), "y"), options);
  const Table table = parse_csv(linear_csv(64), "same.csv");
  const Predictions answers = fitted.model.predict(table);
  double squares = 0.0, absolute = 0.0, sum = 0.0, spread = 0.0;
  for (std::size_t r = 0; r < 64; ++r) {
    const double t = std::stod(*table.cell(r, "y"));
    squares += (t - answers.values[r]) * (t - answers.values[r]);
    absolute += std::fabs(t - answers.values[r]);
    sum += t;
  }
  for (std::size_t r = 0; r < 64; ++r) {
    const double off = std::stod(*table.cell(r, "y")) - sum / 64.0;
    spread += off * off;
  }
  const auto& metrics = fitted.report.metrics;
  ASSERT_EQ(metrics.size(), 4U);
  const double tolerance = 64 * 1.2e-7 * 10;  // answers are rounded to f32; values up to about 10
  EXPECT_NEAR(metric(metrics, "rmse")->value, std::sqrt(squares / 64.0), tolerance);
  EXPECT_NEAR(metric(metrics, "mae")->value, absolute / 64.0, tolerance);
  EXPECT_NEAR(metric(metrics, "r2")->value, 1.0 - squares / spread, tolerance);
}

TEST(Measure, a_quantile_has_no_fewer_than_its_share_at_or_below) {
  const std::vector<double> values = {5, 1, 4, 2, 3};
  for (const auto& [tau, expected] : std::vector<std::pair<double, double>>{
           {0.001, 1}, {0.2, 1}, {0.21, 2}, {0.5, 3}, {0.6, 3}, {0.8, 4}, {0.81, 5}, {0.999, 5}})
    EXPECT_EQ(app::quantile(values, tau), expected) << tau;
}

/// Two targets, the second ten times the first plus one.
std::string counts_csv(int rows) {
  std::string text = "x,few,many\n";
  for (int i = 0; i < rows; ++i) {
    const int count = i * 7 % 5 + (i % 3 == 0 ? 1 : 0);
    text += std::to_string(i % 5) + "," + std::to_string(count) + "," + std::to_string(10 * count + 1) + "\n";
  }
  return text;
}

/// The deviance of targets from predictions, both of one column, as McCullagh & Nelder print it.
double deviance(const std::vector<double>& t, const std::vector<double>& a, bool counts) {
  double sum = 0;
  for (std::size_t r = 0; r < t.size(); ++r) {
    if (counts)
      sum += 2 * ((t[r] > 0 ? t[r] * std::log(t[r] / a[r]) : 0.0) - (t[r] - a[r]));
    else
      sum += 2 * ((t[r] - a[r]) / a[r] - std::log(t[r] / a[r]));
  }
  return sum;
}

/// A comparison of one column.
app::Comparison one_column(const std::vector<double>& t, const std::vector<double>& a,
                           std::vector<double> weights = {}) {
  return {network::MetricTask::regression, t.size(), 1, a, t, std::move(weights)};
}

double by_loss(const char* name, const char* loss, const app::Comparison& compared) {
  return app::value_by_loss(name, compared, *derivation::find_loss(loss));
}

// Small samples worked out by hand: mean_pinball_loss, mean_poisson_deviance, mean_gamma_deviance, d2_pinball_score and
// d2_tweedie_score of scikit-learn are these.
TEST(Measure, metrics_of_a_loss_are_those_of_small_samples) {
  EXPECT_NEAR(by_loss("pinball", "pinball(0.1)", one_column({1, 2, 3}, {0, 2, 3})), 0.1 / 3, 1e-15);
  EXPECT_NEAR(by_loss("pinball", "pinball(0.1)", one_column({1, 2, 3}, {1, 2, 4})), 0.9 / 3, 1e-15);
  EXPECT_NEAR(by_loss("pinball", "pinball(0.9)", one_column({1, 2, 3}, {0, 2, 3})), 0.9 / 3, 1e-15);
  EXPECT_NEAR(by_loss("d2", "pinball(0.5)", one_column({1, 2, 3}, {1, 3, 3})), 0.5, 1e-15);
  EXPECT_NEAR(by_loss("d2", "pinball(0.5)", one_column({1, 2, 3}, {2, 2, 2})), 0.0, 1e-15);
  EXPECT_NEAR(by_loss("d2", "pinball(0.5)", one_column({1, 2, 3}, {1, 2, 3})), 1.0, 1e-15);
  // 2/4 Σ (t ln(t/a) − t + a): t ln(t/a) is 2 ln 4, 0, −ln 2 and 4 ln 2; a − t is −1.5, 0.5, 1, −2.
  const double ln2 = std::log(2.0);
  EXPECT_NEAR(by_loss("poisson_deviance", "poisson_deviance", one_column({2, 0, 1, 4}, {0.5, 0.5, 2, 2})),
              0.5 * (4 * ln2 - ln2 + 4 * ln2 - 2), 1e-14);
  // 2/4 Σ (ln(a/t) + t/a − 1): ln(a/t) is −2 ln 2, 0, ln 2 and −ln 2; t/a − 1 is 3, 0, −0.5 and 1.
  EXPECT_NEAR(by_loss("gamma_deviance", "gamma_deviance", one_column({2, 0.5, 1, 4}, {0.5, 0.5, 2, 2})),
              0.5 * (-2 * ln2 + 3.5), 1e-14);
  // Against the mean, 1.75: the same sums with a = 1.75.
  const double poisson = 2 * std::log(2 / 1.75) + std::log(1 / 1.75) + 4 * std::log(4 / 1.75);
  EXPECT_NEAR(by_loss("d2", "poisson_deviance", one_column({2, 0, 1, 4}, {0.5, 0.5, 2, 2})),
              1 - (7 * ln2 - 2) / poisson, 1e-12);
  const double mean = 7.5 / 4;
  double gamma = 0;
  for (const double t : {2.0, 0.5, 1.0, 4.0}) gamma += std::log(mean / t);
  EXPECT_NEAR(by_loss("d2", "gamma_deviance", one_column({2, 0.5, 1, 4}, {0.5, 0.5, 2, 2})),
              1 - (-2 * ln2 + 3.5) / gamma, 1e-12);
}

TEST(Measure, a_weight_in_a_metric_of_a_loss_is_as_many_rows) {
  const std::vector<double> t = {2, 0.5, 1, 4, 3}, a = {0.5, 0.7, 2, 2, 3.5}, w = {1, 3, 2, 1, 4};
  std::vector<double> more_t, more_a;
  for (std::size_t r = 0; r < t.size(); ++r)
    for (int k = 0; k < static_cast<int>(w[r]); ++k) more_t.push_back(t[r]), more_a.push_back(a[r]);
  struct Known {
    const char *name, *loss;
    double weighted;  // by scikit-learn 1.9, sample_weight=w
  };
  std::size_t compared = 0;
  for (const Known& known :
       {Known{"pinball", "pinball(0.3)", 0.38818181818181813}, Known{"d2", "pinball(0.3)", 0.08172043010752716},
        Known{"deviance", "poisson_deviance", 0.5280666491819549}, Known{"d2", "poisson_deviance", 0.37764134837689867},
        Known{"gamma_deviance", "gamma_deviance", 0.45532742182569047},
        Known{"d2", "gamma_deviance", 0.15886429755979914}}) {
    const double weighted = by_loss(known.name, known.loss, one_column(t, a, w));
    EXPECT_NEAR(weighted, known.weighted, 1e-12) << known.name << " of " << known.loss;
    EXPECT_NEAR(weighted, by_loss(known.name, known.loss, one_column(more_t, more_a)), 1e-12) << known.name;
    EXPECT_GT(std::fabs(weighted - by_loss(known.name, known.loss, one_column(t, a))), 1e-3) << "weights count";
    ++compared;
  }
  EXPECT_EQ(compared, 6U);
}

TEST(Measure, a_metric_of_a_loss_is_undefined_where_the_loss_is) {
  EXPECT_TRUE(std::isnan(by_loss("deviance", "poisson_deviance", one_column({-1, 2}, {1, 1}))));
  EXPECT_TRUE(std::isnan(by_loss("deviance", "gamma_deviance", one_column({0, 2}, {1, 1}))));
  EXPECT_TRUE(std::isnan(by_loss("d2", "pinball(0.5)", one_column({0, 2}, {1, std::nan("")}))));
  EXPECT_TRUE(std::isnan(by_loss("pinball", "pinball(0.5)", one_column({}, {}))));
  EXPECT_TRUE(std::isnan(by_loss("pinball", "half_squared_error", one_column({1}, {1}))));
  EXPECT_FALSE(std::isnan(by_loss("deviance", "poisson_deviance", one_column({0, 2}, {1, 1}))));
}

TEST(Measure, deviances_have_the_metrics_of_their_definitions) {
  const std::string csv = counts_csv(80);
  for (const bool counts : {true, false}) {
    FitOptions options;
    options.epochs = 5;
    options.test = options.validation = 0.0;
    options.loss = counts ? "poisson" : "gamma";
    DatasetOptions roles{.target = counts ? Names{"few", "many"} : Names{"many"}, .task = Task::regression};
    if (!counts) roles.ignore = "few";
    const Fitted fitted = fit(Dataset(parse_csv(csv, "t.csv"), roles), options);
    const Table table = parse_csv(csv, "t.csv");
    const Predictions answers = fitted.model.predict(table);
    double total = 0, share = 0;
    const std::size_t targets = roles.target.size();
    for (std::size_t j = 0; j < targets; ++j) {
      std::vector<double> t, a;
      double sum = 0;
      for (std::size_t r = 0; r < 80; ++r) {
        t.push_back(std::stod(*table.cell(r, roles.target[j])));
        a.push_back(answers.values[r * targets + j]);
        sum += t.back();
      }
      const double own = deviance(t, a, counts);
      total += own;
      share += 1 - own / deviance(t, std::vector<double>(80, sum / 80), counts);
    }
    const auto& metrics = fitted.report.metrics;
    ASSERT_EQ(metrics.size(), 6U);
    const double scale = 80.0 * static_cast<double>(targets);
    EXPECT_NEAR(metric(metrics, "deviance")->value, total / scale, 1e-5 * (1 + total / scale));
    EXPECT_NEAR(metric(metrics, "d2")->value, share / static_cast<double>(targets), 1e-5);
    EXPECT_LE(metric(metrics, "d2")->low, metric(metrics, "d2")->value);
    // The trivial model is the mean of the rows measured: it explains nothing, and no better constant exists.
    EXPECT_NEAR(metric(fitted.report.baselines[0].metrics, "d2")->value, 0.0, 1e-9);
  }
}

TEST(Measure, a_quantile_loss_has_the_metrics_of_its_definition) {
  FitOptions options;
  options.epochs = 5;
  options.test = options.validation = 0.0;
  options.loss = "pinball(0.8)";
  const Fitted fitted = fit(dataset(linear_csv(64), "y"), options);
  const Table table = parse_csv(linear_csv(64), "same.csv");
  const Predictions answers = fitted.model.predict(table);
  double loss = 0, covered = 0;
  for (std::size_t r = 0; r < 64; ++r) {
    const double d = std::stod(*table.cell(r, "y")) - answers.values[r];
    loss += std::max(0.8 * d, -0.2 * d);
    covered += d <= 0 ? 1 : 0;
  }
  const auto& metrics = fitted.report.metrics;
  ASSERT_EQ(metrics.size(), 7U);
  EXPECT_NEAR(metric(metrics, "pinball")->value, loss / 64, 1e-4);
  EXPECT_NEAR(metric(metrics, "coverage")->value, covered / 64, 1e-12);
  const auto& trivial = fitted.report.baselines[0].metrics;
  EXPECT_NEAR(metric(trivial, "d2")->value, 0.0, 1e-12);
  EXPECT_NEAR(metric(metrics, "d2")->value, 1 - loss / 64 / metric(trivial, "pinball")->value, 1e-4);
}

TEST(Measure, the_interval_of_a_median_lies_between_the_orders_of_the_binomial) {
  // n = 100: the 40th and the 61st of the ordered values, as in every table of such intervals.
  EXPECT_EQ(app::median_interval(100).first, 39U);
  EXPECT_EQ(app::median_interval(100).last, 60U);
  for (const std::size_t few : {1U, 2U, 5U}) {
    EXPECT_EQ(app::median_interval(few).first, 0U);
    EXPECT_EQ(app::median_interval(few).last, few - 1);
  }
}

TEST(Measure, every_interval_holds_its_value_and_metrics_come_in_the_order_of_the_registry) {
  FitOptions options;
  options.epochs = 3;
  options.baselines = false;
  std::size_t compared = 0;
  for (const char* target : {"kind", "colour"}) {
    const FitReport report = fit(dataset(mixed_csv(200), target), options).report;
    std::vector<std::string> names;
    for (const Metric& one : report.metrics) {
      names.push_back(one.name);
      EXPECT_LE(one.low, one.value) << one.name;
      EXPECT_GE(one.high, one.value) << one.name;
      EXPECT_LT(one.low, one.high) << one.name;
      ++compared;
    }
    const auto task = target == std::string("kind") ? network::MetricTask::binary : network::MetricTask::multiclass;
    EXPECT_EQ(names, network::metric_names(task));
  }
  EXPECT_EQ(compared, 5U + 4U);
}

TEST(Measure, what_is_undefined_on_the_rows_is_no_number_and_a_notice_says_why) {
  FitOptions options;
  options.epochs = 3;
  const Model classes = fit(dataset(mixed_csv(120), "kind"), options).model;
  const Evaluation one_class = classes.evaluate(parse_csv("id_free,width,colour,kind\n1,1,red,no\n2,1,red,no\n", "a"));
  EXPECT_TRUE(std::isnan(metric(one_class.metrics, "auc")->value));
  EXPECT_TRUE(std::isnan(metric(one_class.metrics, "auc")->low));
  EXPECT_FALSE(std::isnan(metric(one_class.metrics, "accuracy")->value));
  ASSERT_FALSE(one_class.notices.empty());
  EXPECT_EQ(one_class.notices.back(), "auc is undefined on these rows: it needs rows of both classes");

  const Model numbers = fit(dataset(linear_csv(120), "y"), options).model;
  const Evaluation flat = numbers.evaluate(parse_csv("x1,x2,y\n1,1,0.5\n2,0,0.5\n", "b"));
  EXPECT_TRUE(std::isnan(metric(flat.metrics, "r2")->value));
  ASSERT_FALSE(flat.notices.empty());
  EXPECT_EQ(flat.notices.back(), "r2 is undefined on these rows: it needs targets that vary");
  const Evaluation single = numbers.evaluate(parse_csv("x1,x2,y\n1,1,0.5\n", "c"));
  EXPECT_EQ(metric(single.metrics, "mae")->low, metric(single.metrics, "mae")->high);
}

TEST(Measure, a_model_whose_metrics_are_undefined_can_be_saved) {
  // One row is the test: its r2 does not exist.
  FitOptions options;
  options.epochs = 2;
  options.test = 0.02;
  const Fitted fitted = fit(dataset(linear_csv(50), "y"), options);
  ASSERT_EQ(fitted.report.measured_rows, 1U);
  EXPECT_TRUE(std::isnan(metric(fitted.report.metrics, "r2")->value));
  EXPECT_EQ(fitted.report.verdict, "");
  const Result<Model> read = Model::parse(fitted.model.to_bytes());
  ASSERT_TRUE(read.ok());
  EXPECT_NE(read->describe().find("r2 undefined"), std::string::npos) << read->describe();
  EXPECT_NE(read->describe().find("rmse"), std::string::npos);
}

TEST(Measure, long_tables_are_measured_in_groups) {
  FitOptions options;
  options.epochs = 1;
  options.test = 0.9;
  options.validation = 0.0;
  const Fitted fitted = fit(dataset(linear_csv(6000), "y"), options);
  EXPECT_EQ(fitted.report.measured_rows, 5400U);
  for (const Metric& one : fitted.report.metrics) {
    EXPECT_LT(one.low, one.value);
    EXPECT_GT(one.high, one.value);
  }
}

TEST(Baselines, both_are_there_and_the_verdict_is_plain) {
  const FitReport curved = fit(dataset(linear_csv(200), "y")).report;
  ASSERT_EQ(curved.baselines.size(), 2U);
  EXPECT_EQ(curved.baselines[0].name, "trivial");
  EXPECT_EQ(curved.baselines[1].name, "linear");
  EXPECT_LT(metric(curved.baselines[0].metrics, "r2")->value, 0.1);
  EXPECT_GT(metric(curved.baselines[1].metrics, "r2")->value, 0.99);
  // A tie or worse, by the interval: either way the linear model is the better choice here.
  const bool worse = metric(curved.metrics, "r2")->high < metric(curved.baselines[1].metrics, "r2")->low;
  const char* const advice = worse ? "worse than the linear model" : "prefer --hidden none";
  EXPECT_NE(curved.verdict.find(advice), std::string::npos) << curved.verdict;
  EXPECT_NE(curved.verdict.find("--hidden none"), std::string::npos) << curved.verdict;

  FitOptions linear;
  linear.hidden = Hidden::none();
  const FitReport alone = fit(dataset(linear_csv(200), "y"), linear).report;
  EXPECT_EQ(alone.baselines.size(), 1U);
  // The linear baseline is exactly what --hidden none gives on the same split.
  EXPECT_EQ(metric(alone.metrics, "r2")->value, metric(curved.baselines[1].metrics, "r2")->value);
  EXPECT_NE(alone.verdict.find("beats the trivial"), std::string::npos) << alone.verdict;
}

TEST(Baselines, a_stop_leaves_the_linear_model_out_and_keeps_the_network) {
  FitOptions options;
  options.epochs = 3;
  FitEvents events;
  std::size_t asked = 0;
  events.stop_baselines = [&] { return ++asked == 2; };
  const FitReport report = fit(dataset(linear_csv(200), "y"), options, events).report;
  EXPECT_EQ(asked, 2U);
  ASSERT_EQ(report.baselines.size(), 1U);
  EXPECT_EQ(report.baselines[0].name, "trivial");
  ASSERT_EQ(report.notices.size(), 1U);
  EXPECT_NE(report.notices[0].find("linear model"), std::string::npos) << report.notices[0];
}

TEST(Baselines, few_rows_and_training_rows_earn_no_advice) {
  FitOptions few;
  few.epochs = 2;
  few.test = 0.1;
  const FitReport small = fit(dataset(linear_csv(60), "y"), few).report;
  EXPECT_LT(small.measured_rows, 30U);
  EXPECT_NE(small.verdict.find("Too few rows"), std::string::npos) << small.verdict;
  few.test = 0.0;
  few.validation = 0.0;
  const FitReport training = fit(dataset(linear_csv(60), "y"), few).report;
  EXPECT_NE(training.verdict.find("trained on"), std::string::npos) << training.verdict;
  EXPECT_EQ(training.verdict.find("features"), std::string::npos) << training.verdict;
}

TEST(Baselines, a_network_that_beats_both_is_told_so) {
  base::Random random(8, base::Stream::generate);
  std::string csv = "x,y\n";
  for (int i = 0; i < 300; ++i) {
    const double x = random.uniform(-3.0, 3.0);
    csv += std::to_string(x) + "," + std::to_string(x * x) + "\n";
  }
  const FitReport report = fit(dataset(csv, "y")).report;
  EXPECT_NE(report.verdict.find("beats the trivial and the linear model"), std::string::npos) << report.verdict;
}

TEST(Defaults, penguins_are_told_apart) {
  const Dataset data(read_csv(std::string(DELTARULE_SOURCE_DIR) + "/examples/penguins.csv"), {.target = "species"});
  double sum = 0.0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const FitReport report = fit(data, {.seed = seed, .baselines = false}).report;
    EXPECT_EQ(report.measured_on, "test");
    sum += metric(report.metrics, "accuracy")->value;
    if (seed == 0) {
      EXPECT_GE(metric(report.metrics, "accuracy")->value, 0.97);
    }
  }
  EXPECT_GE(sum / 5.0, 0.97);
}

TEST(Errors, tables_that_cannot_be_learnt_from_are_refused) {
  const auto code = [](const std::string& csv) { return error_of([&] { (void)fit(dataset(csv, "y")); }); };
  EXPECT_EQ(code("x,y\n1,2\n").code, ErrorCode::data);                          // one row
  EXPECT_EQ(code("x,y\n1,a\n2,a\n3,a\n").code, ErrorCode::data);                // one class
  EXPECT_EQ(code("x,y\n1,1.5\n1,2.5\n1,3.25\n1,4.5\n").code, ErrorCode::data);  // no feature that varies
  EXPECT_EQ(code("x,y\n").code, ErrorCode::data);                               // header only
  EXPECT_EQ(code("").code, ErrorCode::data);
  const Error column = error_of([] { (void)dataset("size,y\n1,2\n2,3\n", "yy"); });
  EXPECT_NE(column.message().find("\"y\""), std::string::npos) << column.message();
  EXPECT_EQ(error_of([] { (void)read_csv("no/such/file.csv"); }).code, ErrorCode::io);
}

TEST(Errors, a_constant_column_is_dropped_with_a_notice) {
  std::string csv = "flat,x,y\n";
  for (int i = 0; i < 60; ++i)
    csv += "5," + std::to_string(i * 37 % 60) + "," + std::to_string(0.5 * (i * 37 % 60)) + "\n";
  FitOptions options;
  options.epochs = 2;
  const Fitted fitted = fit(dataset(csv, "y"), options);
  EXPECT_EQ(fitted.model.features(), std::vector<std::string>{"x"});
  bool told = false;
  for (const std::string& notice : fitted.report.plan.notices) told = told || notice.find("flat") != std::string::npos;
  EXPECT_TRUE(told);
}

TEST(Tasks, names_are_understood_and_misspellings_answered) {
  EXPECT_EQ(*task_named("multiclass"), Task::multiclass);
  EXPECT_EQ(name_of(Task::automatic), "auto");
  const Result<Task> wrong = task_named("regresion");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message().find("regression"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::test
