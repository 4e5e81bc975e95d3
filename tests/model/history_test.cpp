// Laws of the history in a model file.
#include <gtest/gtest.h>

#include "model/example_models.hpp"
#include "model/history_json.hpp"

namespace deltarule::model {
namespace {

using tests::with_history;

TEST(History, IsColumnsOfWhatThereIs) {
  EXPECT_EQ(history_to_json(with_history().history),
            R"({"epoch":[1,3,9],"steps":[10,30,90],"training_loss":[0.5,0.25,1e-300],)"
            R"("validation_loss":[0.3333333333333333,null,0.1],"learning_rate":[0.001,0.001,0.001]})");
}

TEST(History, ComesBackToTheBitAndIsNobodyElsesMetadata) {
  const Model model = with_history();
  const auto read = Model::parse(*model.to_bytes());
  ASSERT_TRUE(read) << read.error().message();
  tests::expect_equal(*read, model);
  EXPECT_TRUE(read->extra_metadata.empty());
}

TEST(History, IsNotInAFileWithoutOne) {
  const auto container = io::parse_container(*tests::regressor().to_bytes(), "m");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->find_metadata("history"), nullptr);
}

TEST(History, ThatMakesNoSenseIsRefusedByItsPlace) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"[]", "object"},
      {"{}", "epoch"},
      {R"({"epoch":[],"steps":[]})", "0 epochs"},
      {R"({"epoch":[1,2],"steps":[3]})", "steps: 1 epochs; needed 2"},
      {R"({"epoch":[1],"steps":[3],"training_loss":[]})", "training_loss"},
      {R"({"epoch":[0],"steps":[3]})", "epoch[0]"},
      {R"({"epoch":[2,2],"steps":[3,4]})", "2 after 2"},
      {R"({"epoch":[1,2],"steps":[3,2]})", "steps[1]"},
      {R"({"epoch":[1.5],"steps":[3]})", "epoch[0]"},
      {R"({"epoch":[1],"steps":[3],"training_loss":["x"]})", "training_loss[0]"},
      {R"({"epoch":[1],"steps":[3],"loss":[1]})", "loss"},
      {R"({"epoch":[[[[1]]]],"steps":[3]})", "m"},
  };
  std::size_t refused = 0;
  for (const auto& [text, words] : bad) {
    const auto history = history_from_json(text, "m");
    ASSERT_FALSE(history) << text;
    EXPECT_EQ(history.error().code, ErrorCode::format);
    EXPECT_NE(history.error().message().find(words), std::string::npos) << history.error().message();
    ++refused;
  }
  EXPECT_EQ(refused, bad.size());
}

}  // namespace
}  // namespace deltarule::model
