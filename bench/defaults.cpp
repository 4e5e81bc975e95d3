// What the defaults lead to: one table, one line per data set, mean over seeds of the metric on 20 % test rows, beside
// the bar it is held to. Run as `bench_defaults [NAME …]`; NAMEs choose lines, the tables are in bench/data.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "app/access.hpp"
#include "base/random.hpp"
#include "data/split.hpp"
#include "deltarule/deltarule.hpp"

namespace dr = deltarule;

namespace {

struct Case {
  std::string name;
  std::string metric;
  double bar;
  std::uint64_t first_seed;
  std::size_t seeds;
  std::function<dr::Dataset()> data;
  dr::FitOptions options = {};
  bool beside_least_squares = false;
};

double value_of(const std::vector<dr::Metric>& metrics, const std::string& name) {
  for (const dr::Metric& metric : metrics)
    if (metric.name == name) return metric.value;
  return std::nan("");
}

dr::Dataset from_text(const std::string& text, const std::string& name) {
  return dr::Dataset(dr::parse_csv(text, name), {.target = "y"});
}

/// Two interleaved spirals of 500 points each, out to `radius` after `turns`, noise 0.05.
dr::Dataset spirals(double turns, double radius) {
  dr::base::Random random(7, dr::base::Stream::generate);
  std::ostringstream text;
  text << "x1,x2,y\n";
  for (int arm = 0; arm < 2; ++arm) {
    for (int i = 0; i < 500; ++i) {
      const double along = std::sqrt(random.uniform());
      const double angle = along * turns * 2.0 * std::numbers::pi + arm * std::numbers::pi;
      text << radius * along * std::cos(angle) + 0.05 * random.normal() << ','
           << radius * along * std::sin(angle) + 0.05 * random.normal() << ',' << (arm == 0 ? "a" : "b") << '\n';
    }
  }
  return from_text(text.str(), "spirals.csv");
}

dr::Dataset friedman() {
  dr::base::Random random(9, dr::base::Stream::generate);
  std::ostringstream text;
  text.precision(17);
  text << "x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,y\n";
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> x(10);
    for (double& v : x) {
      v = random.uniform();
      text << v << ',';
    }
    text << 10.0 * std::sin(std::numbers::pi * x[0] * x[1]) + 20.0 * (x[2] - 0.5) * (x[2] - 0.5) + 10.0 * x[3] +
                5.0 * x[4] + random.normal()
         << '\n';
  }
  return from_text(text.str(), "friedman1.csv");
}

/// Solves A w = b by Gaussian elimination with pivoting; A is positive definite here.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < n; ++r)
      if (std::fabs(a[r][c]) > std::fabs(a[pivot][c])) pivot = r;
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    for (std::size_t r = c + 1; r < n; ++r) {
      const double factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k < n; ++k) a[r][k] -= factor * a[c][k];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t r = n; r-- > 0;) {
    for (std::size_t k = r + 1; k < n; ++k) b[r] -= a[r][k] * b[k];
    b[r] /= a[r][r];
  }
  return b;
}

/// R² of least squares in closed form, fitted on training and validation rows of the split that fit() draws.
double least_squares(const dr::Dataset& data, std::uint64_t seed) {
  const auto& table = dr::app::TableAccess::table(data.table());
  const auto& schema = dr::app::DatasetAccess::state(data).schema;
  const auto split = dr::data::split_rows(schema, {0.15, 0.2, dr::Seed{seed}}).value();
  std::vector<std::uint32_t> rows = split.training;
  rows.insert(rows.end(), split.validation.begin(), split.validation.end());
  const std::size_t n = schema.features.size() + 1;
  const auto x = [&](std::uint32_t row, std::size_t k) {
    return k + 1 == n ? 1.0 : table.columns[schema.features[k]].numbers[row];
  };
  const auto& t = table.columns[schema.targets[0]].numbers;
  std::vector<std::vector<double>> a(n, std::vector<double>(n));
  std::vector<double> b(n);
  for (const std::uint32_t row : rows) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) a[i][k] += x(row, i) * x(row, k);
      b[i] += x(row, i) * t[row];
    }
  }
  const std::vector<double> w = solve(a, b);
  double mean = 0.0, error = 0.0, spread = 0.0;
  for (const std::uint32_t row : split.test) mean += t[row] / static_cast<double>(split.test.size());
  for (const std::uint32_t row : split.test) {
    double y = 0.0;
    for (std::size_t k = 0; k < n; ++k) y += w[k] * x(row, k);
    error += (t[row] - y) * (t[row] - y);
    spread += (t[row] - mean) * (t[row] - mean);
  }
  return 1.0 - error / spread;
}

bool run(const Case& one) {
  const dr::Dataset data = one.data();
  double sum = 0.0, lowest = 1e9, linear = 0.0, squares = 0.0;
  std::size_t epochs = 0;
  for (std::size_t i = 0; i < one.seeds; ++i) {
    dr::FitOptions options = one.options;
    options.seed = one.first_seed + i;
    const dr::Fitted fitted = dr::fit(data, options);
    const double value = value_of(fitted.report.metrics, one.metric);
    sum += value;
    lowest = std::min(lowest, value);
    epochs += fitted.report.training.best_epoch;
    if (fitted.report.baselines.size() > 1) linear += value_of(fitted.report.baselines[1].metrics, one.metric);
    if (one.beside_least_squares) squares += least_squares(data, options.seed);
  }
  const auto n = static_cast<double>(one.seeds);
  const double bar = one.beside_least_squares ? squares / n + one.bar : one.bar;
  const bool passed = sum / n >= bar;
  std::printf("%-12s %-9s %5zu %8.4f %8.4f %8.4f %8.4f %7.0f  %s\n", one.name.c_str(), one.metric.c_str(), one.seeds,
              sum / n, lowest, linear / n, bar, static_cast<double>(epochs) / n, passed ? "ok" : "BELOW");
  std::fflush(stdout);
  return passed;
}

std::vector<Case> cases(std::uint64_t seed) {
  const std::string root = DELTARULE_SOURCE_DIR;
  const auto file = [root](const char* name, const char* target) {
    return [=] { return dr::Dataset(dr::read_csv(root + "/" + name), {.target = target}); };
  };
  dr::FitOptions digits;
  digits.hidden = {100};
  digits.epochs = 15;
  dr::FitOptions long_run;
  long_run.epochs = 400;
  std::vector<Case> all{
      {"penguins", "accuracy", 0.97, seed, 5, file("examples/penguins.csv", "species")},
      {"iris", "accuracy", 0.94, seed, 5, file("bench/data/iris.csv", "class")},
      {"wine", "accuracy", 0.97, seed, 5, file("bench/data/wine.csv", "class")},
      {"wdbc", "accuracy", 0.965, seed, 5, file("bench/data/wdbc.csv", "class")},
      {"digits8x8", "accuracy", 0.975, seed, 5, file("bench/data/digits8x8.csv", "class")},
      {"diabetes", "r2", -0.02, seed, 20, file("bench/data/diabetes.csv", "progression"), {}, true},
      {"spirals-1.5", "accuracy", 0.98, seed, 3, [] { return spirals(1.5, 3.0); }, long_run},
      {"spirals-3", "accuracy", 0.98, seed, 3, [] { return spirals(3.0, 6.5); }, long_run},
      {"friedman1", "r2", 0.92, seed, 3, [] { return friedman(); }},
  };
  // The first 10,000 digits of MNIST as columns of pixels and "label", not shipped; the line is left out without them.
  const char* mnist = "bench/data/mnist_train.csv";
  if (std::ifstream(root + "/" + mnist))
    all.push_back({"mnist", "accuracy", 0.945, seed, 1, file(mnist, "label"), digits});
  else
    std::printf("mnist: left out, there is no %s\n", mnist);
  return all;
}

}  // namespace

int main(int count, char** words) {
  const char* seed = std::getenv("SEED");  // the first seed of each line
  const std::vector<std::string> names(words + 1, words + count);
  std::printf("%-12s %-9s %5s %8s %8s %8s %8s %7s\n", "data", "metric", "seeds", "mean", "lowest", "linear", "bar",
              "epochs");
  bool all_passed = true;
  try {
    for (const Case& one : cases(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 0)) {
      const bool wanted = names.empty() || std::find(names.begin(), names.end(), one.name) != names.end();
      if (wanted) all_passed = run(one) && all_passed;
    }
  } catch (const dr::Exception& fault) {
    std::fprintf(stderr, "%s\n", fault.what());
    return 3;
  }
  return all_passed ? 0 : 1;
}
