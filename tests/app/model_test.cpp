// Laws of a fitted model: what it keeps over a file, and which tables give the same predictions.
#include <gtest/gtest.h>

#include <filesystem>

#include "tables.hpp"

namespace deltarule::test {
namespace {

Fitted small(const char* target = "kind", const FitOptions& extra = {}) {
  FitOptions options = extra;
  options.epochs = 10;
  return fit(dataset(mixed_csv(120), target), options);
}

TEST(Model, predictions_are_the_same_after_save_and_load) {
  const Fitted fitted = small();
  const std::string path = (std::filesystem::path(testing::TempDir()) / "app_model_test.safetensors").string();
  std::filesystem::remove(path);
  fitted.model.save(path);
  EXPECT_EQ(error_of([&] { fitted.model.save(path); }).code, ErrorCode::io);
  fitted.model.save(path, true);
  const Model loaded = Model::load(path);
  const Table table = parse_csv(mixed_csv(50, 9), "new.csv");
  EXPECT_EQ(loaded.predict(table).probabilities, fitted.model.predict(table).probabilities);
  EXPECT_EQ(loaded.predict(table).text, fitted.model.predict(table).text);
  EXPECT_EQ(loaded.to_bytes(), fitted.model.to_bytes());
  EXPECT_EQ(loaded.weights_digest(), fitted.report.weights_digest);
  EXPECT_EQ(read_network(path).weights.size(), fitted.model.weight_count());
  std::filesystem::remove(path);
}

TEST(Model, damaged_bytes_are_refused_without_an_exception) {
  std::vector<std::byte> bytes = small().model.to_bytes();
  EXPECT_TRUE(Model::parse(bytes).ok());
  bytes[bytes.size() / 2] ^= std::byte{1};
  const Result<Model> damaged = Model::parse(bytes);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, ErrorCode::format);
}

TEST(Model, columns_are_found_by_name_whatever_their_order_and_company) {
  const Model model = small().model;
  const Predictions plain = model.predict(parse_csv("id_free,width,colour\n0.5,1,red\n-1,NA,blue\n", "a.csv"));
  const Predictions other =
      model.predict(parse_csv("note,colour,kind,width,id_free\nx,red,no,1,0.5\ny,blue,yes,NA,-1\n", "b.csv"));
  EXPECT_EQ(plain.probabilities, other.probabilities);
  EXPECT_EQ(plain.text, other.text);
  EXPECT_EQ(plain.text.size(), 2U);
  EXPECT_EQ(plain.probabilities.size(), 4U);
}

TEST(Model, an_unseen_category_counts_as_missing_or_is_refused) {
  const Model model = small().model;
  const Table table = parse_csv("id_free,width,colour\n0.5,1,pink\n", "a.csv");
  EXPECT_FALSE(model.predict(table).notices.empty());
  const Error error = error_of([&] { (void)model.predict(table, {.refuse_unseen = true}); });
  EXPECT_EQ(error.code, ErrorCode::data);
  EXPECT_NE(error.message().find("pink"), std::string::npos);
}

TEST(Model, missing_columns_are_named) {
  const Error error = error_of([&] { (void)small().model.predict(parse_csv("width,colour\n1,red\n", "a.csv")); });
  EXPECT_EQ(error.code, ErrorCode::data);
  EXPECT_NE(error.message().find("id_free"), std::string::npos);
}

TEST(Model, evaluation_of_the_test_rows_is_what_the_report_says) {
  FitOptions options;
  options.test = 0.0;
  options.validation = 0.0;
  options.epochs = 10;
  const Fitted fitted = fit(dataset(mixed_csv(120), "kind"), options);
  const Evaluation again = fitted.model.evaluate(parse_csv(mixed_csv(120), "same.csv"));
  ASSERT_EQ(again.metrics.size(), fitted.report.metrics.size());
  for (std::size_t i = 0; i < again.metrics.size(); ++i) {
    EXPECT_EQ(again.metrics[i].value, fitted.report.metrics[i].value);
    EXPECT_EQ(again.metrics[i].low, fitted.report.metrics[i].low);
    EXPECT_LE(again.metrics[i].low, again.metrics[i].value);
    EXPECT_GE(again.metrics[i].high, again.metrics[i].value);
  }
  EXPECT_EQ(again.confusion, fitted.report.confusion);
  std::size_t counted = 0;
  for (const std::size_t n : again.confusion) counted += n;
  EXPECT_EQ(counted, 120U);
}

TEST(Model, a_class_that_training_never_saw_is_an_error_in_evaluation) {
  const Table table = parse_csv("id_free,width,colour,kind\n0.5,1,red,perhaps\n", "a.csv");
  const Error error = error_of([&] { (void)small().model.evaluate(table); });
  EXPECT_EQ(error.code, ErrorCode::data);
  EXPECT_NE(error.message().find("perhaps"), std::string::npos);
}

TEST(Model, regression_predicts_in_the_units_of_the_target) {
  FitOptions options;
  options.hidden = Hidden::none();
  const Fitted fitted = fit(dataset(linear_csv(400, 0.01), "y"), options);
  const Predictions answer = fitted.model.predict(parse_csv("x1,x2\n1,1\n0,0\n", "a.csv"));
  ASSERT_EQ(answer.values.size(), 2U);
  EXPECT_NEAR(answer.values[0], 0.0, 0.2);
  EXPECT_NEAR(answer.values[1], 1.0, 0.2);
  EXPECT_EQ(std::to_string(std::stod(answer.text[0])), std::to_string(answer.values[0]));
}

TEST(Model, several_targets_are_learnt_together) {
  std::string csv = "x1,x2,s,d\n";
  base::Random random(5, base::Stream::generate);
  for (int i = 0; i < 200; ++i) {
    const double a = random.normal();
    const double b = random.normal();
    csv +=
        std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(a + b) + "," + std::to_string(a - b) + "\n";
  }
  const Fitted fitted = fit(Dataset(parse_csv(csv, "two.csv"), {.target = {"s", "d"}}));
  EXPECT_EQ(fitted.model.targets(), (std::vector<std::string>{"s", "d"}));
  const Metric* r2 = metric(fitted.report.metrics, "r2");
  ASSERT_NE(r2, nullptr);
  EXPECT_GT(r2->value, 0.95);
}

TEST(Model, independent_labels_have_a_probability_each) {
  std::string csv = "x1,x2,p,q\n";
  base::Random random(6, base::Stream::generate);
  for (int i = 0; i < 200; ++i) {
    const double a = random.normal();
    const double b = random.normal();
    csv += std::to_string(a) + "," + std::to_string(b) + (a > 0 ? ",1" : ",0") + (b > 0 ? ",1\n" : ",0\n");
  }
  const Fitted fitted = fit(Dataset(parse_csv(csv, "labels.csv"), {.target = {"p", "q"}, .task = Task::multilabel}));
  const Predictions answer = fitted.model.predict(parse_csv("x1,x2\n2,-2\n", "a.csv"));
  EXPECT_EQ(answer.text, (std::vector<std::string>{"1", "0"}));
  EXPECT_EQ(answer.classes, (std::vector<std::string>{"p", "q"}));
  const Metric* accuracy = metric(fitted.report.metrics, "accuracy");
  ASSERT_NE(accuracy, nullptr);
  EXPECT_GT(accuracy->value, 0.9);
}

TEST(Model, describe_and_network_json_name_what_is_inside) {
  const Model model = small().model;
  EXPECT_NE(model.describe().find("colour"), std::string::npos);
  EXPECT_NE(model.describe().find(model.weights_digest()), std::string::npos);
  EXPECT_NE(model.network_json(true).find("layers"), std::string::npos);
  EXPECT_GT(model.network_json(true).size(), model.network_json(false).size());
  bool seed = false;
  for (const auto& [name, value] : model.provenance()) seed = seed || (name == "seed" && value == "0");
  EXPECT_TRUE(seed);
}

}  // namespace
}  // namespace deltarule::test
