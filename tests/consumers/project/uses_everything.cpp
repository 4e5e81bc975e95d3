// The whole library in somebody else's program: a table in memory, fit, a model file, the same predictions from it.
#include <cmath>
#include <cstdio>
#include <deltarule/deltarule.hpp>
#include <iostream>
#include <sstream>
#include <string>

namespace dr = deltarule;

namespace {

int faults = 0;

void require(bool holds, const char* what) {
  if (holds) return;
  std::printf("uses_everything: %s\n", what);
  ++faults;
}

/// 400 points on a grid over [−1, 1]²; "same" where both coordinates have one sign. No line separates the classes.
std::string xor_table() {
  std::ostringstream csv;
  csv << "name,x,y,signs\n";
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 20; ++j) {
      const double x = (i - 9.5) / 9.5;
      const double y = (j - 9.5) / 9.5;
      csv << 'p' << i << '_' << j << ',' << x << ',' << y << ',' << ((x > 0) == (y > 0) ? "same" : "different") << '\n';
    }
  return csv.str();
}

double metric(const std::vector<dr::Metric>& metrics, const std::string& name) {
  for (const dr::Metric& one : metrics)
    if (one.name == name) return one.value;
  return std::nan("");
}

}  // namespace

int main() {
  try {
    const dr::Table table = dr::parse_csv(xor_table(), "xor-table");
    require(table.rows() == 400, "not 400 rows");
    const dr::Dataset data(table, {.target = "signs", .ignore = "name"});
    require(data.task() == dr::Task::binary, "two classes are not a binary task");

    const auto [model, report] = dr::fit(data, {.hidden = {16}, .seed = 1});
    require(metric(report.metrics, "accuracy") >= 0.9, "the fitted network does not know XOR on unseen rows");

    model.save("xor.safetensors");
    const dr::Model loaded = dr::Model::load("xor.safetensors");
    const dr::Predictions before = model.predict(table);
    const dr::Predictions after = loaded.predict(table);
    require(before.text.size() == 400, "not one prediction per row");
    require(before.text == after.text && before.probabilities == after.probabilities,
            "a saved model predicts otherwise");

    std::ostringstream text;
    text << report;
    require(!text.str().empty(), "the report prints nothing");

    try {
      (void)dr::Dataset(table, {.target = "sings"});
      require(false, "an unknown column was accepted");
    } catch (const dr::Exception& fault) {
      require(std::string(fault.what()).find("signs") != std::string::npos,
              "the message does not name the near column");
    }
  } catch (const std::exception& fault) {
    std::printf("uses_everything: %s\n", fault.what());
    return 1;
  }
  if (faults == 0) std::printf("uses_everything: ok\n");
  return faults;
}
