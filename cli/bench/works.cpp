#include "cli/bench/works.hpp"

#include <utility>

namespace deltarule::bench {
namespace {

constexpr const char* kOnline = "Per pattern (online)";
constexpr const char* kBatches = "Mini-batches";
constexpr const char* kFull = "Full batch";
constexpr const char* kPredict = "Prediction";
constexpr const char* kThreads = "Several threads";
constexpr const char* kDouble = "Double precision";

// Rates so small that no work ends in zeros or infinities however long it is timed.
constexpr double kRate = 0.01;

/// Makes the rows of the table, each from what differs.
class Matrix {
 public:
  Matrix(std::size_t threads, bool f64) : threads_(threads), f64_(f64) {}

  std::vector<Work> made() {
    per_pattern();
    mini_batches();
    add({.group = kFull, .net = "4-32-16-4", .kind = Kind::batches, .batch = kFullRows, .rule = Adam{}}, "tanh");
    predictions();
    if (threads_ > 1) several_threads();
    if (!f64_) doubles();
    return std::move(works_);
  }

 private:
  static constexpr std::size_t kFullRows = 10'000;
  static constexpr double kDigits = 0.19;  // of the pixels of MNIST's digits are not zero

  void add(Work work, const std::string& hidden) {
    if (work.spec.layers.empty()) work.spec = chain(work.net, hidden, hidden == "relu" ? "sigmoid" : hidden);
    if (work.kind != Kind::predict) work.rule_name = name_of(work.rule);
    work.f64 = work.f64 || f64_;
    works_.push_back(std::move(work));
  }
  static std::string name_of(const Optimizer& rule) {
    if (std::holds_alternative<Adam>(rule)) return "adam";
    return std::holds_alternative<Momentum>(rule) ? "momentum" : "delta-rule";
  }

  void per_pattern() {
    const Optimizer rule = DeltaRule{kRate};
    for (const char* net : {"2-2-1", "64-32-10", "784-30-10", "784-100-10", "784-512-512-10"}) {
      add({.group = kOnline, .net = net, .rule = rule}, "sigmoid");
    }
    add({.group = kOnline, .net = "784-100-10 digits", .spec = digits(), .rule = rule, .nonzero = kDigits}, "sigmoid");
    add({.group = kOnline, .net = "784-100-10 masked", .spec = masked("sigmoid"), .rule = rule}, "sigmoid");
    add({.group = kOnline, .net = "784-100-10", .rule = Momentum{kRate, 0.9}}, "sigmoid");
    // The last one does not look ahead here, as fit does.
    for (const char* net : {"2-2-1", "64-32-10", "784-100-10", "784-512-512-10"}) {
      add({.group = kOnline, .net = net, .kind = Kind::learn_one, .rule = rule}, "sigmoid");
    }
  }
  static NetworkSpec digits() { return chain("784-100-10", "sigmoid", "sigmoid"); }

  /// A shortcut from the inputs to the outputs, and 30 % of all connections missing.
  static NetworkSpec masked(const std::string& hidden) {
    NetworkSpec spec = chain("784-100-10", hidden, "sigmoid");
    spec.layers[0].from = {Connection(0, mask(784 * 100))};
    spec.layers[1].from = {Connection(0, mask(784 * 10)), Connection(1, mask(100 * 10))};
    return spec;
  }
  static std::vector<std::uint8_t> mask(std::size_t connections) {
    std::vector<std::uint8_t> connected(connections);
    for (std::size_t i = 0; i < connections; ++i) connected[i] = i * 7 % 10 < 7 ? 1 : 0;
    return connected;
  }

  void batches(const char* net, std::size_t batch, const Optimizer& rule) {
    add({.group = kBatches, .net = net, .kind = Kind::batches, .batch = batch, .rule = rule}, "relu");
  }
  void mini_batches() {
    const Optimizer rule = DeltaRule{kRate};
    batches("64-32-10", 32, rule);
    batches("30-100-100-1", 32, rule);
    batches("30-100-100-1", 256, rule);
    for (const Optimizer& each : {rule, Optimizer(Adam{})}) batches("784-100-10", 32, each);
    for (const Optimizer& each : {rule, Optimizer(Adam{})}) batches("784-512-512-10", 128, each);
    for (const Optimizer& each : {rule, Optimizer(Adam{})}) batches("1024-1024-1024-10", 256, each);
    batches("2048-2048-2048-10", 256, rule);
    Work with_mask = {.group = kBatches, .net = "784-100-10 masked", .kind = Kind::batches, .spec = masked("relu")};
    with_mask.batch = 32;
    with_mask.rule = rule;
    add(std::move(with_mask), "relu");
  }

  void predictions() {
    for (const std::size_t patterns : {std::size_t{1}, std::size_t{1000}}) {
      for (const char* net : {"64-32-10", "784-100-10", "30-100-100-1"}) {
        add({.group = kPredict, .net = net, .kind = Kind::predict, .batch = patterns}, "sigmoid");
      }
    }
  }

  void several_threads() {
    const auto on_threads = [this](const char* net, std::size_t batch) {
      add({.group = kThreads,
           .net = net,
           .kind = Kind::batches,
           .batch = batch,
           .rule = DeltaRule{kRate},
           .threads = threads_},
          "relu");
    };
    on_threads("64-32-10", 32);
    on_threads("30-100-100-1", 256);
    on_threads("784-100-10", 32);
    on_threads("784-512-512-10", 128);
    on_threads("1024-1024-1024-10", 256);
  }

  void doubles() {
    const Optimizer rule = DeltaRule{kRate};
    add({.group = kDouble, .net = "784-100-10", .rule = rule, .f64 = true}, "sigmoid");
    add({.group = kDouble, .net = "784-100-10", .kind = Kind::batches, .batch = 32, .rule = rule, .f64 = true}, "relu");
    add({.group = kDouble, .net = "784-512-512-10", .kind = Kind::batches, .batch = 128, .rule = rule, .f64 = true},
        "relu");
    add({.group = kDouble, .net = "784-100-10", .kind = Kind::predict, .batch = 1, .f64 = true}, "sigmoid");
  }

  std::size_t threads_;
  bool f64_;
  std::vector<Work> works_;
};

}  // namespace

std::string Work::name() const {
  constexpr const char* kKinds[] = {"online", "learn_one", "batches", "predict"};
  std::string text = std::string(kKinds[static_cast<std::size_t>(kind)]) + " " + net + " b" + std::to_string(batch);
  if (!rule_name.empty()) text += " " + rule_name;
  return text + " t" + std::to_string(threads) + (f64 ? " f64" : " f32");
}

std::vector<Work> all_works(std::size_t threads, bool f64) { return Matrix(threads, f64).made(); }

NetworkSpec chain(const std::string& net, const std::string& hidden, const std::string& output) {
  std::vector<std::size_t> units;
  for (std::size_t at = 0; at < net.size();) {
    std::size_t used = 0;
    units.push_back(std::stoul(net.substr(at), &used));
    at += used + 1;
  }
  NetworkSpec spec{.inputs = units.front()};
  for (std::size_t i = 1; i < units.size(); ++i) {
    spec.layers.push_back({.units = units[i], .activation = i + 1 < units.size() ? hidden : output});
  }
  return spec;
}

}  // namespace deltarule::bench
