// Losses for quantiles, counts and amounts from a table to predictions on rows that training never saw, and label
// smoothing: what is predicted, what is measured, what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

struct Points {
  std::vector<double> x, y;
  [[nodiscard]] std::string csv() const {
    std::string text = "x,y\n";
    for (std::size_t i = 0; i < x.size(); ++i) text += std::to_string(x[i]) + "," + std::to_string(y[i]) + "\n";
    return text;
  }
};

using Dice = std::mt19937_64;
double uniform(Dice& dice) { return (static_cast<double>(dice() >> 11U) + 0.5) * 0x1p-53; }

Points points(std::size_t rows, std::uint64_t seed, const std::function<double(double, Dice&)>& y) {
  Dice dice(seed);
  Points made;
  for (std::size_t i = 0; i < rows; ++i) {
    made.x.push_back(uniform(dice));
    made.y.push_back(y(made.x.back(), dice));
  }
  return made;
}

/// About 5000, wider to the right: the tau-quantile is 5000 + 300 x + 100 (1 + x)(2 tau − 1).
double spread(double x, Dice& dice) { return 5000 + 300 * x + 100 * (1 + x) * (2 * uniform(dice) - 1); }
double mean_count(double x) { return std::exp(0.3 + 2.5 * x); }
/// A Poisson count by Knuth's products of uniform numbers.
double count(double x, Dice& dice) {
  const double least = std::exp(-mean_count(x));
  double k = 0;
  for (double product = uniform(dice); product > least; product *= uniform(dice)) ++k;
  return k;
}
double mean_amount(double x) { return std::exp(9 + 2 * x); }
/// A gamma amount of shape 4.
double amount(double x, Dice& dice) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum -= std::log(uniform(dice));
  return mean_amount(x) * sum / 4;
}

std::vector<double> predictions(const Outcome& outcome) {
  std::vector<double> values;
  const Names lines = outcome.lines();
  for (std::size_t i = 1; i < lines.size(); ++i) values.push_back(std::stod(lines[i]));
  return values;
}

json last_line(const Outcome& outcome) {
  const Names lines = outcome.lines();
  return lines.empty() ? json() : json::parse(lines.back(), nullptr, false);
}

/// Trains on 1,200 rows and predicts 2,000 others.
struct Fitted {
  Folder folder;
  Points fresh;
  json done, evaluation;
  std::vector<double> predicted;

  Fitted(const std::function<double(double, Dice&)>& y, const std::string& loss) : fresh(points(2000, 2, y)) {
    folder.write("data.csv", points(1200, 1, y).csv());
    folder.write("fresh.csv", fresh.csv());
    const Outcome trained = run(folder, {"train", "data.csv", "--target", "y", "--task", "regression", "--loss", loss,
                                         "--hidden", "8", "--epochs", "60", "--json", "-o", "m.safetensors"});
    EXPECT_EQ(trained.code, 0) << trained.err;
    done = last_line(trained);
    evaluation = last_line(run(folder, {"evaluate", "m.safetensors", "fresh.csv", "--json"}));
    const Outcome answers = run(folder, {"predict", "m.safetensors", "fresh.csv"});
    EXPECT_EQ(answers.code, 0) << answers.err;
    predicted = predictions(answers);
    EXPECT_EQ(predicted.size(), fresh.y.size());
  }
};

TEST(Losses, AQuantileLiesAboveItsShareOfRowsNeverSeen) {
  for (const auto& [loss, tau] :
       std::vector<std::pair<std::string, double>>{{"pinball(0.9)", 0.9}, {"pinball(0.1)", 0.1}, {"quantile", 0.5}}) {
    const Fitted fitted(&spread, loss);
    double below = 0, off = 0;
    for (std::size_t i = 0; i < fitted.predicted.size(); ++i) {
      below += fitted.fresh.y[i] <= fitted.predicted[i] ? 1 : 0;
      const double x = fitted.fresh.x[i];
      off += std::fabs(fitted.predicted[i] - (5000 + 300 * x + 100 * (1 + x) * (2 * tau - 1)));
    }
    const double rows = static_cast<double>(fitted.predicted.size());
    // Four standard errors of a share among 2,000 rows and among 1,200.
    EXPECT_NEAR(below / rows, tau, 4 * std::sqrt(tau * (1 - tau) * (1 / 2000.0 + 1 / 780.0))) << loss;
    EXPECT_LT(off / rows, 15) << loss << ": a tenth of the spread, in the target's own units";
    EXPECT_NEAR(fitted.evaluation["metrics"]["coverage"].get<double>(), below / rows, 1e-3);
    EXPECT_GT(fitted.evaluation["metrics"]["d2"].get<double>(), 0.2);
    EXPECT_NE(fitted.done["baseline"]["trivial"]["description"].get<std::string>().find("-quantile"),
              std::string::npos);
    EXPECT_EQ(fitted.done["baseline"]["linear"]["description"], "linear quantile regression");
  }
}

/// Mean deviance of counts, by its definition.
double deviance(const std::vector<double>& y, const std::function<double(std::size_t)>& mean) {
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    sum += 2 * ((y[i] > 0 ? y[i] * std::log(y[i] / mean(i)) : 0) - (y[i] - mean(i)));
  return sum / static_cast<double>(y.size());
}

TEST(Losses, CountsArePredictedAsTheirMeansAndBeatTheMeanOnDeviance) {
  const Fitted fitted(&count, "poisson");
  double total = 0, counted = 0, off = 0;
  for (std::size_t i = 0; i < fitted.predicted.size(); ++i) {
    EXPECT_GT(fitted.predicted[i], 0);
    total += fitted.predicted[i];
    counted += fitted.fresh.y[i];
    off += std::fabs(fitted.predicted[i] / mean_count(fitted.fresh.x[i]) - 1);
  }
  EXPECT_NEAR(total / counted, 1, 0.1);
  EXPECT_LT(off / 2000, 0.1);
  const double own = deviance(fitted.fresh.y, [&](std::size_t i) { return fitted.predicted[i]; });
  const double constant = deviance(fitted.fresh.y, [&](std::size_t) { return counted / 2000; });
  EXPECT_LT(own, 0.6 * constant);
  EXPECT_NEAR(fitted.evaluation["metrics"]["deviance"].get<double>(), own, 1e-5 * own);
  EXPECT_NEAR(fitted.evaluation["metrics"]["d2"].get<double>(), 1 - own / constant, 1e-5);
  const json& test = fitted.done["test"]["metrics"];
  const json& trivial = fitted.done["baseline"]["trivial"]["metrics"];
  EXPECT_LT(test["deviance"].get<double>(), 0.6 * trivial["deviance"].get<double>()) << fitted.done.dump();
  EXPECT_EQ(fitted.done["baseline"]["linear"]["description"], "Poisson regression");
}

TEST(Losses, AmountsArePredictedAsTheirMeans) {
  const Fitted fitted(&amount, "gamma_deviance");
  double off = 0;
  for (std::size_t i = 0; i < fitted.predicted.size(); ++i) {
    EXPECT_GT(fitted.predicted[i], 0);
    off += std::fabs(fitted.predicted[i] / mean_amount(fitted.fresh.x[i]) - 1);
  }
  EXPECT_LT(off / 2000, 0.1);
  EXPECT_GT(fitted.evaluation["metrics"]["d2"].get<double>(), 0.4);
  EXPECT_EQ(fitted.done["baseline"]["linear"]["description"], "gamma regression");
}

TEST(Losses, ATargetThatTheLossIsNotDefinedForIsNamedByLineAndColumn) {
  const Folder folder;
  std::string csv = points(60, 1, &count).csv();
  folder.write("good.csv", csv);
  folder.write("bad.csv", csv + "0.5,-1\n");
  folder.write("zero.csv", points(60, 1, &amount).csv() + "0.5,0\n");
  const Names counts = {"--target", "y", "--task", "regression", "--loss", "poisson_deviance", "--epochs", "2"};
  const auto train = [&](const std::string& data, Names more) {
    more.insert(more.begin(), {"train", data});
    return run(folder, more);
  };
  expect_error(train("bad.csv", counts), 3, {"bad.csv:62", "\"y\"", "-1", "a target from 0 up", "poisson_deviance"});
  EXPECT_FALSE(folder.has("bad.safetensors"));
  expect_error(train("zero.csv", {"--target", "y", "--task", "regression", "--loss", "gamma", "--epochs", "2"}), 3,
               {"zero.csv:62", "\"y\"", "a target above 0", "another --loss"});
  ASSERT_EQ(train("good.csv", counts).code, 0);
  expect_error(run(folder, {"evaluate", "good.safetensors", "bad.csv"}), 3, {"bad.csv:62", "a target from 0 up"});
  EXPECT_EQ(run(folder, {"predict", "good.safetensors", "bad.csv"}).code, 0) << "targets are not looked at";
}

TEST(Losses, AParameterOutOfRangeOrALossThatDoesNotFitTheTaskIsRefused) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  folder.write("line.csv", straight_line(60));
  for (const char* loss : {"pinball(0)", "pinball(1)", "pinball(1.5)", "pinball(-0.5)"})
    expect_error(run(folder, {"train", "line.csv", "--target", "y", "--loss", loss}), 2,
                 {"--loss", loss, "between 0 and 1", "pinball(0.9)"});
  expect_error(run(folder, {"train", "line.csv", "--target", "y", "--loss", "pinbal(0.9)"}), 2, {"--loss", "pinball"});
  for (const char* loss : {"poisson", "gamma", "pinball(0.9)"})
    expect_error(run(folder, {"train", "data.csv", "--target", "kind", "--loss", loss}), 2,
                 {"--loss", "binary", "--task regression"});
  expect_error(run(folder, {"train", "line.csv", "--target", "y", "--loss", "poisson", "--output-activation", "tanh"}),
               2, {"tanh with poisson_deviance", "exp outputs", "activation exp"});
}

TEST(Losses, AModelOfCountsIsGoneOnWith) {
  const Folder folder;
  folder.write("data.csv", points(200, 1, &count).csv());
  const Names base = {"train", "data.csv", "--target", "y", "--task", "regression", "--epochs", "3", "--json"};
  Names first = base, second = base;
  first.insert(first.end(), {"--loss", "poisson", "-o", "a.safetensors"});
  second.insert(second.end(), {"--start-from", "a.safetensors", "-o", "b.safetensors"});
  ASSERT_EQ(run(folder, first).code, 0);
  const Outcome outcome = run(folder, second);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(last_line(outcome)["test"]["metrics"]["deviance"].is_number()) << outcome.out;
}

TEST(LabelSmoothing, IsInTheModelAndMakesPredictionsLessCertain) {
  const Folder folder;
  folder.write("data.csv", two_classes(200));
  const auto certainty = [&](const std::string& model, const Names& more) {
    Names arguments = {"train", "data.csv", "--target", "kind", "--epochs", "80", "--patience", "0", "-o", model, "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(run(folder, arguments).code, 0);
    double sum = 0;
    const Names rows = run(folder, {"predict", model, "data.csv", "--proba", "--json"}).lines();
    for (const std::string& row : rows) {
      const json one = json::parse(row);
      sum += std::max(one["p(a)"].get<double>(), one["p(b)"].get<double>());
    }
    EXPECT_EQ(rows.size(), 200U);
    return sum / 200;
  };
  const double plain = certainty("plain.safetensors", {});
  const double smooth = certainty("smooth.safetensors", {"--label-smoothing", "0.4"});
  EXPECT_GT(plain, 0.9);
  EXPECT_LT(smooth, 0.87) << "what is learnt is 0.8 sure";
  const auto provenance = [&](const std::string& model) {
    return last_line(run(folder, {"inspect", model, "--json"}))["provenance"];
  };
  EXPECT_EQ(provenance("smooth.safetensors")["label_smoothing"], "0.4");
  EXPECT_FALSE(provenance("plain.safetensors").contains("label_smoothing"));
}

TEST(LabelSmoothing, IsRefusedOutOfRangeAndForNumbers) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  folder.write("line.csv", straight_line(60));
  for (const char* epsilon : {"1", "-0.1", "2", "much"})
    expect_error(run(folder, {"train", "data.csv", "--target", "kind", "--label-smoothing", epsilon}), 2,
                 {"--label-smoothing", "from 0 up to, but not including, 1"});
  expect_error(run(folder, {"train", "line.csv", "--target", "y", "--label-smoothing", "0.1"}), 2,
               {"--label-smoothing", "half_squared_error", "softmax_cross_entropy or binary_cross_entropy"});
}

}  // namespace
}  // namespace deltarule::test
