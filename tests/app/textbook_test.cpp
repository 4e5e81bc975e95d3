// Laws of --textbook: the bare derivation, pattern by pattern in file order.
#include <gtest/gtest.h>

#include <sstream>

#include "tables.hpp"

namespace deltarule::test {
namespace {

/// Weights of "Explorations in Parallel Distributed Processing", in canonical order.
FitOptions published_xor() {
  FitOptions options;
  options.textbook = true;
  options.until_tss = 0.04;
  options.optimizer = "momentum";
  options.momentum = 0.9;
  options.learning_rate = 0.5;
  options.hidden = {2};
  options.start_from = {0.432171, 0.448781, -0.038413, 0.036489, -0.276589, -0.402498, 0.27208, 0.081714, 0.279299};
  return options;
}

TEST(Textbook, the_published_xor_run_stops_after_epoch_297) {
  const FitReport report = fit(dataset(kXor, "y"), published_xor()).report;
  EXPECT_EQ(report.stop, FitStop::error_below);
  EXPECT_EQ(report.training.epochs, 297U);
  EXPECT_LT(report.training_tss, 0.04);
  FitOptions one_less = published_xor();
  one_less.epochs = 296;
  EXPECT_GE(fit(dataset(kXor, "y"), one_less).report.training_tss, 0.04);
}

TEST(Textbook, a_sum_over_four_rows_is_four_times_their_mean) {
  FitOptions options = published_xor();
  options.optimizer = "delta-rule";
  options.momentum.reset();
  options.until_tss = -1.0;
  options.batch_size = 0;  // all four rows
  options.epochs = 5;
  const std::string sum = fit(dataset(kXor, "y"), options).report.weights_digest;  // the textbook's reduction
  options.reduction = "mean";
  EXPECT_NE(fit(dataset(kXor, "y"), options).report.weights_digest, sum);
  options.learning_rate = 4.0 * 0.5;  // by a power of two, so that not a bit differs
  EXPECT_EQ(fit(dataset(kXor, "y"), options).report.weights_digest, sum);
  options.reduction = "median";
  EXPECT_THROW((void)fit(dataset(kXor, "y"), options), Exception);
}

TEST(Textbook, xor_is_learnt_from_most_seeds_and_the_rest_say_so) {
  std::size_t learnt = 0;
  std::size_t told = 0;
  constexpr std::size_t kSeeds = 10;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    FitOptions options;
    options.hidden = {2};
    options.textbook = true;
    options.until_tss = 0.04;
    options.seed = seed;
    options.baselines = false;
    const Fitted fitted = fit(dataset(kXor, "y"), options);
    const bool reached = fitted.report.stop == FitStop::error_below;
    if (seed == 0) {
      EXPECT_TRUE(reached);
    }
    std::ostringstream text;
    write_result(text, fitted.report);
    const bool says_not = text.str().find("was not reached") != std::string::npos;
    EXPECT_NE(reached, says_not);
    learnt += reached ? 1 : 0;
    told += says_not ? 1 : 0;
    if (!reached) continue;
    const Predictions answers = fitted.model.predict(parse_csv("x1,x2\n0,0\n0,1\n1,0\n1,1\n", "ask.csv"));
    EXPECT_EQ(answers.text, (std::vector<std::string>{"0", "1", "1", "0"}));
  }
  EXPECT_EQ(learnt + told, kSeeds);
  EXPECT_GE(learnt, kSeeds - 2);
}

TEST(Textbook, numbers_are_taken_as_they_are_in_double_without_a_split) {
  FitOptions options;
  options.textbook = true;
  options.epochs = 3;
  const Fitted fitted = fit(dataset(linear_csv(80), "y"), options);
  EXPECT_EQ(fitted.report.plan.training_rows, 80U);
  EXPECT_EQ(fitted.report.measured_on, "training");
  EXPECT_FALSE(fitted.report.refitted);
  bool f64 = false;
  for (const Choice& choice : fitted.report.plan.choices)
    f64 = f64 || (choice.what == "precision" && choice.value == "f64");
  EXPECT_TRUE(f64);
  bool bounds_told = false;
  for (const std::string& notice : fitted.report.plan.notices)
    bounds_told = bounds_told || notice.find("stay between 0 and 1") != std::string::npos;
  EXPECT_TRUE(bounds_told);
}

TEST(Textbook, a_goal_that_is_not_reached_is_said_to_be_missed) {
  FitOptions options = published_xor();
  options.epochs = 5;
  const FitReport report = fit(dataset(kXor, "y"), options).report;
  EXPECT_EQ(report.stop, FitStop::epochs);
  std::ostringstream text;
  text << report;
  EXPECT_NE(text.str().find("tss < 0.04 was not reached"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::test
