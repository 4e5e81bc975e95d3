// Trains the networks of cases.hpp and prints a digest of all that came of each: weights, losses, predictions. One
// program for every machine that the kernels are written for; instruction sets of one arithmetic class must print the
// same. Uses the rooms below app only, so that it can be built without exceptions and threads.
//   bits         the instruction set and its class, then one line for each number type and case
//   bits list    the instruction sets of this machine, each with its class
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/finite_number.hpp"
#include "base/thread_team.hpp"
#include "cases.hpp"
#include "kernels/dispatch.hpp"
#include "network/init.hpp"
#include "network/predict_one.hpp"
#include "training/evaluate.hpp"
#include "training/lanes.hpp"
#include "training/loop.hpp"

namespace deltarule::portable {
namespace {

/// FNV-1a over the bits of numbers, in an order of bytes that is the same everywhere.
class Digest {
 public:
  template <class T>
  void take(T x) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const Bits bits = std::bit_cast<Bits>(x);
    for (std::size_t byte = 0; byte < sizeof(T); ++byte)
      hash_ = (hash_ ^ (static_cast<std::uint64_t>(bits >> (8 * byte)) & 0xFF)) * 0x100000001b3;
    finite_ = finite_ && std::isfinite(x);
  }
  template <class Numbers>
  void take_all(const Numbers& numbers) {
    for (const auto x : numbers) take(x);
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }
  [[nodiscard]] bool is_finite() const { return finite_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
  bool finite_ = true;
};

/// Patterns row by row.
template <class T>
class Patterns final : public base::PatternSource<T> {
 public:
  Patterns(const Case& one, std::uint64_t seed)
      : inputs_(one.spec.inputs), targets_(one.spec.layers.back().units), size_(one.patterns) {
    base::Random random(seed, base::Stream::generate);
    for (std::size_t k = 0; k < size_ * inputs_; ++k) {
      const double value = random.uniform(-1.5, 1.5);
      x.push_back(random.uniform() < one.zeros ? T(0) : static_cast<T>(value));
    }
    for (std::size_t p = 0; p < size_; ++p) {
      const std::size_t one_of = random.below(static_cast<std::uint32_t>(targets_));
      for (std::size_t j = 0; j < targets_; ++j) t.push_back(target(one, random.uniform(), j == one_of));
    }
  }
  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] std::size_t inputs() const override { return inputs_; }
  [[nodiscard]] std::size_t targets() const override { return targets_; }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> to_x,
              base::MatrixView<T> to_t) const override {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      for (std::size_t i = 0; i < inputs_; ++i) to_x.row(r)[i] = x[patterns[r] * inputs_ + i];
      for (std::size_t j = 0; j < targets_; ++j) to_t.row(r)[j] = t[patterns[r] * targets_ + j];
    }
  }

  std::vector<T> x, t;

 private:
  static T target(const Case& one, double random, bool chosen) {
    if (one.spec.loss == "softmax_cross_entropy" || one.spec.loss == "binary_cross_entropy") return T(chosen ? 1 : 0);
    return static_cast<T>(0.1 + random);  // above 0, as the loss of amounts wants it
  }
  std::size_t inputs_, targets_, size_;
};

/// Ends the program with a word where a case could not be run: its digest would say nothing.
[[noreturn]] void give_up(const Case& one, const std::string& why) {
  std::fprintf(stderr, "bits: %s: %s\n", one.name.c_str(), why.c_str());
  std::exit(1);
}

template <class T>
network::Network<T> started(const Case& one, std::uint64_t seed) {
  auto network = network::Network<T>::create(one.spec);
  if (!network) give_up(one, network.error().message());
  network::draw_weights(*network, Seed{seed}, *network::find_init(one.init));
  return std::move(*network);
}

template <class T>
void take_outcome(Digest& digest, const network::Network<T>& network, const FitResult& fitted,
                  const Patterns<T>& patterns) {
  digest.take_all(network.weights());
  for (const EpochReport& epoch : fitted.history) digest.take(epoch.training_loss);
  base::ThreadTeam team(1);
  const training::Evaluation evaluation = training::evaluate<T>(network, patterns, team);
  digest.take(evaluation.mean_loss);
  digest.take_all(evaluation.predicted);
  base::AlignedBuffer<T> scratch(network::predict_scratch(network));
  std::vector<T> outputs(patterns.targets());
  network::predict_one<T>(network, patterns.x.data(), outputs.data(), scratch.span());
  digest.take_all(outputs);
}

template <class T>
void print(const Case& one, const char* way, const Digest& digest) {
  if (!digest.is_finite()) give_up(one, "a number is not finite");
  std::printf("f%zu %s%s %016llx\n", 8 * sizeof(T), one.name.c_str(), way,
              static_cast<unsigned long long>(digest.value()));
}

FitSettings settings_of(const Case& one) {
  return {.epochs = one.epochs, .batch_size = one.batch_size, .seed = Seed{11}};
}

template <class T>
void train(const Case& one) {
  const Patterns<T> patterns(one, 21);
  auto network = started<T>(one, 31);
  Digest digest;
  {
    auto trainer = training::Trainer<T>::create(network, one.options);
    if (!trainer) give_up(one, trainer.error().message());
    const auto fitted = training::fit<T>(*trainer, patterns, nullptr, settings_of(one));
    if (!fitted) give_up(one, fitted.error().message());
    // A stream goes on where the epochs ended.
    const bool stream = !training::entry_of(one.options.optimizer).together && !network.needs_batches();
    for (std::size_t p = 0; stream && p < 5; ++p)
      if (trainer->learn_one(std::span(patterns.x).subspan(p * patterns.inputs(), patterns.inputs()),
                             std::span(patterns.t).subspan(p * patterns.targets(), patterns.targets())) !=
          LearnStatus::learned)
        give_up(one, "a pattern was refused");
    take_outcome(digest, network, *fitted, patterns);
  }
  print<T>(one, "", digest);
}

/// The same network, settings and patterns from eleven seeds, side by side in the lanes of vectors.
template <class T>
void train_in_lanes(const Case& one) {
  constexpr std::size_t kJobs = 11;
  const Patterns<T> patterns(one, 21);
  std::vector<network::Network<T>> networks;
  for (std::size_t k = 0; k < kJobs; ++k) networks.push_back(started<T>(one, 31 + k));
  const FitSettings settings = settings_of(one);
  std::vector<training::LaneJob<T>> jobs(kJobs);
  for (std::size_t k = 0; k < kJobs; ++k) {
    const training::ChosenRows<T> rows{{patterns.x.data(), patterns.size(), patterns.inputs()},
                                       {patterns.t.data(), patterns.size(), patterns.targets()}};
    jobs[k].network = &networks[k];
    jobs[k].options = &one.options;
    jobs[k].training = rows;
    jobs[k].settings = &settings;
  }
  if (!training::suits_lanes(jobs.front())) return;
  std::size_t next = 0;
  training::fit_in_lanes<T>(kJobs, [&]() { return next < kJobs ? &jobs[next++] : nullptr; });
  Digest digest;
  for (std::size_t k = 0; k < kJobs; ++k) {
    if (!jobs[k].result) give_up(one, "a lane was refused");
    take_outcome(digest, networks[k], *jobs[k].result, patterns);
  }
  print<T>(one, "-in-lanes", digest);
}

/// The numbers in settings, which a bare machine reads its own way.
void read_numbers() {
  Digest digest;
  for (const char* text : {"0.1",    "-3e-2", ".5",     "1.",    "123456789012345678",
                           "1e-310", "1e308", "",       " 1",    "1 ",
                           "+1",     "1e",    "--1",    "0x10",  "inf",
                           "nan",    "1e400", "1e-400", "1.5.2", "-"})
    digest.take(base::finite_number(text).value_or(-77.0));
  std::printf("settings numbers %016llx\n", static_cast<unsigned long long>(digest.value()));
}

template <class T>
void run_all() {
  for (const Case& one : all_cases()) {
    train<T>(one);
    train_in_lanes<T>(one);
  }
}

const char* class_of(const kernels::Kernels<float>& table) { return table.fused ? "fused" : "unfused"; }

}  // namespace
}  // namespace deltarule::portable

int main(int count, char** arguments) {
  using namespace deltarule;
  if (count > 1 && std::string_view(arguments[1]) == "list") {
    for (const std::string_view name : kernels::isa_names())
      std::printf("%.*s %s\n", static_cast<int>(name.size()), name.data(),
                  portable::class_of(kernels::choose<float>(std::string(name))));
    return 0;
  }
  std::printf("%s %s\n", kernels::kernels<float>().name, portable::class_of(kernels::kernels<float>()));
  portable::read_numbers();
  portable::run_all<float>();
  portable::run_all<double>();
}
