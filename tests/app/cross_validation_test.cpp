// Laws of cross-validation: each row is tested once, each fold is what training it alone gives, and threads have no
// part in it.
#include "deltarule/cross_validation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tables.hpp"

namespace deltarule::test {
namespace {

FitOptions quick() {
  FitOptions options;
  options.epochs = 5;
  options.hidden = {6};
  options.baselines = false;
  return options;
}

TEST(CrossValidation, each_fold_is_to_the_byte_what_training_it_alone_gives_for_any_number_of_threads) {
  const Dataset classes = dataset(mixed_csv(90), "kind"), numbers = dataset(linear_csv(70), "y");
  std::size_t compared = 0;
  for (const Dataset* data : {&classes, &numbers}) {
    FitOptions options = quick();
    options.seed = 3;
    const CrossValidation one = cross_validate(*data, options, {.folds = 4, .repeats = 2, .threads = 1});
    ASSERT_EQ(one.folds.size(), 8U);
    for (const std::size_t threads : {2U, 3U, 0U}) {
      const CrossValidation more = cross_validate(*data, options, {.folds = 4, .repeats = 2, .threads = threads});
      ASSERT_EQ(more.folds.size(), 8U);
      for (std::size_t k = 0; k < 8; ++k) {
        EXPECT_EQ(more.folds[k].model.to_bytes(), one.folds[k].model.to_bytes());
        EXPECT_EQ(more.folds[k].repeat * 10 + more.folds[k].fold, one.folds[k].repeat * 10 + one.folds[k].fold);
      }
      EXPECT_EQ(more.metrics[0].mean, one.metrics[0].mean);
      EXPECT_EQ(more.metrics[0].sd, one.metrics[0].sd);
    }
    for (const FoldReport& fold : one.folds) {
      FitOptions alone = options;
      alone.seed = fold.seed;
      alone.row_split = fold.rows;
      const Fitted fitted = fit(*data, alone);
      EXPECT_EQ(fitted.model.to_bytes(), fold.model.to_bytes());
      EXPECT_EQ(fitted.report.metrics[0].value, fold.report.metrics[0].value);
      EXPECT_EQ(fold.report.measured_on, "test");
      ++compared;
    }
    EXPECT_NE(one.folds[0].model.to_bytes(), one.folds[1].model.to_bytes());
    EXPECT_NE(one.folds[0].rows.test, one.folds[4].rows.test) << "the second time is dealt out anew";
  }
  EXPECT_EQ(compared, 16U);
}

TEST(CrossValidation, every_row_is_tested_once_in_each_repeat_and_never_trained_on_by_that_fold) {
  const CrossValidation result = cross_validate(dataset(mixed_csv(83), "kind"), quick(), {.folds = 5, .repeats = 2});
  for (const std::size_t repeat : {1U, 2U}) {
    std::vector<std::size_t> tested(83);
    for (const FoldReport& fold : result.folds) {
      if (fold.repeat != repeat) continue;
      std::vector<std::uint32_t> all = fold.rows.test;
      all.insert(all.end(), fold.rows.training.begin(), fold.rows.training.end());
      all.insert(all.end(), fold.rows.validation.begin(), fold.rows.validation.end());
      std::sort(all.begin(), all.end());
      EXPECT_EQ(all.size(), 83U);
      EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
      EXPECT_FALSE(fold.rows.validation.empty());
      for (const std::uint32_t row : fold.rows.test) ++tested[row];
    }
    EXPECT_EQ(tested, std::vector<std::size_t>(83, 1));
  }
}

TEST(CrossValidation, the_features_of_tested_rows_do_not_reach_the_weights_of_their_fold) {
  // One row's features are changed: the one fold that tests it ends with the same weights, the others do not.
  FitOptions options = quick();
  options.epochs = 2;
  const std::string csv = linear_csv(80);
  std::string changed = csv;
  const std::size_t line = changed.find('\n') + 1;
  changed.replace(line, changed.find(',', line) - line, "77.5");
  const CrossValidation before = cross_validate(dataset(csv, "y"), options, {.folds = 4});
  const CrossValidation after = cross_validate(dataset(changed, "y"), options, {.folds = 4});
  std::size_t same = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    ASSERT_EQ(before.folds[k].rows.test, after.folds[k].rows.test);
    const bool tests_it = before.folds[k].rows.test.front() == 0;
    ASSERT_FALSE(before.folds[k].rows.validation.empty());
    const bool validates_it = before.folds[k].rows.validation.front() == 0;
    const bool equal = before.folds[k].report.weights_digest == after.folds[k].report.weights_digest;
    if (!validates_it) {
      EXPECT_EQ(equal, tests_it) << k;
    }
    same += tests_it && equal ? 1 : 0;
  }
  EXPECT_EQ(same, 1U);
}

TEST(CrossValidation, mean_and_sample_standard_deviation_are_those_of_the_folds) {
  FitOptions options = quick();
  options.baselines = true;
  const CrossValidation result = cross_validate(dataset(mixed_csv(80), "kind"), options, {.folds = 4});
  ASSERT_EQ(result.metrics.size(), 5U);
  for (std::size_t m = 0; m < 5; ++m) {
    double sum = 0, squares = 0;
    for (const FoldReport& fold : result.folds) sum += fold.report.metrics[m].value;
    for (const FoldReport& fold : result.folds) squares += std::pow(fold.report.metrics[m].value - sum / 4, 2);
    EXPECT_NEAR(result.metrics[m].mean, sum / 4, 1e-15);
    EXPECT_NEAR(result.metrics[m].sd, std::sqrt(squares / 3), 1e-15);
    EXPECT_EQ(result.metrics[m].folds, 4U);
  }
  ASSERT_EQ(result.baselines.size(), 2U);
  EXPECT_EQ(result.baselines[0].name, "trivial");
  EXPECT_NEAR(result.baselines[0].metrics.back().mean, 0.5, 1e-15) << "an auc of chance";
  EXPECT_GT(result.baselines[1].metrics[0].mean, 0.6);
}

TEST(CrossValidation, groups_are_in_one_fold_and_in_one_part_of_the_rest) {
  std::string csv = "x,z,y,site\n";
  base::Random random(4, base::Stream::generate);
  for (int i = 0; i < 120; ++i)
    csv += std::to_string(random.normal()) + "," + std::to_string(random.normal()) + "," +
           std::to_string(random.normal()) + ",s" + std::to_string(i % 12) + "\n";
  const Dataset data(parse_csv(csv, "t.csv"), {.target = "y", .group_by = "site"});
  const CrossValidation result = cross_validate(data, quick(), {.folds = 3});
  ASSERT_EQ(result.folds.size(), 3U);
  for (const FoldReport& fold : result.folds) {
    std::vector<int> part(12, -1);
    int number = 0;
    for (const auto* rows : {&fold.rows.training, &fold.rows.validation, &fold.rows.test}) {
      EXPECT_FALSE(rows->empty());
      for (const std::uint32_t row : *rows) {
        EXPECT_TRUE(part[row % 12] == -1 || part[row % 12] == number);
        part[row % 12] = number;
      }
      ++number;
    }
  }
}

TEST(CrossValidation, leaving_one_out_has_no_r2_and_says_so) {
  const CrossValidation result = cross_validate(dataset(linear_csv(12), "y"), quick(), {.folds = 12});
  ASSERT_EQ(result.folds.size(), 12U);
  EXPECT_EQ(result.metrics[3].name, "r2");
  EXPECT_TRUE(std::isnan(result.metrics[3].mean));
  EXPECT_EQ(result.metrics[3].folds, 0U);
  EXPECT_FALSE(std::isnan(result.metrics[1].mean));
  ASSERT_EQ(result.notices.size(), 1U);
  EXPECT_NE(result.notices[0].find("r2 is undefined in 12 folds of 12"), std::string::npos) << result.notices[0];
}

std::string three_classes(int of_c) {
  std::string csv = "x,y\n";
  for (int i = 0; i < 40; ++i) csv += std::to_string(i * 13 % 40) + (i % 2 == 0 ? ",a\n" : ",b\n");
  for (int i = 0; i < of_c; ++i) csv += std::to_string(100 + i) + ",c\n";
  return csv;
}

TEST(CrossValidation, a_class_with_fewer_rows_than_folds_is_told_and_a_single_row_refused) {
  const CrossValidation result = cross_validate(dataset(three_classes(2), "y"), quick(), {.folds = 4});
  EXPECT_EQ(result.folds.size(), 4U);
  ASSERT_FALSE(result.notices.empty());
  EXPECT_NE(result.notices[0].find("class \"c\" has 2 rows in 2 of 4 folds"), std::string::npos) << result.notices[0];
  const Error single = error_of([] { (void)cross_validate(dataset(three_classes(1), "y"), quick(), {.folds = 4}); });
  EXPECT_EQ(single.code, ErrorCode::data);
  EXPECT_NE(single.message().find("class \"c\" has 1 row"), std::string::npos) << single.message();
}

TEST(CrossValidation, what_makes_no_sense_is_refused_by_name) {
  const Dataset data = dataset(linear_csv(30), "y");
  const auto refused = [&](FitOptions options, const CrossValidationOptions& how, const std::string& named) {
    const Error error = error_of([&] { (void)cross_validate(data, options, how); });
    EXPECT_EQ(error.code, ErrorCode::usage) << named;
    EXPECT_NE(error.message().find(named), std::string::npos) << error.message();
  };
  refused({}, {.folds = 31}, "--folds");
  refused({}, {.folds = 1}, "--folds");
  refused({}, {.folds = 3, .repeats = 0}, "--repeats");
  refused({.test = 0.2}, {}, "--test");
  refused({.row_split = RowSplit{{0, 1}, {}, {2}}}, {}, "row_split");
  refused({.time_limit = 1.0}, {}, "--time-limit");
  refused({.start_from = std::vector<double>{1}}, {}, "--start-from");
  refused({.epochs = 0}, {}, "--epochs");
  const Dataset timed(data.table(), {.target = "y", .split_by_time = "x1"});
  EXPECT_NE(error_of([&] { (void)cross_validate(timed); }).message().find("--split-by-time"), std::string::npos);
  EXPECT_EQ(error_of([] { (void)cross_validate(dataset("x,y\n1,2\n", "y")); }).code, ErrorCode::data) << "one row";
  EXPECT_EQ(error_of([] { (void)cross_validate(dataset("x,y\n1,2\n2,2\n3,2\n", "y"), {}, {.folds = 2}); }).code,
            ErrorCode::data)
      << "a constant target";
}

TEST(CrossValidation, the_error_is_that_of_the_first_fold_that_fails_for_any_number_of_threads) {
  FitOptions options = quick();
  options.optimizer = "delta-rule";
  options.learning_rate = 1e6;
  options.epochs = 200;
  options.activation = "identity";
  std::string first;
  for (const std::size_t threads : {1U, 2U, 4U}) {
    const Error error = error_of(
        [&] { (void)cross_validate(dataset(linear_csv(60), "y"), options, {.folds = 4, .threads = threads}); });
    EXPECT_EQ(error.code, ErrorCode::diverged);
    EXPECT_EQ(error.place.find("fold 1, epoch"), 0U) << error.place;
    if (first.empty()) first = error.message();
    EXPECT_EQ(error.message(), first);
  }
}

TEST(CrossValidation, a_stop_leaves_out_the_folds_under_way_and_keeps_those_that_ended) {
  CrossValidationEvents events;
  std::size_t ended = 0;
  events.on_fold = [&](const FoldReport& fold) {
    ++ended;
    EXPECT_FALSE(fold.report.metrics.empty());
  };
  events.stop = [&] { return ended == 2; };
  const CrossValidation result =
      cross_validate(dataset(mixed_csv(80), "kind"), quick(), {.folds = 5, .threads = 1}, events);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.folds.size(), 2U);
  EXPECT_EQ(result.planned, 5U);
  EXPECT_EQ(result.metrics[0].folds, 2U);
  events.on_fold = [](const FoldReport&) { throw std::runtime_error("mine"); };
  events.stop = {};
  EXPECT_THROW((void)cross_validate(dataset(mixed_csv(80), "kind"), quick(), {.folds = 5, .threads = 2}, events),
               std::runtime_error);
}

TEST(CrossValidation, early_stopping_goes_by_any_metric_and_by_a_table_of_its_own) {
  FitOptions options = quick();
  options.stop_on = "auc";
  options.validation_table = parse_csv(mixed_csv(40, 9), "other.csv");
  const CrossValidation result = cross_validate(dataset(mixed_csv(60), "kind"), options, {.folds = 3, .threads = 2});
  for (const FoldReport& fold : result.folds) {
    EXPECT_EQ(fold.report.plan.validation_rows, 40U);
    EXPECT_EQ(fold.report.plan.stop_on, "auc");
    EXPECT_EQ(fold.rows.training.size(), 40U);
  }
}

}  // namespace
}  // namespace deltarule::test
