// Laws of fit(): what decides the bits of a model, and what does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tables.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::test {
namespace {

FitOptions quick() {
  FitOptions options;
  options.epochs = 12;
  options.baselines = false;
  return options;
}

TEST(Fit, equal_seeds_give_equal_files_and_other_seeds_do_not) {
  const Dataset data = dataset(mixed_csv(120), "kind");
  FitOptions options = quick();
  const auto first = fit(data, options).model.to_bytes();
  EXPECT_EQ(first, fit(data, options).model.to_bytes());
  options.seed = 1;
  EXPECT_NE(first, fit(data, options).model.to_bytes());
}

TEST(Fit, any_number_of_threads_gives_the_same_file) {
  const Dataset data = dataset(mixed_csv(400), "kind");
  int compared = 0;
  for (const std::size_t batch : {1U, 32U, 0U}) {
    FitOptions options = quick();
    options.batch_size = batch;
    options.epochs = 4;
    options.hidden = {64};
    const auto alone = fit(data, options).model.to_bytes();
    for (const std::size_t threads : {2U, 3U, 4U, 7U}) {
      options.threads = threads;
      EXPECT_EQ(alone, fit(data, options).model.to_bytes()) << threads << " threads, batch " << batch;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 12);
}

TEST(Fit, any_number_of_threads_gives_the_same_file_for_every_loss_of_numbers) {
  std::string csv = "x,y\n";
  for (int i = 0; i < 300; ++i) csv += std::to_string(i % 17) + "," + std::to_string(1 + i * 7 % 23) + "\n";
  const Dataset data(parse_csv(csv, "t.csv"), {.target = "y", .task = Task::regression});
  int compared = 0;
  for (const char* loss : {"pinball(0.9)", "poisson_deviance", "gamma_deviance"})
    for (const std::size_t batch : {1U, 32U}) {
      FitOptions options = quick();
      options.loss = loss;
      options.batch_size = batch;
      options.epochs = 3;
      const auto alone = fit(data, options).model.to_bytes();
      options.threads = 3;
      EXPECT_EQ(alone, fit(data, options).model.to_bytes()) << loss << ", batch " << batch;
      ++compared;
    }
  EXPECT_EQ(compared, 6);
}

TEST(Fit, counts_stay_counts_and_quantiles_are_standardised) {
  std::string csv = "x,y\n";
  for (int i = 0; i < 100; ++i) csv += std::to_string(i % 17) + "," + std::to_string(100 + i * 7 % 23) + "\n";
  const Dataset data(parse_csv(csv, "t.csv"), {.target = "y", .task = Task::regression});
  const Table one = parse_csv("x\n3\n", "one.csv");
  FitOptions options = quick();
  options.epochs = 1;
  for (const char* loss : {"poisson_deviance", "gamma_deviance", "pinball"}) {
    options.loss = loss;
    const Fitted fitted = fit(data, options);
    // Before much is learnt the prediction is of the size of the mean: by the first bias of a deviance, or by scaling.
    EXPECT_NEAR(fitted.model.predict(one).values[0], 111, 60) << loss;
    // Σ(t − a)² of a hundred rows at most in units of one deviation for the one, in counts for the others.
    EXPECT_EQ(fitted.report.training_tss > 500, options.loss != "pinball") << loss;
    const auto& notices = fitted.report.plan.notices;
    const bool says = std::any_of(notices.begin(), notices.end(), [](const std::string& notice) {
      return notice.find("logarithm of the mean target") != std::string::npos;
    });
    EXPECT_EQ(says, options.loss != "pinball");
    EXPECT_EQ(fitted.model.spec().layers.back().activation, options.loss == "pinball" ? "identity" : "exp");
  }
}

TEST(Fit, a_standardised_model_cannot_go_on_with_counts) {
  const Dataset data = dataset(linear_csv(60), "y");
  FitOptions options = quick();
  options.output_activation = "exp";
  const Fitted first = fit(data, options);
  FitOptions on = quick();
  on.continue_from = first.model;
  on.loss = "poisson_deviance";
  const Error error = error_of([&] { (void)fit(data, on); });
  EXPECT_EQ(error.code, ErrorCode::usage);
  EXPECT_EQ(error.place, "--loss");
  EXPECT_EQ(error.got, "poisson_deviance with a model whose targets are standardised");
}

TEST(Fit, the_values_of_test_rows_do_not_reach_the_weights) {
  // Training rows alone decide the weights: with the test rows' features changed wherever the digest stays the same,
  // there must be as many such rows as the test part has.
  const int rows = 60;
  FitOptions options = quick();
  options.epochs = 2;
  options.refit = true;
  const Dataset plain = dataset(linear_csv(rows), "y");
  const Fitted before = fit(plain, options);
  std::vector<std::string> lines;
  std::istringstream text(linear_csv(rows));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  std::size_t without_influence = 0;
  for (std::size_t changed = 1; changed < lines.size(); ++changed) {
    std::string other;
    for (std::size_t i = 0; i < lines.size(); ++i) other += (i == changed ? "7.5,-4.25,99.5" : lines[i]) + "\n";
    without_influence +=
        fit(dataset(other, "y"), options).report.weights_digest == before.report.weights_digest ? 1 : 0;
  }
  EXPECT_EQ(without_influence, before.report.plan.test_rows);
  EXPECT_EQ(before.report.plan.test_rows, 12U);
}

TEST(Fit, refit_trains_on_training_and_validation_rows_for_the_epochs_found) {
  const Dataset data = dataset(linear_csv(200), "y");
  FitOptions options;
  options.epochs = 60;
  options.baselines = false;
  std::size_t again = 0;
  FitEvents events;
  events.on_epoch = [&](const FitProgress& progress) {
    again += progress.phase == FitPhase::refit ? 1 : 0;
    return false;
  };
  const FitReport report = fit(data, options, events).report;
  EXPECT_TRUE(report.refitted);
  EXPECT_EQ(report.plan.training_rows + report.plan.validation_rows + report.plan.test_rows, 200U);
  EXPECT_EQ(report.rows_seen, report.plan.training_rows + report.plan.validation_rows);
  EXPECT_EQ(report.refit_epochs, report.training.best_epoch);
  EXPECT_EQ(again, report.refit_epochs);
  options.refit = false;
  const FitReport once = fit(data, options).report;
  EXPECT_FALSE(once.refitted);
  EXPECT_EQ(once.rows_seen, once.plan.training_rows);
  EXPECT_NE(once.weights_digest, report.weights_digest);
}

TEST(Fit, below_fifty_rows_nothing_is_held_out_unless_asked) {
  FitOptions options = quick();
  const FitReport small = fit(dataset(linear_csv(49), "y"), options).report;
  EXPECT_EQ(small.plan.training_rows, 49U);
  EXPECT_EQ(small.measured_on, "training");
  const FitReport enough = fit(dataset(linear_csv(50), "y"), options).report;
  EXPECT_EQ(enough.plan.test_rows, 10U);
  EXPECT_EQ(enough.measured_on, "test");
  options.test = 0.5;
  EXPECT_EQ(fit(dataset(linear_csv(20), "y"), options).report.plan.test_rows, 10U);
  std::ostringstream text;
  text << small;
  EXPECT_NE(text.str().find("nothing is held out"), std::string::npos);
}

TEST(Fit, an_interrupted_run_keeps_the_best_weights_and_measures_them) {
  FitEvents events;
  events.on_epoch = [](const FitProgress& progress) { return progress.epoch.epoch == 3; };
  const Fitted fitted = fit(dataset(mixed_csv(200), "kind"), {}, events);
  EXPECT_EQ(fitted.report.stop, FitStop::interrupted);
  EXPECT_EQ(fitted.report.training.epochs, 3U);
  EXPECT_FALSE(fitted.report.refitted);
  ASSERT_FALSE(fitted.report.metrics.empty());
  FitOptions as_long;
  as_long.epochs = fitted.report.training.best_epoch;
  as_long.refit = false;
  EXPECT_EQ(fit(dataset(mixed_csv(200), "kind"), as_long).report.weights_digest, fitted.report.weights_digest);
}

TEST(Fit, a_run_may_be_stopped_after_any_step) {
  FitEvents events;
  std::uint64_t last = 0;
  events.on_step = [&](FitPhase phase, const StepReport& report) {
    EXPECT_EQ(phase, FitPhase::training);
    return (last = report.step) == 5;
  };
  events.on_epoch = [](const FitProgress&) { return false; };
  const Fitted fitted = fit(dataset(mixed_csv(200), "kind"), {}, events);
  EXPECT_EQ(last, 5U);
  EXPECT_EQ(fitted.report.stop, FitStop::interrupted);
  EXPECT_EQ(fitted.report.training.steps, 5U);
  EXPECT_FALSE(fitted.report.refitted);
}

TEST(Fit, what_a_callback_throws_comes_out_again) {
  FitEvents events;
  int calls = 0;
  events.on_epoch = [&](const FitProgress&) -> bool {
    ++calls;
    throw std::runtime_error("mine");
  };
  EXPECT_THROW((void)fit(dataset(linear_csv(60), "y"), quick(), events), std::runtime_error);
  EXPECT_EQ(calls, 1);
}

TEST(Fit, watching_changes_no_bit) {
  const Dataset data = dataset(mixed_csv(100), "kind");
  FitEvents events;
  int plans = 0;
  int epochs = 0;
  events.on_plan = [&](const FitPlan&) { ++plans; };
  events.on_epoch = [&](const FitProgress&) { return ++epochs == 0; };
  EXPECT_EQ(fit(data, quick(), events).model.to_bytes(), fit(data, quick()).model.to_bytes());
  EXPECT_EQ(plans, 1);
  EXPECT_GT(epochs, 12);
}

TEST(Fit, divergence_is_an_error_with_its_place_and_never_a_model) {
  FitOptions options;
  options.optimizer = "delta-rule";
  options.learning_rate = 1e6;
  options.epochs = 200;
  options.hidden = {8};
  options.activation = "identity";
  const Error error = error_of([&] { (void)fit(dataset(linear_csv(100), "y"), options); });
  EXPECT_EQ(error.code, ErrorCode::diverged);
  EXPECT_NE(error.place.find("epoch "), std::string::npos);
  EXPECT_NE(error.place.find("batch "), std::string::npos);
  EXPECT_NE(error.place.find("layer "), std::string::npos) << error.place;
  EXPECT_NE(error.message().find("--learning-rate"), std::string::npos);
}

TEST(Fit, divergence_without_a_learning_rate_does_not_advise_one) {
  std::string csv = "x,y\n";
  for (int row = 0; row < 60; ++row) csv += std::to_string(row) + "e30," + std::to_string(row) + "\n";
  FitOptions options = quick();
  options.optimizer = "irprop+";
  options.scale = "none";
  const Error error = error_of([&] { (void)fit(dataset(csv, "y"), options); });
  EXPECT_EQ(error.code, ErrorCode::diverged) << error.message();
  EXPECT_EQ(error.message().find("--learning-rate"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("--scale standard"), std::string::npos) << error.message();
}

TEST(Fit, each_option_that_makes_no_sense_is_refused_by_name) {
  const Dataset data = dataset(linear_csv(100), "y");
  std::vector<std::pair<std::string, FitOptions>> wrong(21);
  wrong[0] = {"--test", {.test = 1.0}};
  wrong[1] = {"--validation", {.validation = -0.1}};
  wrong[2] = {"--epochs", {.epochs = 0}};
  wrong[3] = {"--momentum", {.optimizer = "adam", .momentum = 0.9}};
  wrong[4] = {"--patience", {.patience = 5, .validation = 0.0}};
  wrong[5] = {"--refit", {.validation = 0.0, .refit = true}};
  wrong[6] = {"--scale", {.scale = "big"}};
  wrong[7] = {"--precision", {.precision = "f16"}};
  wrong[8] = {"--hidden", {.hidden = {0}}};
  wrong[9] = {"--loss", {.loss = "cross-entropy"}};
  wrong[10] = {"adamm", {.optimizer = "adamm"}};
  wrong[11] = {"reluu", {.activation = "reluu"}};
  wrong[12] = {"--threads", {.threads = 0}};
  wrong[13] = {"--learning-rate", {.optimizer = "irprop+", .learning_rate = 0.1}};
  wrong[14] = {"--momentum", {.optimizer = "quickprop", .momentum = 0.9}};
  wrong[15] = {"delta1", {.optimizer = "irprop+(delta1=0.1)"}};
  wrong[16] = {"delta0", {.optimizer = "irprop+(delta0=100)"}};
  wrong[17] = {"\"much\"", {.optimizer = "adam(beta1=much)"}};
  wrong[18] = {"name=value", {.optimizer = "adam(0.8)"}};
  wrong[19] = {"bracket at the end", {.optimizer = "adam(beta1=0.8"}};
  wrong[20] = {"--learning-rate 0.5", {.optimizer = "adam(lr=0.5)"}};
  for (const auto& [named, options] : wrong) {
    const Error error = error_of([&] { (void)fit(data, options); });
    EXPECT_TRUE(error.code == ErrorCode::usage || error.code == ErrorCode::spec) << named;
    EXPECT_NE(error.message().find(named), std::string::npos) << named << ": " << error.message();
  }
}

TEST(Fit, settings_of_a_rule_stand_in_brackets_and_are_told) {
  FitOptions options = quick();
  options.optimizer = "adam(beta1=0.8, eps=1e-6)";
  const Fitted with = fit(dataset(linear_csv(100), "y"), options);
  bool told = false;
  for (const Choice& choice : with.report.plan.choices)
    told = told ||
           (choice.what == "rule settings" && choice.given && choice.value == "beta1=0.8, beta2=0.999, epsilon=1e-06");
  EXPECT_TRUE(told);
  options.optimizer = "adam";
  EXPECT_NE(fit(dataset(linear_csv(100), "y"), options).report.weights_digest, with.report.weights_digest);
  options.optimizer = "adam(beta1=0.9, beta2=0.999)";  // the defaults
  const std::string spelled = fit(dataset(linear_csv(100), "y"), options).report.weights_digest;
  options.optimizer = "adam";
  EXPECT_EQ(fit(dataset(linear_csv(100), "y"), options).report.weights_digest, spelled);
}

TEST(Fit, a_schedule_is_told_and_a_refit_has_the_rates_of_the_long_run) {
  FitOptions options;
  options.schedule = "cosine(warmup=2, minimum=0.1)";
  options.epochs = 30;
  options.patience = 30;
  options.refit = true;
  options.baselines = false;
  std::vector<double> rates;
  FitEvents events;
  events.on_epoch = [&](const FitProgress& progress) {
    if (progress.phase == FitPhase::refit) rates.push_back(progress.epoch.rate_factor);
    return false;
  };
  const Fitted with = fit(dataset(linear_csv(100), "y"), options, events);
  ASSERT_TRUE(with.report.refitted);
  const auto& history = with.report.training.history;
  EXPECT_LT(history.back().rate_factor, 0.2);
  ASSERT_GE(rates.size(), 5U);
  for (std::size_t e = 1; e < rates.size(); ++e)  // of other rows: the last step of an epoch begins a little elsewhere
    EXPECT_NEAR(rates[e], history[e].rate_factor, 0.1) << e;
  bool told = false;
  for (const Choice& choice : with.report.plan.choices)
    told = told || (choice.what == "schedule" && choice.value == "cosine(warmup=2, minimum=0.1, epochs=30)");
  EXPECT_TRUE(told);
  options.schedule = "constant";
  EXPECT_NE(fit(dataset(linear_csv(100), "y"), options).report.weights_digest, with.report.weights_digest);
}

TEST(Fit, a_schedule_that_makes_no_sense_is_refused_by_name) {
  const Dataset data = dataset(linear_csv(100), "y");
  const std::vector<std::pair<std::string, FitOptions>> wrong = {
      {"one of constant, step, exponential, cosine, one-cycle, plateau", {.schedule = "cosin"}},
      {"setting \"cool\"", {.schedule = "cosine(cool=1)"}},
      {"one of warmup, minimum, epochs", {.schedule = "cosine(cool=1)"}},
      {"no settings", {.schedule = "constant(factor=1)"}},
      {"\"much\"", {.schedule = "step(factor=much)"}},
      {"factor 2", {.schedule = "step(factor=2)"}},
      {"bracket at the end", {.schedule = "step(factor=0.5"}},
      {"name=value", {.schedule = "step(3)"}},
      {"shorter than the run", {.schedule = "cosine(warmup=9)", .epochs = 9}},
      {"the optimizer irprop+", {.optimizer = "irprop+", .schedule = "cosine"}}};
  for (const auto& [named, options] : wrong) {
    const Error error = error_of([&] { (void)fit(data, options); });
    EXPECT_TRUE(error.code == ErrorCode::usage || error.code == ErrorCode::spec) << named;
    EXPECT_NE(error.message().find(named), std::string::npos) << named << ": " << error.message();
    EXPECT_NE(error.message().find("schedule"), std::string::npos) << error.message();
  }
}

TEST(Fit, rules_for_full_batches_get_them_unless_told_otherwise) {
  std::size_t full = 0;
  for (const auto& entry : training::update_rules()) {
    FitOptions options = quick();
    options.batch_size = {};
    options.optimizer = std::string(entry.name);
    const FitReport report = fit(dataset(linear_csv(100), "y"), options).report;
    for (const Choice& choice : report.plan.choices)
      if (choice.what == "batch size") {
        EXPECT_EQ(choice.value == "all", entry.full_batch) << entry.name;
        full += choice.value == "all" ? 1 : 0;
      }
  }
  EXPECT_EQ(full, 8U);
}

TEST(Fit, a_wiring_must_fit_the_prepared_columns_and_first_weights_the_wiring) {
  const Dataset data = dataset(mixed_csv(80), "kind");
  FitOptions options = quick();
  options.network = NetworkSpec{.inputs = 3, .layers = {{.units = 1}}};
  const Error inputs = error_of([&] { (void)fit(data, options); });
  EXPECT_EQ(inputs.code, ErrorCode::spec);
  EXPECT_NE(inputs.message().find("colour=blue"), std::string::npos) << inputs.message();
  FitOptions start = quick();
  start.hidden = {2};
  start.start_from = std::vector<double>(5, 0.1);
  const Error weights = error_of([&] { (void)fit(data, start); });
  EXPECT_EQ(weights.code, ErrorCode::shape);
  EXPECT_NE(weights.message().find("5 weights"), std::string::npos) << weights.message();
}

TEST(Fit, any_wiring_can_be_trained) {
  FitOptions options = quick();
  options.network = NetworkSpec{
      .inputs = 2,
      .layers = {{.units = 3, .activation = "tanh"}, {.units = 1, .activation = "identity", .from = {{0}, {1}}}}};
  const Fitted fitted = fit(dataset(linear_csv(100), "y"), options);
  EXPECT_EQ(fitted.model.weight_count(), 2U * 3 + 3 + 2 + 3 + 1);
  EXPECT_EQ(fitted.report.plan.weight_count, fitted.model.weight_count());
}

TEST(Fit, output_and_loss_follow_the_task) {
  const auto outputs = [](const std::string& csv, const char* target, FitOptions options) {
    options.epochs = 1;
    options.baselines = false;
    const NetworkSpec spec = fit(dataset(csv, target), options).model.spec();
    return spec.layers.back().activation + " " + spec.loss;
  };
  EXPECT_EQ(outputs(linear_csv(60), "y", {}), "identity half_squared_error");
  EXPECT_EQ(outputs(mixed_csv(60), "kind", {}), "sigmoid binary_cross_entropy");
  EXPECT_EQ(outputs(mixed_csv(60), "colour", {}), "softmax softmax_cross_entropy");
  EXPECT_EQ(outputs(mixed_csv(60), "colour", {.loss = "cross-entropy"}), "softmax softmax_cross_entropy");
  EXPECT_EQ(outputs(mixed_csv(60), "colour", {.output_activation = "sigmoid", .loss = "cross-entropy"}),
            "sigmoid binary_cross_entropy");
  EXPECT_EQ(outputs(mixed_csv(60), "colour", {.loss = "binary_cross_entropy"}), "sigmoid binary_cross_entropy");
  EXPECT_EQ(outputs(mixed_csv(60), "kind", {.textbook = true}), "sigmoid half_squared_error");
}

TEST(Fit, every_choice_names_the_option_that_changes_it_and_lines_fit_a_terminal) {
  FitOptions options;
  options.hidden = {4};
  const FitReport report = fit(dataset(mixed_csv(100), "kind"), options).report;
  std::set<std::string> given;
  for (const Choice& choice : report.plan.choices) {
    EXPECT_EQ(choice.option.rfind("--", 0), 0U) << choice.what;
    if (choice.given) given.insert(choice.what + "=" + choice.value);
  }
  EXPECT_EQ(given, std::set<std::string>{"hidden=4"});
  std::ostringstream text;
  text << report;
  std::size_t lines = 0;
  std::istringstream reader(text.str());
  for (std::string line; std::getline(reader, line); ++lines) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_GT(lines, 20U);
  EXPECT_NE(text.str().find(report.weights_digest), std::string::npos);
}

}  // namespace
}  // namespace deltarule::test
