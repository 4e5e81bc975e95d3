// Weights of rows at the public face: a job among many is training alone, and what is no weight is refused by its row.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "deltarule/engine.hpp"
#include "deltarule/many.hpp"

namespace deltarule {
namespace {

constexpr std::size_t kRows = 24;

struct Patterns {
  std::vector<double> x, t, weights;
  Patterns() {
    for (std::size_t i = 0; i < 3 * kRows; ++i) x.push_back(std::sin(static_cast<double>(i * i)));
    for (std::size_t r = 0; r < kRows; ++r) {
      t.push_back(x[3 * r] - 0.5 * x[3 * r + 1]);
      weights.push_back(static_cast<double>(r % 4));
    }
  }
  [[nodiscard]] Rows<double> inputs() const { return rows(std::span(x), 3); }
  [[nodiscard]] Rows<double> targets() const { return rows(std::span(t), 1); }
};

NetworkF64 small_network(std::uint64_t seed = 3) {
  return {{.inputs = 3, .layers = {{5, "tanh"}, {1, "identity"}}}, Seed{seed}};
}

TEST(RowWeights, OfAJobAmongManyAreThoseOfTrainingAlone) {
  const Patterns data;
  const std::vector<std::uint32_t> chosen = {3, 1, 1, 9, 14, 22, 7}, held_out = {2, 5, 6};
  std::size_t compared = 0;
  for (const std::size_t batch : {1u, 4u, 0u}) {
    std::vector<NetworkF64> together, alone;
    for (std::uint64_t k = 0; k < 6; ++k) {
      together.push_back(small_network(k));
      alone.push_back(small_network(k));
    }
    const FitSettings settings{.epochs = 5, .batch_size = batch};
    std::vector<JobF64> jobs;
    for (NetworkF64& network : together) {
      JobF64 job{.network = &network, .x = data.inputs(), .t = data.targets(), .rows = chosen};
      job.x_validation = data.inputs();
      job.t_validation = data.targets();
      job.validation_rows = held_out;
      job.settings = settings;
      if (jobs.size() % 3 != 2) job.weights = job.weights_validation = data.weights;  // others go on in lanes
      jobs.push_back(job);
    }
    const auto results = fit_many(std::span(jobs), 2);
    std::vector<double> x, t, w, xv, tv, wv;
    const auto copy = [&](std::uint32_t row, std::vector<double>& to_x, std::vector<double>& to_t,
                          std::vector<double>& to_w) {
      for (std::size_t i = 0; i < 3; ++i) to_x.push_back(data.x[3 * row + i]);
      to_t.push_back(data.t[row]);
      to_w.push_back(data.weights[row]);
    };
    for (const std::uint32_t row : chosen) copy(row, x, t, w);
    for (const std::uint32_t row : held_out) copy(row, xv, tv, wv);
    for (std::size_t k = 0; k < jobs.size(); ++k) {
      if (k % 3 == 2) continue;
      TrainerF64 trainer(alone[k]);
      const FitResult expected =
          trainer.fit(rows(std::span<const double>(x), 3), rows(std::span<const double>(t), 1),
                      rows(std::span<const double>(xv), 3), rows(std::span<const double>(tv), 1), settings, w, wv);
      ASSERT_TRUE(results[k]) << results[k].error().message();
      EXPECT_EQ(together[k].weights(), alone[k].weights()) << batch;
      EXPECT_EQ(results[k]->history.back().validation_loss, expected.history.back().validation_loss);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 12u);
}

TEST(RowWeights, OfOneAreNoneAtTheFace) {
  const Patterns data;
  const std::vector<double> ones(kRows, 1.0);
  auto one = small_network(), other = small_network();
  TrainerF64 with(one, {.optimizer = Adam{}}), without(other, {.optimizer = Adam{}});
  EXPECT_EQ(with.fit(data.inputs(), data.targets(), {.epochs = 4, .batch_size = 5}, ones).history[3].training_loss,
            without.fit(data.inputs(), data.targets(), {.epochs = 4, .batch_size = 5}).history[3].training_loss);
  EXPECT_EQ(*with.step(data.inputs(), data.targets(), ones), *without.step(data.inputs(), data.targets()));
  const std::span<const double> x(data.x), t(data.t);
  EXPECT_EQ(with.learn_one(x.first(3), t.first(1), 1.0), LearnStatus::learned);
  EXPECT_EQ(without.learn_one(x.first(3), t.first(1)), LearnStatus::learned);
  EXPECT_EQ(one.weights(), other.weights());
}

TEST(RowWeights, AStepReturnsTheWeightedMeanOfTheLosses) {
  auto network = small_network();
  TrainerF64 trainer(network);
  const Patterns data;
  double sum = 0, weight = 0;
  for (std::size_t r = 0; r < kRows; ++r) {
    double y = 0;
    ASSERT_TRUE(network.predict(std::span(data.x).subspan(3 * r, 3), std::span(&y, 1)));
    sum += data.weights[r] * 0.5 * (y - data.t[r]) * (y - data.t[r]);
    weight += data.weights[r];
  }
  EXPECT_NEAR(*trainer.step(data.inputs(), data.targets(), data.weights), sum / weight, 1e-14 * sum);
}

void expect_refused(const std::vector<double>& weights, ErrorCode code, const std::string& place,
                    const std::string& got) {
  const Patterns data;
  auto network = small_network();
  const auto before = network.weights();
  TrainerF64 trainer(network);
  const auto fitted = trainer.try_fit(data.inputs(), data.targets(), {.epochs = 1}, weights);
  ASSERT_FALSE(fitted) << got;
  EXPECT_EQ(fitted.error().code, code);
  EXPECT_EQ(fitted.error().place, "training patterns" + place);
  EXPECT_EQ(fitted.error().got, got);
  EXPECT_FALSE(fitted.error().needed.empty());
  const auto step = trainer.step(data.inputs(), data.targets(), weights);
  ASSERT_FALSE(step) << got;
  EXPECT_EQ(step.error().place, "batch" + place);
  std::vector<JobF64> jobs = {{.network = &network, .x = data.inputs(), .t = data.targets()}};
  jobs[0].weights = weights;
  const auto many = fit_many(std::span(jobs));
  ASSERT_FALSE(many[0]) << got;
  EXPECT_EQ(many[0].error().message(), fitted.error().message());
  const auto validated =
      trainer.try_fit(data.inputs(), data.targets(), data.inputs(), data.targets(), {.epochs = 1}, {}, weights);
  ASSERT_FALSE(validated) << got;
  EXPECT_EQ(validated.error().place, "validation patterns" + place);
  EXPECT_EQ(network.weights(), before);
}

TEST(RowWeights, ThatAreNoneAreRefusedByTheirRow) {
  const auto with = [](double weight) {
    std::vector<double> weights(kRows, 1.0);
    weights[6] = weight;
    return weights;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  expect_refused(with(-0.5), ErrorCode::data, ", weights, row 7", "-0.5");
  expect_refused(with(std::nan("")), ErrorCode::data, ", weights, row 7", "NaN");
  expect_refused(with(kInfinity), ErrorCode::data, ", weights, row 7", "infinity");
  expect_refused(with(-kInfinity), ErrorCode::data, ", weights, row 7", "-inf");
  expect_refused(std::vector<double>(kRows, 0.0), ErrorCode::data, ", weights", "no weight above 0");
  expect_refused(std::vector<double>(kRows, 1e308), ErrorCode::data, ", weights", "a sum that is not finite");
  expect_refused({1, 2, 3}, ErrorCode::shape, "", "3 weights for 24 rows");
}

}  // namespace
}  // namespace deltarule
