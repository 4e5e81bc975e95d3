// Laws of stopping early: by any metric, on rows of the table or of another one, by steps and by time.
#include <gtest/gtest.h>

#include <cmath>

#include "tables.hpp"

namespace deltarule::test {
namespace {

FitOptions short_run() {
  FitOptions options;
  options.epochs = 25;
  options.test = 0.0;
  options.validation = 0.3;
  options.refit = false;
  options.baselines = false;
  return options;
}

Dataset data_for(Task task) {
  std::string csv = "x1,x2,p,q\n";
  base::Random random(6, base::Stream::generate);
  for (int i = 0; i < 120; ++i) {
    const double a = random.normal(), b = random.normal(), noise = 0.7 * random.normal();
    csv += std::to_string(a) + "," + std::to_string(b) + (a + noise > 0 ? ",1" : ",0") + (b > noise ? ",1\n" : ",0\n");
  }
  if (task == Task::multilabel) return Dataset(parse_csv(csv, "labels.csv"), {.target = {"p", "q"}, .task = task});
  if (task == Task::regression) return dataset(linear_csv(120, 1.0), "y");
  return dataset(mixed_csv(120), task == Task::binary ? "kind" : "colour");
}

TEST(StopOn, for_every_metric_the_weights_kept_are_worth_the_best_score_of_all_epochs) {
  std::size_t compared = 0;
  for (const Task task : {Task::binary, Task::multiclass, Task::multilabel, Task::regression}) {
    const Dataset data = data_for(task);
    for (const std::string& name : metric_names(task)) {
      FitOptions options = short_run();
      options.stop_on = name;
      const FitReport report = fit(data, options).report;
      ASSERT_EQ(report.measured_on, "validation");
      const auto& history = report.training.history;
      std::size_t best = 0;
      const double last = history.back().best_validation_score;
      while (history[best].validation_score != last) ++best;
      EXPECT_EQ(report.training.best_epoch, best + 1) << name << ": the first of equals";
      EXPECT_NEAR(metric(report.metrics, name)->value, last, 1e-12 * std::fabs(last)) << name;
      const bool lower = name == "log_loss" || name == "rmse" || name == "mae" || name == "median_absolute_error";
      for (const EpochReport& epoch : history)
        EXPECT_TRUE(lower ? epoch.validation_score >= last : epoch.validation_score <= last) << name;
      EXPECT_EQ(report.plan.stop_on, name);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 5U + 4U + 3U + 4U);
}

/// Counts, or amounts, that follow from two numbers.
Dataset amounts(bool counts) {
  std::string csv = "x1,x2,w,y\n";
  base::Random random(8, base::Stream::generate);
  for (int i = 0; i < 150; ++i) {
    const double a = random.normal(), b = random.normal();
    const double y = std::exp(0.6 * a - 0.4 * b + 0.5 * random.normal());
    csv += std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(1 + i % 3) + "," +
           (counts ? std::to_string(static_cast<int>(2 * y)) : std::to_string(y + 0.01)) + "\n";
  }
  return Dataset(parse_csv(csv, "amounts.csv"), {.target = {"y"}, .task = Task::regression, .weight = "w"});
}

TEST(StopOn, a_metric_of_the_loss_is_what_evaluate_prints_of_it) {
  struct Work {
    std::string loss, metric, shown;
    bool counts = false;
  };
  const std::vector<Work> works = {{"pinball(0.8)", "pinball", "pinball"},
                                   {"pinball(0.8)", "d2", "d2"},
                                   {"poisson_deviance", "poisson-deviance", "deviance", true},
                                   {"poisson_deviance", "deviance", "deviance", true},
                                   {"poisson_deviance", "d2", "d2", true},
                                   {"gamma_deviance", "gamma_deviance", "deviance"},
                                   {"gamma_deviance", "d2", "d2"}};
  std::size_t epochs = 0;
  for (const Work& work : works) {
    FitOptions options = short_run();
    options.loss = work.loss;
    options.stop_on = work.metric;
    options.learning_rate = 0.05;  // so that later epochs are worse
    const FitReport report = fit(amounts(work.counts), options).report;
    ASSERT_EQ(report.measured_on, "validation");
    const double best = report.training.history.back().best_validation_score;
    EXPECT_NEAR(metric(report.metrics, work.shown)->value, best, 1e-12 * std::fabs(best)) << work.metric;
    for (const EpochReport& epoch : report.training.history) {
      EXPECT_TRUE(work.shown == "d2" ? epoch.validation_score <= best : epoch.validation_score >= best) << work.metric;
      ++epochs;
    }
  }
  EXPECT_EQ(epochs, works.size() * 25);
}

TEST(StopOn, a_metric_of_a_loss_is_refused_for_predictions_by_another_with_the_reason) {
  std::size_t refused = 0;
  const auto refuse = [&](const std::string& loss, const std::string& name, const std::string& words) {
    FitOptions options = short_run();
    options.loss = loss;
    options.stop_on = name;
    const Error error = error_of([&] { (void)fit(amounts(false), options); });
    EXPECT_EQ(error.code, ErrorCode::usage) << name;
    EXPECT_EQ(error.place, "--stop-on") << error.message();
    EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
    ++refused;
  };
  refuse("half_squared_error", "pinball", "pinball(0.9)");
  refuse("half_squared_error", "d2", "r2 is the same for squared errors");
  refuse("half_squared_error", "deviance",
         "needed the loss that it is about: \"poisson_deviance\" and \"gamma_deviance\"");
  refuse("gamma_deviance", "poisson_deviance", "by the loss gamma_deviance");
  refuse("pinball(0.5)", "gamma-deviance", "by the loss pinball");
  refuse("huber(1)", "d3", "poisson_deviance");
  EXPECT_EQ(refused, 6U);
  FitOptions options = short_run();
  options.stop_on = "d2";
  const Error classes = error_of([&] { (void)fit(data_for(Task::binary), options); });
  EXPECT_NE(classes.message().find("which is for other tasks"), std::string::npos) << classes.message();
}

TEST(StopOn, the_loss_by_name_is_the_default) {
  const Dataset data = data_for(Task::binary);
  FitOptions options = short_run();
  const std::string digest = fit(data, options).report.weights_digest;
  options.stop_on = "loss";
  EXPECT_EQ(fit(data, options).report.weights_digest, digest);
  options.stop_on = "accuracy";
  options.epochs = 200;
  const FitReport by_accuracy = fit(data, options).report;
  options.stop_on.reset();
  EXPECT_NE(by_accuracy.training.best_epoch, fit(data, options).report.training.best_epoch);
}

TEST(StopOn, a_large_improvement_to_ask_for_keeps_the_first_epoch) {
  FitOptions options = short_run();
  options.min_improvement = 100.0;
  const FitReport report = fit(data_for(Task::binary), options).report;
  EXPECT_EQ(report.training.best_epoch, 1U);
  options.min_improvement = 0.0;
  EXPECT_GT(fit(data_for(Task::binary), options).report.training.best_epoch, 1U);
}

TEST(ValidationTable, its_rows_are_not_trained_on_and_decide_when_to_stop) {
  FitOptions options = short_run();
  options.validation.reset();
  options.epochs = 60;
  options.validation_table = parse_csv(linear_csv(40, 0.5), "other.csv");
  const Dataset data = dataset(linear_csv(100), "y");
  const FitReport report = fit(data, options).report;
  EXPECT_EQ(report.plan.training_rows, 100U);
  EXPECT_EQ(report.plan.validation_rows, 40U);
  EXPECT_EQ(report.plan.validation_source, "other.csv");
  EXPECT_EQ(report.rows_seen, 100U);
  EXPECT_EQ(report.measured_on, "validation");
  EXPECT_EQ(report.measured_rows, 40U);
  EXPECT_FALSE(report.refitted);
  // Whatever is in it reaches the weights through the length alone.
  FitOptions as_long = options;
  as_long.validation_table.reset();
  as_long.validation = 0.0;
  as_long.epochs = report.training.best_epoch;
  EXPECT_EQ(fit(data, as_long).report.weights_digest, report.weights_digest);
}

TEST(ValidationTable, the_model_measured_on_it_has_the_metrics_of_the_report) {
  FitOptions options = short_run();
  options.validation.reset();
  options.baselines = true;
  options.validation_table = parse_csv(mixed_csv(50, 8), "other.csv");
  const Fitted fitted = fit(dataset(mixed_csv(100), "kind"), options);
  const Evaluation again = fitted.model.evaluate(*options.validation_table);
  ASSERT_EQ(again.metrics.size(), 5U);
  for (std::size_t i = 0; i < again.metrics.size(); ++i)
    EXPECT_EQ(again.metrics[i].value, fitted.report.metrics[i].value) << again.metrics[i].name;
  EXPECT_EQ(fitted.report.baselines.size(), 2U);
}

TEST(ValidationTable, what_does_not_fit_is_refused_with_its_file) {
  const Dataset data = dataset(mixed_csv(100), "kind");
  const auto refused = [&](const std::string& csv) {
    FitOptions options = short_run();
    options.validation.reset();
    options.validation_table = parse_csv(csv, "other.csv");
    return error_of([&] { (void)fit(data, options); });
  };
  for (const char* csv : {"id_free,width,colour,kind\n1,2,red,perhaps\n", "id_free,width,kind\n1,2,yes\n",
                          "id_free,width,colour,kind\n1,2,red,\n", "id_free,width,colour\n1,2,red\n"}) {
    const Error error = refused(csv);
    EXPECT_EQ(error.code, ErrorCode::data) << csv;
    EXPECT_NE(error.place.find("other.csv"), std::string::npos) << csv << error.message();
  }
}

TEST(TimeLimit, a_run_that_time_ended_is_repeated_to_the_byte_by_its_steps) {
  const Dataset data = dataset(mixed_csv(120), "kind");
  std::size_t compared = 0;
  for (const double seconds : {1e-9, 0.03}) {
    for (const std::size_t batch : {1U, 8U}) {
      FitOptions options = short_run();
      options.epochs = 100000;
      options.patience = 100000;
      options.batch_size = batch;
      options.time_limit = seconds;
      const Fitted timed = fit(data, options);
      EXPECT_EQ(timed.report.stop, FitStop::time_limit);
      ASSERT_GT(timed.report.training.steps, 0U);
      if (seconds < 1e-3) {
        EXPECT_EQ(timed.report.training.epochs, 1U);
      }
      options.time_limit.reset();
      options.steps = timed.report.training.steps;
      const Fitted again = fit(data, options);
      EXPECT_EQ(again.report.stop, FitStop::steps);
      EXPECT_EQ(again.model.to_bytes(), timed.model.to_bytes());
      EXPECT_EQ(again.report.training.best_epoch, timed.report.training.best_epoch);
      options.steps = timed.report.training.steps + 1;
      EXPECT_NE(fit(data, options).model.to_bytes(), timed.model.to_bytes());
      ++compared;
    }
  }
  EXPECT_EQ(compared, 4U);
}

TEST(TimeLimit, a_limit_that_is_not_reached_changes_nothing) {
  const Dataset data = dataset(mixed_csv(120), "kind");
  FitOptions options = short_run();
  const auto bytes = fit(data, options).model.to_bytes();
  options.time_limit = 3600.0;
  EXPECT_EQ(fit(data, options).model.to_bytes(), bytes);
}

TEST(StopOn, each_option_that_makes_no_sense_is_refused_by_name) {
  const Dataset data = dataset(linear_csv(100), "y");
  std::vector<std::pair<std::string, FitOptions>> wrong(12);
  wrong[0] = {"--stop-on", {.stop_on = "r3"}};
  wrong[1] = {"other tasks", {.stop_on = "accuracy"}};
  wrong[2] = {"without validation rows", {.stop_on = "r2", .validation = 0.0}};
  wrong[3] = {"--patience 0", {.patience = 0, .stop_on = "r2", .validation = 0.2}};
  wrong[4] = {"--min-improvement", {.min_improvement = -1.0}};
  wrong[5] = {"without early stopping", {.min_improvement = 0.1, .validation = 0.0}};
  wrong[6] = {"--steps", {.steps = 0}};
  wrong[7] = {"--time-limit", {.time_limit = 0.0}};
  wrong[8] = {"--time-limit", {.time_limit = std::nan("")}};
  wrong[9] = {"--validation", {.validation = 0.2, .validation_table = data.table()}};
  wrong[10] = {"--refit", {.validation_table = data.table(), .refit = true}};
  wrong[11] = {"\"loss\"", {.stop_on = "los"}};
  for (const auto& [named, options] : wrong) {
    const Error error = error_of([&] { (void)fit(data, options); });
    EXPECT_EQ(error.code, ErrorCode::usage) << named;
    EXPECT_NE(error.message().find(named), std::string::npos) << named << ": " << error.message();
  }
}

TEST(Metrics, their_names_follow_the_task) {
  EXPECT_EQ(metric_names(Task::regression), (std::vector<std::string>{"rmse", "mae", "median_absolute_error", "r2"}));
  EXPECT_EQ(metric_names(Task::binary).back(), "auc");
  EXPECT_TRUE(metric_names(Task::automatic).empty());
}

}  // namespace
}  // namespace deltarule::test
