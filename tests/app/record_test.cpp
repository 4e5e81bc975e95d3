// Laws of a record: it holds what the derivation says of the weights of each moment, its moments are where they were
// asked for, and nothing that is recorded changes a bit of what is learnt.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/graph.hpp"
#include "derivation/reference.hpp"
#include "network/network.hpp"
#include "npz.hpp"
#include "tables.hpp"
#include "training/error_bounds.hpp"

namespace deltarule::test {
namespace {

namespace fs = std::filesystem;
using Arrays = std::map<std::string, Array>;

class RecordFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "deltarule-record-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string bytes_of(const Record& record) const {
    record.save(path("r.npz"), true);
    std::ifstream in(path("r.npz"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] Arrays arrays_of(const Record& record) const { return parse_npz(bytes_of(record)); }
  /// Everything, each epoch, of 30 rows.
  [[nodiscard]] FitOptions all(std::size_t epochs) const {
    FitOptions options;
    options.hidden = {5};
    options.epochs = epochs;
    options.baselines = false;
    options.batch_size = 16;
    options.record = {.weights = true, .activations = true, .deltas = true, .rows = 30, .folder = folder_.string()};
    return options;
  }
  fs::path folder_;
};

std::vector<double> values(const Arrays& arrays, const std::string& name) {
  const auto found = arrays.find(name);
  if (found == arrays.end()) {
    ADD_FAILURE() << "no array " << name;
    return {};
  }
  return found->second.values();
}
using Shape = std::vector<std::uint64_t>;

/// Counts 0, `every`, 2 `every` … below `end`.
std::vector<double> steps_of(std::size_t every, std::size_t end) {
  std::vector<double> all;
  for (std::size_t k = 0; k < end; k += every) all.push_back(static_cast<double>(k));
  return all;
}

TEST_F(RecordFile, HoldsTheFirstWeightsEachEpochAndThoseThatAreKept) {
  FitOptions options = all(7);
  options.patience = 0;
  const Fitted fitted = fit(dataset(mixed_csv(120), "kind"), options);
  const Arrays arrays = arrays_of(fitted.report.record);
  EXPECT_EQ(values(arrays, "epoch"), steps_of(1, 8));
  EXPECT_EQ(fitted.report.record.moments(), 8U);
  const std::vector<double> step = values(arrays, "step");
  for (std::size_t e = 0; e < 7; ++e)
    EXPECT_EQ(step[e + 1], static_cast<double>(fitted.report.training.history[e].steps));
  const std::size_t inputs = fitted.model.inputs().size(), outputs = fitted.model.outputs().size();
  EXPECT_EQ(arrays.at("weights/h1").shape, (Shape{8, 5, inputs}));
  EXPECT_EQ(arrays.at("weights/out").shape, (Shape{8, outputs, 5}));
  EXPECT_EQ(arrays.at("biases/h1").shape, (Shape{8, 5}));
  EXPECT_EQ(arrays.at("net_inputs/h1").shape, (Shape{8, 30, 5}));
  EXPECT_EQ(arrays.at("deltas/out").shape, (Shape{8, 30, outputs}));
  EXPECT_EQ(arrays.at("inputs").shape, (Shape{30, inputs}));
  EXPECT_EQ(arrays.at("targets").shape, (Shape{30, outputs}));
  // The kept weights are the model's, to the bit; the first are those of a run of no length to speak of.
  fitted.model.save(path("m"));
  const std::vector<double> kept = read_network(path("m")).weights;
  std::vector<double> last;
  for (const char* name : {"weights/h1", "biases/h1", "weights/out", "biases/out"}) {
    const std::vector<double> moments = values(arrays, name);
    last.insert(last.end(), moments.end() - static_cast<std::ptrdiff_t>(moments.size() / 8), moments.end());
  }
  EXPECT_EQ(last, kept);
  const std::string about = arrays.at("about").bytes;
  EXPECT_NE(about.find("\"inputs\":[\"id_free\",\"width\""), std::string::npos) << about;
  EXPECT_NE(about.find("\"layers\":[\"h1\",\"out\"]"), std::string::npos) << about;
}

TEST_F(RecordFile, HoldsOnlyWhatWasAskedFor) {
  FitOptions options = all(3);
  options.record = {.weights = true, .folder = folder_.string()};
  Arrays arrays = arrays_of(fit(dataset(mixed_csv(80), "kind"), options).report.record);
  EXPECT_TRUE(arrays.contains("weights/out"));
  for (const char* name : {"inputs", "rows", "activations/out", "deltas/out"}) EXPECT_FALSE(arrays.contains(name));
  options.record = {.deltas = true, .every = {.epochs = 2}, .folder = folder_.string()};
  arrays = arrays_of(fit(dataset(mixed_csv(80), "kind"), options).report.record);
  EXPECT_EQ(values(arrays, "epoch"), (std::vector<double>{0, 2, 3})) << "the last one is not after an interval";
  for (const char* name : {"weights/out", "activations/out", "net_inputs/out"}) EXPECT_FALSE(arrays.contains(name));
  options.record = {};
  const Record none = fit(dataset(mixed_csv(80), "kind"), options).report.record;
  EXPECT_TRUE(none.empty());
  none.save(path("none.npz"));
  EXPECT_FALSE(fs::exists(path("none.npz")));
  EXPECT_EQ(none.moments(), 0U);
}

TEST_F(RecordFile, ChangesNoBitOfWhatIsLearntAndIsTheSameForAnyNumberOfThreads) {
  const Dataset data = dataset(mixed_csv(150), "kind");
  std::size_t compared = 0;
  for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, std::size_t{0}})
    for (const RecordInterval every : {RecordInterval{.epochs = 1}, RecordInterval{.steps = 7}}) {
      FitOptions options = all(6);
      options.batch_size = batch;
      options.refit = true;
      options.dropout = {.hidden = 0.25};
      options.record.every = every;
      FitOptions plain = options;
      plain.record = {};
      const Fitted without = fit(data, plain), with = fit(data, options);
      EXPECT_EQ(without.model.to_bytes(), with.model.to_bytes());
      EXPECT_EQ(history_csv(without.report), history_csv(with.report));
      const std::string record = bytes_of(with.report.record);
      for (const std::size_t threads : {2U, 3U}) {
        options.threads = threads;
        EXPECT_EQ(bytes_of(fit(data, options).report.record), record);
        ++compared;
      }
    }
  EXPECT_EQ(compared, 12U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1) << "only r.npz";
}

TEST_F(RecordFile, ItsMomentsMayBeWeightChanges) {
  const Dataset data = dataset(mixed_csv(100), "kind");
  for (const std::size_t batch : {std::size_t{1}, std::size_t{16}}) {
    FitOptions options = all(4);
    options.patience = 0;
    options.batch_size = batch;
    options.record.every = {.steps = 3};
    const Fitted fitted = fit(data, options);
    const std::uint64_t steps = fitted.report.training.steps;
    std::vector<double> expected = steps_of(3, steps + 1);
    if (steps % 3 != 0) expected.push_back(static_cast<double>(steps));
    const Arrays arrays = arrays_of(fitted.report.record);
    EXPECT_EQ(values(arrays, "step"), expected);
    const std::vector<double> epoch = values(arrays, "epoch");
    const double per_epoch = static_cast<double>(steps) / 4;
    for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_EQ(epoch[k], std::ceil(expected[k] / per_epoch));
  }
}

TEST_F(RecordFile, EndsWithTheBestEpochAndHoldsTheRefitApart) {
  FitOptions options = all(60);
  options.learning_rate = 0.05;
  options.patience = 3;
  options.refit = true;
  options.optimizer = "adam";
  const Fitted fitted = fit(dataset(mixed_csv(60, 4), "kind"), options);
  const FitResult& training = fitted.report.training;
  ASSERT_TRUE(fitted.report.refitted);
  ASSERT_LT(training.best_epoch, training.epochs) << "the table is to be learnt by heart";
  const Arrays arrays = arrays_of(fitted.report.record);
  const std::vector<double> epoch = values(arrays, "epoch");
  ASSERT_EQ(epoch.size(), training.epochs + 2);
  EXPECT_EQ(epoch.back(), static_cast<double>(training.best_epoch));
  const std::vector<double> weights = values(arrays, "weights/h1");
  const std::size_t size = weights.size() / epoch.size();
  EXPECT_TRUE(std::equal(weights.end() - static_cast<std::ptrdiff_t>(size), weights.end(),
                         weights.begin() + static_cast<std::ptrdiff_t>(size * training.best_epoch)));
  const std::vector<double> again = values(arrays, "refit/epoch");
  EXPECT_EQ(again, steps_of(1, fitted.report.refit_epochs + 1));
  fitted.model.save(path("m"));
  const std::vector<double> kept = read_network(path("m")).weights, refitted = values(arrays, "refit/weights/h1");
  EXPECT_TRUE(std::equal(refitted.end() - static_cast<std::ptrdiff_t>(size), refitted.end(), kept.begin()));
  EXPECT_TRUE(arrays.contains("refit/inputs"));
}

TEST_F(RecordFile, ItsRowsAreTheFirstTrainingRowsOfTheFile) {
  const std::string csv = mixed_csv(90);
  FitOptions options = all(1);
  options.scale = "none";
  const Fitted fitted = fit(dataset(csv, "kind"), options);
  const Arrays arrays = arrays_of(fitted.report.record);
  const std::vector<double> rows = values(arrays, "rows"), lines = values(arrays, "lines"),
                            inputs = values(arrays, "inputs");
  ASSERT_EQ(rows.size(), 30U);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_GT(rows.back(), 30.0) << "some rows are held out";
  const Table table = parse_csv(csv, "table.csv");
  std::istringstream text(csv);
  std::vector<std::string> all_lines;
  for (std::string line; std::getline(text, line);) all_lines.push_back(line);
  const std::size_t columns = inputs.size() / rows.size();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    EXPECT_EQ(lines[k], rows[k] + 1) << "after the header";
    const std::string& line = all_lines[static_cast<std::size_t>(lines[k]) - 1];
    EXPECT_EQ(static_cast<float>(inputs[k * columns]), std::stof(line)) << line;
  }
  FitOptions many = all(1);
  many.record.rows = 1000;
  const Fitted everything = fit(dataset(csv, "kind"), many);
  EXPECT_EQ(values(arrays_of(everything.report.record), "rows").size(), everything.report.plan.training_rows);
}

// ---- the derivation ----

/// The weights of one moment in canonical order.
std::vector<double> weights_at(const Arrays& arrays, const base::Graph& graph, std::size_t moment) {
  std::vector<double> all;
  const auto add = [&](const std::string& name) {
    const std::vector<double> moments = values(arrays, name);
    const std::size_t size = moments.size() / values(arrays, "epoch").size();
    all.insert(all.end(), moments.begin() + static_cast<std::ptrdiff_t>(moment * size),
               moments.begin() + static_cast<std::ptrdiff_t>((moment + 1) * size));
  };
  const std::size_t last = graph.layers().size() - 1;
  const auto name = [&](std::size_t l) { return l == last ? std::string("out") : "h" + std::to_string(l + 1); };
  for (std::size_t l = 0; l <= last; ++l) {
    const base::Layer& layer = graph.layers()[l];
    for (const base::Block& block : layer.blocks)
      add("weights/" + name(l) +
          (layer.blocks.size() == 1 ? "" : "/" + (block.source == 0 ? "inputs" : name(block.source - 1))));
    if (layer.bias) add("biases/" + name(l));
    for (const char* row : {"gains/", "running_means/", "running_variances/"})
      if (arrays.contains(row + name(l))) add(row + name(l));
  }
  return all;
}

struct Compared : training::testing::Misses {
  std::size_t passes = 0, skipped = 0;
};

/// Every recorded number of every moment against the derivation's pass with the weights of that moment.
void compare_with_the_derivation(const Arrays& arrays, const NetworkSpec& spec, double u, Compared& tally) {
  const auto network = network::Network<double>::create(spec);
  ASSERT_TRUE(network);
  const base::Graph& graph = network->graph();
  const std::size_t moments = values(arrays, "epoch").size(), rows = values(arrays, "rows").size();
  const std::vector<double> x = values(arrays, "inputs"), t = values(arrays, "targets");
  const std::size_t inputs = x.size() / rows, outputs = t.size() / rows, last = graph.layers().size() - 1;
  std::map<std::string, std::vector<double>> recorded;
  for (const auto& [name, array] : arrays) recorded[name] = array.values();
  for (std::size_t m = 0; m < moments; ++m) {
    const std::vector<double> w = weights_at(arrays, graph, m);
    const training::testing::ErrorBounds bounds(graph, network->resolved(), w, u);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::span<const double> own_x(x.data() + r * inputs, inputs), own_t(t.data() + r * outputs, outputs);
      const auto pass = derivation::reference_pass<double>(graph, network->resolved(), w, own_x, own_t);
      training::testing::Bounds bound = bounds.of(pass, own_t);
      if (near_a_kink(network->resolved(), pass, bound, own_t)) {
        ++tally.skipped;
        continue;
      }
      ++tally.passes;
      for (std::size_t l = 0; l <= last; ++l) {
        const std::string name = l == last ? "out" : "h" + std::to_string(l + 1);
        const bool normalised = graph.layers()[l].is_normalised();
        for (std::size_t j = 0; j < graph.layers()[l].units; ++j) {
          const std::size_t at = (m * rows + r) * graph.layers()[l].units + j;
          const auto& of = pass.layers[l];
          const double wide = network->graph().spec().layers[0].normalise.empty() ? 1.0 : 1e3;  // not in the bounds
          tally.compare(recorded["net_inputs/" + name][at], of.y[j], wide * (bound.I[l][j] + u), "net input");
          tally.compare(recorded["activations/" + name][at], of.a[j], wide * (bound.a[l][j] + u), "activation");
          tally.compare(recorded["deltas/" + name][at], of.delta[j], wide * (bound.delta[l][j] + u), "delta");
          if (normalised)
            tally.compare(recorded["deltas_seen/" + name][at], of.delta_y[j], wide * (bound.delta[l][j] + u), "delta");
        }
      }
    }
  }
}

TEST_F(RecordFile, ItsNumbersAreTheDerivationsWithTheWeightsOfTheMoment) {
  struct Work {
    std::string csv, target;
    std::optional<std::string> loss, activation, normalise;
    std::vector<LayerSpec> layers = {};
  };
  const std::string classes = mixed_csv(90), numbers = linear_csv(90);
  const std::vector<Work> works = {{classes, "kind", {}, "tanh", {}},
                                   {classes, "colour", {}, "sigmoid", {}},
                                   {classes, "colour", {}, "relu", {}},
                                   {numbers, "y", {}, "softplus", {}},
                                   {numbers, "y", "huber", "elu", {}},
                                   {numbers, "y", "pinball(0.9)", "gaussian", {}},
                                   {classes, "kind", {}, "tanh", "layer"},
                                   {classes, "kind", {}, "relu", "batch"},
                                   {numbers,
                                    "y",
                                    {},
                                    {},
                                    {},
                                    {{.units = 4, .activation = "tanh"},
                                     {.units = 3, .activation = "sigmoid", .from = {{0}, {1}}},
                                     {.units = 1, .activation = "identity", .from = {{0}, {1}, {2}}}}}};
  Compared single, both;
  for (const std::string precision : {"f32", "f64"})
    for (const Work& work : works) {
      FitOptions options = all(3);
      options.hidden = {5, 4};
      options.activation = work.activation;
      options.loss = work.loss;
      options.normalise = work.normalise;
      options.precision = precision;
      options.dropout = work.layers.empty() ? Dropout{.inputs = 0.1, .hidden = 0.3} : Dropout{};
      options.input_noise = 0.2;  // the passes of the record have neither
      if (!work.layers.empty()) {
        options.hidden = {};
        options.network = NetworkSpec{.inputs = 2, .layers = work.layers};
      }
      options.record.rows = 300;
      const Fitted fitted = fit(dataset(work.csv, work.target.c_str()), options);
      const double u = precision == "f32" ? 1.1920929e-7 : 2.220446049250313e-16;
      compare_with_the_derivation(arrays_of(fitted.report.record), fitted.model.spec(), u,
                                  precision == "f32" ? single : both);
      if (HasFailure()) return;
    }
  std::printf("%zu and %zu passes, %zu and %zu numbers, worst %.3f and %.3f of the bound\n", single.passes, both.passes,
              single.numbers, both.numbers, single.worst, both.worst);
  EXPECT_GT(single.passes, 1500U);
  EXPECT_GT(both.passes, 1500U);
  EXPECT_LT(single.skipped, 300U);
}

TEST_F(RecordFile, ItsTargetsAreThoseThatAreLearnt) {
  FitOptions options = all(1);
  options.label_smoothing = 0.1;
  const Fitted fitted = fit(dataset(mixed_csv(90), "colour"), options);
  const Arrays arrays = arrays_of(fitted.report.record);
  std::size_t ones = 0;
  for (const double t : values(arrays, "targets")) {
    const bool is_one = t > 0.5;
    EXPECT_NEAR(t, is_one ? 1 - 0.1 + 0.1 / 3 : 0.1 / 3, 1e-6);
    ones += is_one ? 1 : 0;
  }
  EXPECT_EQ(ones, 30U);
  Compared tally;
  compare_with_the_derivation(arrays, fitted.model.spec(), 1.1920929e-7, tally);
  EXPECT_GT(tally.passes, 50U);
}

// ---- what goes wrong ----

TEST_F(RecordFile, ForgetsTheEpochsThatARollbackTakesBack) {
  std::size_t rollbacks = 0;
  for (const RecordInterval every : {RecordInterval{.epochs = 1}, RecordInterval{.steps = 5}}) {
    FitOptions options = all(30);
    options.hidden = {8};
    options.activation = "relu";
    options.optimizer = "delta-rule";
    options.learning_rate = 6.0;
    options.on_divergence = "rollback";
    options.patience = 0;
    options.record.every = every;
    const Fitted fitted = fit(dataset(linear_csv(300), "y"), options);
    const FitResult& training = fitted.report.training;
    rollbacks += training.rollbacks.size();
    const Arrays arrays = arrays_of(fitted.report.record);
    const std::vector<double> epoch = values(arrays, "epoch"), step = values(arrays, "step");
    EXPECT_TRUE(std::is_sorted(epoch.begin(), epoch.end()));
    EXPECT_TRUE(std::is_sorted(step.begin(), step.end()));
    EXPECT_EQ(epoch.back(), static_cast<double>(training.epochs));
    if (every.epochs == 1) {
      EXPECT_EQ(epoch, steps_of(1, training.epochs + 1));
      for (std::size_t e = 0; e < training.history.size(); ++e)
        EXPECT_EQ(step[e + 1], static_cast<double>(training.history[e].steps));
    }
    for (const double weight : values(arrays, "weights/h1")) EXPECT_LT(std::fabs(weight), 1e6);
  }
  EXPECT_GT(rollbacks, 1U);
}

TEST_F(RecordFile, IsRefusedWhereItMakesNoSense) {
  const Dataset data = dataset(mixed_csv(90), "kind");
  std::size_t refused = 0;
  const auto refuse = [&](const FitOptions& options, ErrorCode code, const std::string& words) {
    const Error error = error_of([&] { (void)fit(data, options); });
    EXPECT_EQ(error.code, code) << error.message();
    EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
    ++refused;
  };
  FitOptions options = all(3);
  options.record.every = {};
  refuse(options, ErrorCode::usage, "--every");
  options = all(3);
  options.record.rows = 0;
  refuse(options, ErrorCode::usage, "--record-rows");
  options = all(3);
  options.record.folder = path("none");
  refuse(options, ErrorCode::io, path("none"));
  EXPECT_EQ(refused, 3U);
  const Error folds = error_of([&] { (void)cross_validate(data, all(2)); });
  EXPECT_EQ(folds.code, ErrorCode::usage) << folds.message();
  EXPECT_NE(folds.message().find("record"), std::string::npos) << folds.message();
  const Error search = error_of([&] { (void)tune(data, all(2)); });
  EXPECT_EQ(search.code, ErrorCode::usage) << search.message();
  EXPECT_NE(search.message().find("record"), std::string::npos) << search.message();
  const Fitted fitted = fit(data, all(2));
  std::ofstream(path("taken.npz")) << "mine";
  EXPECT_EQ(error_of([&] { fitted.report.record.save(path("taken.npz")); }).code, ErrorCode::io);
  EXPECT_EQ(error_of([&] { fitted.report.record.save(path("none/r.npz")); }).code, ErrorCode::io);
}

TEST_F(RecordFile, AFullDiskEndsTheRunWithWhatToDo) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);  // write() then fails with EFBIG, halfway as on a full disk
    const rlimit limit{60'000, 60'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Error error = error_of([&] { (void)fit(dataset(mixed_csv(90), "kind"), all(200)); });
    ::_exit(error.code == ErrorCode::io && error.fix.find("Free some space") == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(RecordFile, ThePlanSaysHowLargeItMayBecome) {
  FitPlan plan;
  FitEvents events;
  events.on_plan = [&](const FitPlan& told) { plan = told; };
  (void)fit(dataset(mixed_csv(90), "kind"), all(3), events);
  EXPECT_NE(plan.record.find("weights, activations, deltas every epoch"), std::string::npos) << plan.record;
  EXPECT_NE(plan.record.find("30 training rows"), std::string::npos) << plan.record;
  const auto much = [](const std::string& notice) { return notice.find("on the disk") != std::string::npos; };
  EXPECT_TRUE(std::none_of(plan.notices.begin(), plan.notices.end(), much));
  FitOptions options = all(100'000'000);
  events.on_epoch = [](const FitProgress&) { return true; };
  (void)fit(dataset(mixed_csv(90), "kind"), options, events);
  EXPECT_TRUE(std::any_of(plan.notices.begin(), plan.notices.end(), much));
}

}  // namespace
}  // namespace deltarule::test
