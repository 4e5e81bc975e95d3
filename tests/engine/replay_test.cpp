// The program `replay` over tests/cases: what must pass passes, and what cannot be replayed is said and fails.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "training/updates/registry.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Outcome {
  int code = -1;
  std::string output;
};

Outcome replay(const std::string& arguments) {
  const std::string command = std::string(DELTARULE_BIN_DIR) + "/replay " + arguments + " 2>&1";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::string case_path(const std::string& name) {
  return std::string(DELTARULE_SOURCE_DIR) + "/tests/cases/" + name + ".json";
}

json read(const std::string& name) {
  std::ifstream file(case_path(name));
  return json::parse(file);
}

/// A case written for one test.
Outcome replay_text(const std::string& text) {
  const fs::path path = fs::temp_directory_path() / ("deltarule_replay_" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << text;
  Outcome outcome = replay(path.string());
  fs::remove(path);
  return outcome;
}

const std::vector<std::string> kPassing = {"act-tanh",
                                           "binary-ce-order",
                                           "gamma-amounts",
                                           "iris30-sgd",
                                           "irprop-plus-penalties",
                                           "label-smoothing-binary",
                                           "label-smoothing-softmax",
                                           "lbfgs-short-history",
                                           "lm-bayesian",
                                           "lm-everything",
                                           "mazur-fixed-bias",
                                           "mse-sum",
                                           "no-bias-single-units",
                                           "pdp-xor-pattern",
                                           "penalties-300-patterns",
                                           "pinball-quantiles",
                                           "poisson-counts",
                                           "rule-adadelta",
                                           "rule-adagrad",
                                           "rule-adam",
                                           "rule-adamw",
                                           "rule-irprop-minus",
                                           "rule-irprop-plus",
                                           "rule-lbfgs",
                                           "rule-lion",
                                           "rule-lm",
                                           "rule-momentum",
                                           "rule-nesterov",
                                           "rule-quickprop",
                                           "rule-rmsprop",
                                           "rule-rprop-minus",
                                           "rule-rprop-plus",
                                           "rule-scg",
                                           "rule-sgd",
                                           "short-last-batch-mean",
                                           "shortcut-all",
                                           "skip-gelu-selu",
                                           "sklearn-worked-example",
                                           "softmax-ce",
                                           "softmax-half-sse",
                                           "xor-online-order"};

TEST(Replay, PassesEveryCaseWhoseFeaturesExist) {
  for (const std::string& name : kPassing) {
    const Outcome outcome = replay(case_path(name));
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_EQ(outcome.output.rfind("PASS ", 0), 0u) << outcome.output;
    std::size_t comparisons = 0;
    ASSERT_EQ(std::sscanf(outcome.output.substr(outcome.output.find(": ")).c_str(), ": %zu", &comparisons), 1);
    EXPECT_GE(comparisons, 30u) << name;
  }
}

TEST(Replay, HasACaseForEveryUpdateRule) {
  std::set<std::string_view> replayed;
  for (const std::string& name : kPassing) {
    if (!name.starts_with("rule-")) continue;
    const auto entry = deltarule::training::find_update(read(name)["optimizer"]["kind"].get<std::string>());
    ASSERT_TRUE(entry) << name;
    replayed.insert((*entry)->name);
  }
  for (const auto& entry : deltarule::training::update_rules())
    EXPECT_TRUE(replayed.contains(entry.name)) << entry.name;
}

TEST(Replay, NamesWhatItCannotDo) {
  const std::pair<const char*, const char*> refused[] = {{"activation-table", "deltarule-table-1"},
                                                         {"loss-table", "deltarule-table-1"}};
  json unknown = read("rule-irprop-plus");
  unknown["optimizer"]["kind"] = "irprop*";
  const Outcome rule = replay_text(unknown.dump());
  EXPECT_EQ(rule.code, 2);
  EXPECT_EQ(rule.output.rfind("UNSUPPORTED ", 0), 0u) << rule.output;
  EXPECT_NE(rule.output.find("irprop*"), std::string::npos) << rule.output;
  for (const auto& [name, feature] : refused) {
    const Outcome outcome = replay(case_path(name));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.output.rfind("UNSUPPORTED ", 0), 0u) << outcome.output;
    EXPECT_NE(outcome.output.find(feature), std::string::npos) << outcome.output;
  }
}

TEST(Replay, MissesEveryNumberThatIsChanged) {
  const std::vector<json::json_pointer> places{"/expected/loss_sum_initial"_json_pointer,
                                               "/expected/outputs_initial/2/0"_json_pointer,
                                               "/expected/first_batch_gradient/1/bias/0"_json_pointer,
                                               "/expected/after_step/1/weights/0/from/0/1/0"_json_pointer,
                                               "/expected/after_epoch/3/loss_sum"_json_pointer,
                                               "/expected/first_epoch_with_loss_below/epoch"_json_pointer,
                                               "/expected/final/loss_sum"_json_pointer,
                                               "/expected/final/weights/1/from/1/0/1"_json_pointer,
                                               "/training/epochs"_json_pointer,
                                               "/optimizer/mu"_json_pointer};
  std::size_t missed = 0;
  for (const auto& place : places) {
    json changed = read("pdp-xor-pattern");
    if (changed.at(place).is_number_integer())
      changed[place] = changed.at(place).get<int>() + 1;
    else
      changed[place] = changed.at(place).get<double>() * (1 + 1e-8) + 1e-10;
    const Outcome outcome = replay_text(changed.dump());
    EXPECT_EQ(outcome.code, 1) << place << ": " << outcome.output;
    EXPECT_EQ(outcome.output.rfind("MISS ", 0), 0u) << outcome.output;
    ++missed;
  }
  EXPECT_EQ(missed, places.size());
}

TEST(Replay, RefusesUnknownKeysByName) {
  const std::vector<json::json_pointer> parents{
      ""_json_pointer,           "/network"_json_pointer,  "/network/layers/0"_json_pointer, "/training"_json_pointer,
      "/optimizer"_json_pointer, "/expected"_json_pointer, "/expected/final"_json_pointer};
  for (const auto& parent : parents) {
    json changed = read("rule-sgd");
    changed[parent]["dropout"] = 0.5;
    const Outcome outcome = replay_text(changed.dump());
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.output.find("\"dropout\""), std::string::npos) << outcome.output;
  }
}

TEST(Replay, FailsWhenItComparedTooLittle) {
  json nothing = read("rule-sgd");
  nothing["expected"] = json::object();
  EXPECT_EQ(replay_text(nothing.dump()).code, 2);
  json late = read("rule-sgd");
  late["expected"]["after_epoch"][0]["epoch"] = 1000;
  const Outcome outcome = replay_text(late.dump());
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.output.rfind("TOO FEW ", 0), 0u) << outcome.output;
  json untrained = read("rule-sgd");
  const json initial = untrained["expected"]["loss_sum_initial"];
  untrained["expected"] = {{"loss_sum_initial", initial}};
  const Outcome right = replay_text(untrained.dump());
  EXPECT_EQ(right.code, 2) << "right, but nothing that learning changes was compared";
  EXPECT_EQ(right.output.rfind("TOO FEW ", 0), 0u) << right.output;
}

TEST(Replay, RefusesWhatADefaultWouldHide) {
  json no_rate = read("rule-sgd"), no_sources = no_rate, no_order = no_rate;
  no_rate["optimizer"].erase("lr");
  no_sources["network"]["layers"][0]["from"] = json::array();
  no_order["training"]["order"] = json::array();
  for (const json& damaged : {no_rate, no_sources, no_order}) {
    const Outcome outcome = replay_text(damaged.dump());
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.output.rfind("DAMAGED ", 0), 0u) << outcome.output;
  }
}

TEST(Replay, SurvivesDamagedFiles) {
  const std::string whole = read("rule-sgd").dump();
  std::size_t refused = 0;
  for (std::size_t length = 0; length < whole.size(); length += whole.size() / 40) {
    const Outcome outcome = replay_text(whole.substr(0, length));
    EXPECT_EQ(outcome.code, 2) << outcome.output;
    EXPECT_EQ(outcome.output.rfind("DAMAGED ", 0), 0u) << outcome.output;
    ++refused;
  }
  EXPECT_GE(refused, 40u);
  for (const char* text : {"[]", "7", "null", R"({"schema": "deltarule-case-1"})", R"({"schema": 3})"})
    EXPECT_EQ(replay_text(text).code, 2) << text;
  EXPECT_EQ(replay("/nonexistent/case.json").code, 2);
  EXPECT_EQ(replay("").code, 2);
}

TEST(Replay, KnowsMasksParametersAndLayersWithoutBias) {
  json changed = read("rule-sgd");
  changed["network"]["layers"][0]["mask"] = json::parse("[[1,0],[1,1],[0,1],[1,1]]");
  changed["network"]["layers"][0]["activation"] = "leaky_relu(0.2)";
  changed["network"]["layers"][1]["bias"] = false;
  changed["initial"][1].erase("bias");
  changed["expected"] = {{"loss_sum_initial", 1.0}};
  const Outcome outcome = replay_text(changed.dump());
  EXPECT_EQ(outcome.code, 1) << "understood, though the number is another: " << outcome.output;
  EXPECT_NE(outcome.output.find("1 of 1 comparisons"), std::string::npos) << outcome.output;
}

}  // namespace
