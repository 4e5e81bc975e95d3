// Laws of the history that a run leaves: in the report, in the CSV, in the model.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tables.hpp"

namespace deltarule {
namespace {

Fitted trained(std::size_t epochs, std::uint64_t seed = 0) {
  FitOptions options;
  options.epochs = epochs;
  options.patience = epochs;
  options.baselines = false;
  options.refit = false;
  options.batch_size = 64;
  options.hidden = {3};
  options.seed = seed;
  return fit(test::dataset(test::mixed_csv(120), "kind"), options);
}

TEST(History, OfAModelIsThatOfItsRun) {
  const Fitted fitted = trained(12);
  const std::vector<EpochRecord> kept = fitted.model.history();
  const std::vector<EpochReport>& all = fitted.report.training.history;
  ASSERT_EQ(kept.size(), 12U);
  for (std::size_t e = 0; e < kept.size(); ++e) {
    EXPECT_EQ(kept[e].epoch, e + 1);
    EXPECT_EQ(kept[e].steps, all[e].steps);
    EXPECT_EQ(kept[e].training_loss, all[e].training_loss);
    EXPECT_EQ(kept[e].validation_loss, all[e].validation_loss);
    EXPECT_EQ(kept[e].learning_rate, fitted.report.learning_rate);
  }
  EXPECT_GT(fitted.report.learning_rate, 0.0);
  const Result<Model> again = Model::parse(fitted.model.to_bytes());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->history_json(), fitted.model.history_json());
  EXPECT_NE(fitted.model.describe().find("12 epochs, "), std::string::npos) << fitted.model.describe();
}

TEST(History, OfALongTrainingIsThinnedAndKeepsTheBestAndTheLastEpoch) {
  const Fitted fitted = trained(2501);
  const std::vector<EpochRecord> kept = fitted.model.history();
  EXPECT_EQ(fitted.report.training.history.size(), 2501U);
  std::vector<std::uint64_t> expected;
  for (std::uint64_t e = 3; e <= 2501; e += 3) expected.push_back(e);
  for (const std::uint64_t one : {std::uint64_t{2501}, std::uint64_t{fitted.report.training.best_epoch}})
    if (std::find(expected.begin(), expected.end(), one) == expected.end()) expected.push_back(one);
  std::sort(expected.begin(), expected.end());
  std::vector<std::uint64_t> found;
  for (const EpochRecord& record : kept) found.push_back(record.epoch);
  EXPECT_EQ(found, expected);
}

TEST(History, AsCsvHasALineForEachEpochWithoutWhatThereIsNot) {
  const Fitted fitted = trained(3);
  std::istringstream csv(history_csv(fitted.report));
  std::vector<std::string> lines;
  for (std::string line; std::getline(csv, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0],
            "epoch,steps,training_loss,validation_loss,best_validation_loss,validation_score,best_validation_score,"
            "learning_rate");
  const Table table = parse_csv(history_csv(fitted.report), "history");
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_NE(lines[3].find(",,,"), std::string::npos) << "no score: " << lines[3];
  EXPECT_EQ(lines[3].substr(0, 2), "3,");
}

}  // namespace
}  // namespace deltarule
