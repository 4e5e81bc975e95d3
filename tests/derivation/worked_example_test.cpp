// Two networks small enough for pencil and paper: the example of docs/derivation.md, read from that page, and a
// published one. Both hold the reference pass to "deltas from the weights as they were".
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "derivation/entries.hpp"
#include "derivation/reference.hpp"

namespace deltarule::derivation {
namespace {

using Numbers = std::vector<double>;

/// The cells of a table row of the page, blanks and backticks cut off; empty for any other line.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  if (line.empty() || line[0] != '|') return found;
  std::size_t from = 1;
  for (std::size_t bar; (bar = line.find('|', from)) != std::string::npos; from = bar + 1) {
    const std::string cell = line.substr(from, bar - from);
    const std::size_t first = cell.find_first_not_of(" `"), last = cell.find_last_not_of(" `");
    found.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return found;
}

/// The page's example: what its tables say, by the name in the first column.
struct Page {
  std::map<std::string, double> quantities;
  std::map<std::string, Numbers> weights;  // before, slope, change, after
};

Page read_page() {
  std::ifstream file(std::string(DELTARULE_SOURCE_DIR) + "/docs/derivation.md");
  EXPECT_TRUE(file.good());
  Page page;
  bool in_example = false;
  for (std::string line; std::getline(file, line);) {
    in_example = in_example || line == "## A worked example";
    const auto row = cells(line);
    if (!in_example || row.size() < 3 || row.back().find_first_of("0123456789") == std::string::npos) continue;
    if (row.size() == 3) page.quantities[row[0]] = std::strtod(row[2].c_str(), nullptr);
    if (row.size() == 5)
      for (std::size_t c = 1; c < 5; ++c) page.weights[row[0]].push_back(std::strtod(row[c].c_str(), nullptr));
  }
  return page;
}

/// The example, computed: the names are those of the page.
class Example {
 public:
  Example() {
    graph_ = *base::Graph::create({2, {{2, "sigmoid"}, {1, "sigmoid"}}, "half_squared_error"});
    resolved_ = *resolve(graph_);
    before = pass(w);
    for (std::size_t k = 0; k < w.size(); ++k) changed[k] += equation_2_change(kEta, before.slopes[k]);
    after = pass(changed);
  }

  [[nodiscard]] std::map<std::string, double> quantities() const {
    std::map<std::string, double> all = {{"E", before.E}, {"E(after)", after.E}};
    const std::vector<std::pair<std::string, std::pair<std::size_t, std::size_t>>> units = {
        {"(h1.1)", {0, 0}}, {"(h1.2)", {0, 1}}, {"(y1)", {1, 0}}};
    for (const auto& [name, at] : units) {
      const auto& layer = before.layers[at.first];
      all["I" + name] = layer.I[at.second];
      all["a" + name] = layer.a[at.second];
      all["f'" + name] = layer.f_prime[at.second];
      all["dE/da" + name] = layer.dE_da[at.second];
      all["delta" + name] = layer.delta[at.second];
    }
    all["dE/da(x1)"] = before.dE_dx[0];
    all["dE/da(x2)"] = before.dE_dx[1];
    all["delta(h1.1), wrongly"] = equation_12_delta<double>(before.layers[0].f_prime[0], before.layers[1].delta,
                                                            std::span(changed).subspan(6, 1));
    return all;
  }

  static constexpr double kEta = 0.5;
  // Canonical order: [receiving][sending] and the biases, layer by layer.
  const std::vector<std::string> names = {"x1:h1.1", "x2:h1.1", "x1:h1.2", "x2:h1.2", "1:h1.1",
                                          "1:h1.2",  "h1.1:y1", "h1.2:y1", "1:y1"};
  const Numbers w = {0.2, -0.4, 0.6, 0.3, 0.1, -0.2, 0.7, -0.5, 0.3};
  Numbers changed = w;
  ReferencePass<double> before, after;

 private:
  [[nodiscard]] ReferencePass<double> pass(const Numbers& weights) const {
    const Numbers x = {1.0, 0.5}, t = {1.0};
    return reference_pass<double>(graph_, resolved_, weights, x, t);
  }
  base::Graph graph_;
  Resolved resolved_;
};

constexpr double kHalfADigit = 0.5e-6 * (1 + 1e-9);  // the page prints six decimals

TEST(WorkedExample, EachNumberOfThePageIsTheComputedOne) {
  const Page page = read_page();
  const Example example;
  const auto computed = example.quantities();
  EXPECT_EQ(page.quantities.size(), computed.size());
  for (const auto& [name, value] : computed) {
    const auto printed = page.quantities.find(name);
    ASSERT_NE(printed, page.quantities.end()) << name << " is not on the page";
    EXPECT_NEAR(printed->second, value, kHalfADigit) << name;
  }
  EXPECT_EQ(page.weights.size(), example.names.size());
  for (std::size_t k = 0; k < example.names.size(); ++k) {
    const auto printed = page.weights.find(example.names[k]);
    ASSERT_NE(printed, page.weights.end()) << example.names[k] << " is not on the page";
    EXPECT_EQ(printed->second[0], example.w[k]);
    EXPECT_NEAR(printed->second[1], example.before.slopes[k], kHalfADigit) << example.names[k];
    EXPECT_NEAR(printed->second[2], example.changed[k] - example.w[k], kHalfADigit) << example.names[k];
    EXPECT_NEAR(printed->second[3], example.changed[k], kHalfADigit) << example.names[k];
  }
}

TEST(WorkedExample, TheEquationsOneByOneGiveWhatTheWholePassGives) {
  const Example example;
  const auto& hidden = example.before.layers[0];
  const auto& output = example.before.layers[1];
  const double t = 1.0, a = output.a[0], delta = equation_10_delta(t, a, output.f_prime[0]);
  EXPECT_EQ(equation_1_error<double>(Numbers{t}, output.a), example.before.E);
  EXPECT_EQ(equation_7_delta(equation_9_dE_da(t, a), output.f_prime[0]), delta);
  EXPECT_EQ(output.delta[0], delta);
  EXPECT_EQ(hidden.delta[0], equation_12_delta<double>(hidden.f_prime[0], Numbers{delta}, Numbers{0.7}));
  EXPECT_EQ(hidden.delta[0], equation_7_delta(hidden.dE_da[0], hidden.f_prime[0]));
  // (6) is (2) with (3), (4) and (5).
  const double by_6 = equation_6_change(Example::kEta, delta, hidden.a[0]);
  const double by_2 =
      equation_2_change(Example::kEta, equation_3_slope(equation_5_dE_dI(delta), equation_4_dI_dw(hidden.a[0])));
  EXPECT_EQ(by_6, by_2);
  EXPECT_EQ(equation_5_delta(equation_5_dE_dI(delta)), delta);
}

TEST(WorkedExample, ThePageHasARowForEveryActivationAndLoss) {
  std::ifstream file(std::string(DELTARULE_SOURCE_DIR) + "/docs/derivation.md");
  std::map<std::string, int> rows;
  for (std::string line; std::getline(file, line);)
    if (const auto row = cells(line); row.size() >= 3) ++rows[row[0].substr(0, row[0].find_first_of("(`"))];
  for (const ActivationEntry& entry : activation_entries()) EXPECT_EQ(rows[std::string(entry.name)], 1) << entry.name;
  for (const LossEntry& entry : loss_entries()) EXPECT_EQ(rows[std::string(entry.name)], 1) << entry.name;
}

/// The weights of a case file in canonical order.
Numbers canonical(const nlohmann::json& layers) {
  Numbers w;
  for (const auto& layer : layers) {
    for (const auto& [source, rows] : layer["from"].items())
      for (const auto& row : rows)
        for (const double one : row) w.push_back(one);
    for (const double one : layer["bias"]) w.push_back(one);
  }
  return w;
}

/// One step of (6) with fixed biases; canonical positions 4, 5, 10 and 11 of the 2-2-2 network are biases.
bool is_bias(std::size_t k) { return k == 4 || k == 5 || k == 10 || k == 11; }

TEST(WorkedExample, ThePublishedExampleFollowsFromTheOldWeights) {
  std::ifstream file(std::string(DELTARULE_SOURCE_DIR) + "/tests/cases/mazur-fixed-bias.json");
  ASSERT_TRUE(file.good());
  const auto data = nlohmann::json::parse(file);
  const auto graph = *base::Graph::create({2, {{2, "sigmoid"}, {2, "sigmoid"}}, "half_squared_error"});
  const auto resolved = *resolve(graph);
  const Numbers x = data["data"]["x"][0], t = data["data"]["t"][0];
  Numbers w = canonical(data["initial"]);
  const auto pass = reference_pass<double>(graph, resolved, w, x, t);
  const Numbers slopes = canonical(data["expected"]["first_batch_gradient"]);
  ASSERT_EQ(slopes.size(), 12U);
  for (std::size_t k = 0; k < slopes.size(); ++k) EXPECT_NEAR(pass.slopes[k], slopes[k], 1e-14) << k;
  for (std::size_t k = 0; k < w.size(); ++k) w[k] += is_bias(k) ? 0.0 : equation_2_change(0.5, pass.slopes[k]);

  const Numbers printed = data["published"]["weights_after_1"];
  std::size_t next = 0;
  for (std::size_t k = 0; k < w.size(); ++k)
    if (!is_bias(k)) {
      EXPECT_NEAR(w[k], printed[next++], 5e-9) << k;
    }
  EXPECT_EQ(next, printed.size());
  const double E = reference_error<double>(graph, resolved, w, x, t);
  EXPECT_NEAR(E, data["expected"]["after_step"][0]["loss_sum"].get<double>(), 1e-14);
  EXPECT_GT(std::fabs(E - data["published"]["E_after_1"].get<double>()), 1e-8) << "the printed error is the mistake's";
}

}  // namespace
}  // namespace deltarule::derivation
