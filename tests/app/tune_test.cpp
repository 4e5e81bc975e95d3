// Laws of the search: threads have no part in it, each trial is what training it alone gives, the winner is what fit()
// makes of its settings, every rule takes part.
#include "deltarule/tune.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <stdexcept>

#include "app/tune/command.hpp"
#include "app/tune/space.hpp"
#include "tables.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::test {
namespace {

FitOptions quick(std::size_t epochs = 9) {
  FitOptions options;
  options.epochs = epochs;
  options.baselines = false;
  return options;
}

const Choice* choice(const Trial& trial, const std::string& what) {
  for (const Choice& one : trial.settings)
    if (one.what == what) return &one;
  return nullptr;
}

TEST(Tune, threads_have_no_part_in_it_and_each_trial_is_what_training_it_alone_gives) {
  const Dataset classes = dataset(mixed_csv(120), "kind"), numbers = dataset(linear_csv(90), "y");
  std::size_t compared = 0;
  for (const Dataset* data : {&classes, &numbers}) {
    FitOptions options = quick();
    options.seed = 5;
    const Tuned one = tune(*data, options, {.trials = 12, .threads = 1});
    ASSERT_EQ(one.trials.size(), 12U);
    for (const std::size_t threads : {2U, 5U, 0U}) {
      const Tuned more = tune(*data, options, {.trials = 12, .threads = threads});
      ASSERT_EQ(more.trials.size(), 12U);
      for (std::size_t k = 0; k < 12; ++k) {
        EXPECT_EQ(more.trials[k].number, one.trials[k].number);
        EXPECT_EQ(more.trials[k].weights_digest, one.trials[k].weights_digest);
      }
      EXPECT_EQ(more.arguments, one.arguments);
      EXPECT_EQ(more.winner->model.to_bytes(), one.winner->model.to_bytes());
    }
    for (const Trial& trial : one.trials) {
      FitOptions alone = trial.options;
      alone.row_split = one.rows;
      const FitReport report = fit(*data, alone).report;
      EXPECT_EQ(report.weights_digest, trial.weights_digest);
      EXPECT_EQ(report.training.steps, trial.steps);
      EXPECT_EQ(report.training.history[trial.best_epoch - 1].validation_loss, trial.score);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 24U);
}

TEST(Tune, the_winner_is_what_fit_makes_of_its_settings_and_no_worse_than_the_defaults) {
  const Dataset data = dataset(mixed_csv(120), "kind");
  const Tuned tuned = tune(data, quick(20), {.trials = 10});
  ASSERT_TRUE(tuned.winner);
  EXPECT_EQ(fit(data, tuned.best).model.to_bytes(), tuned.winner->model.to_bytes());
  EXPECT_EQ(tuned.winner->report.measured_on, "test");
  const auto defaults =
      std::find_if(tuned.trials.begin(), tuned.trials.end(), [](auto& one) { return one.number == 1; });
  ASSERT_NE(defaults, tuned.trials.end());
  EXPECT_LE(tuned.trials.front().score, defaults->score);
  for (std::size_t k = 1; k < tuned.trials.size(); ++k) EXPECT_LE(tuned.trials[k - 1].score, tuned.trials[k].score);
  // No trial has seen a test row.
  const FitReport& report = tuned.winner->report;
  EXPECT_EQ(tuned.rows.training.size(), report.plan.training_rows);
  EXPECT_EQ(tuned.rows.validation.size(), report.plan.validation_rows);
  EXPECT_EQ(tuned.rows.training.size() + tuned.rows.validation.size() + report.plan.test_rows, 120U);
  EXPECT_TRUE(tuned.rows.test.empty());
}

TEST(Tune, halving_gives_a_ninth_all_epochs_a_third_a_third_and_the_rest_a_ninth) {
  FitOptions options = quick(90);
  options.patience = 1000;  // nothing ends early
  const Tuned tuned = tune(dataset(linear_csv(80), "y"), options, {.trials = 27});
  std::vector<std::size_t> epochs;
  for (const Trial& trial : tuned.trials) epochs.push_back(trial.epochs);
  EXPECT_EQ(std::count(epochs.begin(), epochs.end(), 90U), 3);
  EXPECT_EQ(std::count(epochs.begin(), epochs.end(), 30U), 6);
  EXPECT_EQ(std::count(epochs.begin(), epochs.end(), 10U), 18);
  const Tuned few = tune(dataset(linear_csv(80), "y"), options, {.trials = 3});
  for (const Trial& trial : few.trials) EXPECT_EQ(trial.epochs, 90U);
}

TEST(Tune, what_is_given_stays_and_a_line_more_or_less_shifts_no_other) {
  FitOptions options = quick();
  options.optimizer = "momentum";
  options.batch_size = 7;
  const Tuned tuned = tune(dataset(mixed_csv(90), "kind"), options, {.trials = 8});
  for (const Trial& trial : tuned.trials) {
    EXPECT_EQ(choice(trial, "optimizer")->value, "momentum");
    EXPECT_EQ(choice(trial, "batch size")->value, "7");
  }
  app::Ground ground;
  ground.size = {.rows = 500, .training_rows = 400, .inputs = 4, .validates = true};
  ground.defaults = app::defaults_for(ground.size, false);
  std::size_t different = 0;
  for (std::uint32_t number = 1; number < 200; ++number) {
    const FitOptions all = app::drawn(ground, number);
    app::Ground fixed = ground;
    fixed.given.hidden = Hidden{5};
    fixed.given.optimizer = *all.optimizer;
    const FitOptions some = app::drawn(fixed, number);
    EXPECT_EQ(some.learning_rate, all.learning_rate);
    EXPECT_EQ(some.weight_decay, all.weight_decay);
    EXPECT_EQ(some.batch_size, all.batch_size);
    EXPECT_EQ(some.hidden.units, std::vector<std::size_t>{5});
    different += *all.optimizer == "adamw" ? 0 : 1;
  }
  EXPECT_GT(different, 60U);
  EXPECT_LT(different, 140U) << "half of the draws are the default rule";
}

TEST(Tune, every_setting_that_can_be_drawn_can_be_trained) {
  const Dataset data = dataset(mixed_csv(60), "kind");
  FitOptions options = quick(1);
  options.patience = 1000;
  const Tuned tuned = tune(data, options, {.trials = 150, .threads = 0});
  EXPECT_EQ(tuned.trials.size(), 150U);
  for (const Trial& trial : tuned.trials) {
    if (!trial.error || choice(trial, "optimizer")->value == "lm") continue;  // which refuses cross-entropy
    EXPECT_EQ(trial.error->code, ErrorCode::diverged) << trial.error->message();
  }
  options.learning_rate = 0.01;  // leaves out the rules that have none
  const Tuned given = tune(data, options, {.trials = 40});
  EXPECT_EQ(given.failed, 0U) << given.trials.back().error->message();
}

TEST(Tune, a_metric_decides_where_one_is_named) {
  FitOptions options = quick();
  options.stop_on = "accuracy";
  const Tuned tuned = tune(dataset(mixed_csv(150), "kind"), options, {.trials = 9});
  EXPECT_EQ(tuned.metric, "accuracy");
  EXPECT_TRUE(tuned.higher_is_better);
  for (const Trial& trial : tuned.trials) EXPECT_EQ(trial.score, metric(trial.metrics, "accuracy")->value);
  for (std::size_t k = 1; k < tuned.trials.size(); ++k) {
    EXPECT_GE(tuned.trials[k - 1].score, tuned.trials[k].score);
    if (tuned.trials[k - 1].score == tuned.trials[k].score) {
      EXPECT_LE(tuned.trials[k - 1].loss, tuned.trials[k].loss);
    }
  }
}

TEST(Tune, a_search_that_time_ends_has_a_winner_in_epochs) {
  const Dataset data = dataset(mixed_csv(200), "kind");
  FitOptions options = quick(100000);
  options.patience = 100000;  // so that only time ends a trial
  const Tuned tuned = tune(data, options, {.time_limit = 0.3, .threads = 2});
  ASSERT_TRUE(tuned.winner);
  EXPECT_FALSE(tuned.best.time_limit);
  EXPECT_EQ(tuned.trials.front().end, TrialEnd::cut);
  EXPECT_EQ(*tuned.best.epochs, tuned.trials.front().epochs_run);
  EXPECT_EQ(fit(data, tuned.best).model.to_bytes(), tuned.winner->model.to_bytes());
  for (const std::string& word : tuned.arguments) EXPECT_EQ(word.find("time-limit"), std::string::npos);
}

TEST(Tune, an_interrupted_search_tells_the_best_so_far_and_trains_no_winner) {
  std::atomic<bool> stop{false};
  std::size_t ended = 0;
  TuneEvents events;
  events.stop = [&] { return stop.load(); };
  events.on_trial = [&](const TuneProgress& progress) {
    EXPECT_NE(progress.leading, nullptr);
    if (++ended == 4) stop = true;
  };
  const Tuned tuned = tune(dataset(mixed_csv(90), "kind"), quick(), {.trials = 60}, events);
  EXPECT_TRUE(tuned.interrupted);
  EXPECT_FALSE(tuned.winner);
  EXPECT_EQ(tuned.trials.size(), 4U);
  EXPECT_FALSE(tuned.arguments.empty());
  stop = true;
  EXPECT_TRUE(tune(dataset(mixed_csv(90), "kind"), quick(), {.trials = 60}, events).trials.empty());
}

TEST(Tune, what_an_event_throws_comes_out) {
  TuneEvents events;
  events.on_trial = [](const TuneProgress&) { throw std::runtime_error("enough"); };
  EXPECT_THROW((void)tune(dataset(mixed_csv(90), "kind"), quick(), {.trials = 5, .threads = 2}, events),
               std::runtime_error);
}

TEST(Tune, when_all_trials_fail_the_first_error_says_so_and_one_that_fails_does_no_harm) {
  FitOptions options = quick();
  options.optimizer = "delta-rule";
  options.learning_rate = 1e30;
  options.activation = "relu";
  options.batch_size = 8;
  const Dataset data = dataset(linear_csv(90), "y");
  const Error error = error_of([&] { (void)tune(data, options, {.trials = 5}); });
  EXPECT_EQ(error.code, ErrorCode::diverged);
  EXPECT_NE(error.place.find("trial 1"), std::string::npos) << error.message();
  EXPECT_NE(error.got.find("each of 5 trials failed"), std::string::npos) << error.message();
  EXPECT_FALSE(error.fix.empty());
}

TEST(Tune, what_contradicts_a_search_is_refused) {
  const Dataset data = dataset(mixed_csv(90), "kind");
  const auto refused = [&](const FitOptions& options, const TuneOptions& how = {}) {
    const Error error = error_of([&] { (void)tune(data, options, how); });
    EXPECT_EQ(error.code, ErrorCode::usage) << error.message();
    EXPECT_FALSE(error.fix.empty()) << error.message();
    return error.place;
  };
  FitOptions options = quick();
  options.textbook = true;
  EXPECT_EQ(refused(options), "--textbook");
  options = quick();
  options.steps = 5;
  EXPECT_EQ(refused(options), "--steps");
  options = quick();
  options.start_from = std::vector<double>{1};
  EXPECT_EQ(refused(options), "--start-from");
  options = quick();
  options.row_split = RowSplit{{0}, {1}, {}};
  EXPECT_EQ(refused(options), "row_split");
  options = quick();
  options.patience = 0;
  EXPECT_EQ(refused(options), "--validation");
  options = quick();
  options.optimizer = "adam";
  EXPECT_EQ(refused(options, {.only_rules = true}), "--optimizer");
  options = quick();
  options.learning_rate = 0.1;
  EXPECT_EQ(refused(options, {.only_rules = true}), "--learning-rate");
  options = quick();
  options.momentum = 0.5;
  EXPECT_EQ(refused(options, {.only_rules = true}), "--momentum");
  const Error few = error_of([&] { (void)tune(dataset(mixed_csv(40), "kind"), quick()); });
  EXPECT_NE(few.got.find("fewer than 50"), std::string::npos) << few.message();
  EXPECT_EQ(error_of([&] { (void)tune(data, quick(), {.time_limit = -1.0}); }).place, "--time-limit");
}

TEST(Tune, few_validation_rows_are_told) {
  const auto told = [](std::size_t rows) {
    const Tuned tuned = tune(dataset(mixed_csv(static_cast<int>(rows)), "kind"), quick(1), {.trials = 2});
    return std::any_of(tuned.notices.begin(), tuned.notices.end(), [](const std::string& notice) {
      return notice.find("validation rows judge") != std::string::npos;
    });
  };
  EXPECT_TRUE(told(100));
  EXPECT_FALSE(told(1000));
}

TEST(TuneCommand, choices_become_options_that_can_be_typed) {
  const std::vector<Choice> choices = {{"validation", "the rows of another table", "--validation", true},
                                       {"weight column", "n", "--weight", true},
                                       {"optimizer", "adam", "--optimizer", false},
                                       {"rule settings", "beta1=0.9, beta2=0.999", "--optimizer", false},
                                       {"patience", "20 epochs and 1000 weight changes", "--patience", false},
                                       {"refit", "no", "--refit, --no-refit", false},
                                       {"order", "as in the table", "--no-shuffle", true},
                                       {"goal", "tss < 0.5", "--until", true},
                                       {"anything", "new", "--anything", false}};
  const std::vector<std::string> expected = {"--optimizer", "adam(beta1=0.9,beta2=0.999)",
                                             "--patience",  "20",
                                             "--no-refit",  "--no-shuffle",
                                             "--until",     "tss<0.5",
                                             "--anything",  "new"};
  EXPECT_EQ(app::arguments_of(choices), expected);
  EXPECT_EQ(app::arguments_of({{"patience", "no early stop", "--patience", true}}),
            (std::vector<std::string>{"--patience", "0"}));
  EXPECT_EQ(app::arguments_of({{"refit", "yes, on training and validation rows", "--refit, --no-refit", true},
                               {"order", "shuffled each epoch", "--no-shuffle", false}}),
            std::vector<std::string>{"--refit"});
}

// ---- the comparison of rules ----

Dataset from_bench(const std::string& name, const char* target, std::size_t most_rows) {
  const std::string path = std::string(DELTARULE_SOURCE_DIR) + "/bench/data/" + name + ".csv";
  const Table all = read_csv(path);
  std::string text;
  const std::vector<std::string> names = all.column_names();
  for (std::size_t c = 0; c < names.size(); ++c) text += (c == 0 ? "" : ",") + names[c];
  text += "\n";
  for (std::size_t r = 0; r < std::min(all.rows(), most_rows); ++r)
    for (std::size_t c = 0; c < names.size(); ++c)
      text += all.cell(r, names[c]).value() + (c + 1 == names.size() ? "\n" : ",");
  return Dataset(parse_csv(text, name + ".csv"), {.target = target});
}

TEST(TuneRules, every_rule_learns_with_its_default_settings) {
  struct Case {
    std::string name, metric;
    const char* target;
    std::size_t rows;
    double above;  // what the best constant comes to, and some more
  };
  std::map<std::string, std::size_t> learnt;  // tables per rule
  for (const Case& one :
       {Case{"wdbc", "accuracy", "class", 569, 0.63 + 0.15}, Case{"diabetes", "r2", "progression", 442, 0.0 + 0.2},
        Case{"digits8x8", "accuracy", "class", 600, 0.11 + 0.4}}) {
    const Tuned tuned = tune(from_bench(one.name, one.target, one.rows), quick(40), {.only_rules = true, .threads = 0});
    std::vector<std::string> names;
    for (const RuleResult& rule : tuned.rules) names.push_back(rule.rule);
    const bool squares = one.metric == "r2";  // what Levenberg-Marquardt is for
    for (const training::UpdateEntry& rule : training::update_rules())
      EXPECT_EQ(std::find(names.begin(), names.end(), rule.name) != names.end(), squares || rule.name != "lm")
          << rule.name;
    EXPECT_EQ(names.size(), training::update_rules().size() - (squares ? 0 : 1));
    for (const RuleResult& rule : tuned.rules) {
      const auto trial = std::find_if(tuned.trials.begin(), tuned.trials.end(),
                                      [&](const Trial& trained) { return trained.number == rule.defaults; });
      ASSERT_NE(trial, tuned.trials.end());
      if (!rule.unsuited.empty()) continue;
      ASSERT_FALSE(trial->error) << rule.rule << ": " << trial->error->message();
      EXPECT_GT(metric(trial->metrics, one.metric)->value, one.above) << rule.rule << " on " << one.name;
      ++learnt[rule.rule];
    }
  }
  for (const training::UpdateEntry& rule : training::update_rules())
    EXPECT_EQ(learnt[std::string(rule.name)], rule.name == "lm" ? 1U : 3U) << rule.name;  // lm: for sums of squares
}

TEST(TuneRules, full_batches_go_to_the_rules_made_for_them_and_every_rule_reaches_the_level) {
  const Dataset data = dataset(mixed_csv(150), "kind");
  const Tuned one = tune(data, quick(30), {.only_rules = true, .threads = 1});
  const Tuned two = tune(data, quick(30), {.only_rules = true, .threads = 3});
  ASSERT_EQ(one.rules.size(), two.rules.size());
  std::size_t rates = 0;
  for (std::size_t k = 0; k < one.rules.size(); ++k) {
    const RuleResult& rule = one.rules[k];
    EXPECT_EQ(rule.rule, two.rules[k].rule);
    EXPECT_EQ(rule.epochs_to_level, two.rules[k].epochs_to_level);
    EXPECT_FALSE(rule.seconds_to_level) << "without a limit in time nothing is a matter of time";
    EXPECT_TRUE(rule.epochs_to_level || !rule.unsuited.empty()) << rule.rule;
    for (const Trial& trial : one.trials) {
      if (choice(trial, "optimizer")->value != rule.rule) continue;
      const training::UpdateEntry& entry = **training::find_update(rule.rule);
      EXPECT_EQ(choice(trial, "batch size")->value == "all", entry.full_batch) << rule.rule;
      rates += trial.number == rule.defaults ? 0 : 1;
    }
  }
  EXPECT_GT(rates, 20U);
  EXPECT_EQ(one.winner->model.to_bytes(), two.winner->model.to_bytes());
  double worst = 0.0;
  for (const RuleResult& rule : one.rules)
    for (const Trial& trial : one.trials)
      if (rule.best > 0 && trial.number == rule.best) worst = std::max(worst, trial.score);
  EXPECT_EQ(one.level, worst);
}

TEST(TuneRules, equal_time_gives_times) {
  const Tuned tuned = tune(dataset(mixed_csv(150), "kind"), quick(30), {.time_limit = 2.0, .only_rules = true});
  ASSERT_TRUE(tuned.winner);
  std::size_t timed = 0;
  for (const RuleResult& rule : tuned.rules) {
    if (!rule.epochs_to_level) continue;
    EXPECT_GT(*rule.seconds_to_level, 0.0);
    ++timed;
  }
  EXPECT_EQ(timed, tuned.rules.size());
}

}  // namespace
}  // namespace deltarule::test
