// What every C++ peer of bench/compare shares: the work as it is read from its file, and the line protocol on standard
// input and output. No timing policy beyond one window, no statistics: those are the script's.
//
//   open FILE       -> ready LOSS DIFFERENCES | refused REASON
//   epochs N FILE   -> from the initial weights, N epochs (none for prediction); outputs for all patterns into FILE;
//   done time SECONDS    -> from the initial weights, work for so long; rate PATTERNS SECONDS version         ->
//   version TEXT
//
// Answers begin with "peer: ", so that what a library prints is not taken for one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace peers {

/// One line of words "key=value", then three arrays of float32.
struct Work {
  std::string name;
  bool trains = true;              ///< false: prediction only
  std::vector<std::size_t> sizes;  ///< inputs, units of each layer
  std::string hidden, output;      ///< activations: sigmoid, tanh, relu; sigmoid, identity, softmax
  std::string loss;                ///< half_squared_error (½Σ over outputs, mean over patterns), softmax_cross_entropy
  std::string rule;                ///< sgd or adam (0.9, 0.999, 1e-8)
  double rate = 0.0;
  std::size_t batch = 1;               ///< patterns per weight change, or per call when predicting
  std::size_t count = 0;               ///< patterns; a multiple of the batch
  std::vector<float> inputs, targets;  ///< [count × inputs], [count × outputs]
  std::vector<float> weights;          ///< layer by layer: [receiving][sending], then the biases

  [[nodiscard]] std::size_t layers() const { return sizes.size() - 1; }
  [[nodiscard]] const float* x(std::size_t pattern) const { return inputs.data() + pattern * sizes.front(); }
  [[nodiscard]] const float* t(std::size_t pattern) const { return targets.data() + pattern * sizes.back(); }
  /// The class of a pattern with 1-of-n targets.
  [[nodiscard]] std::size_t label(std::size_t pattern) const {
    return static_cast<std::size_t>(std::max_element(t(pattern), t(pattern) + sizes.back()) - t(pattern));
  }
};

/// A library with the network of one work.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  /// Back to the initial weights, and to a fresh state of the rule.
  virtual void reset() = 0;
  /// Patterns [first, first + count) in their order, in batches, so many times over.
  virtual void train(std::size_t first, std::size_t count, std::size_t epochs) = 0;
  /// The same patterns through the network, in calls of Work::batch patterns.
  virtual void predict(std::size_t first, std::size_t count) = 0;
  /// y: [Work::count × outputs].
  virtual void outputs(float* y) = 0;
};

/// What a library says to a work: a network for it, or why it has none.
struct Offer {
  std::unique_ptr<Peer> peer = {};
  std::string refusal = {};
  std::string differences = {};  ///< what it computes otherwise; empty = the very same
  std::string loss = {};         ///< which loss it lowers, when it is not the work's
};

using Make = std::function<Offer(const Work&)>;

inline void refuse_unless(bool held, const char* what) {
  if (!held) throw std::runtime_error(what);
}

inline Work read_work(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line, word;
  refuse_unless(static_cast<bool>(std::getline(in, line)), "no such work");
  Work work;
  std::istringstream words(line);
  while (words >> word) {
    const auto cut = word.find('=');
    refuse_unless(cut != std::string::npos, "a word of the work is not key=value");
    const std::string key = word.substr(0, cut), value = word.substr(cut + 1);
    if (key == "name") work.name = value;
    if (key == "mode") work.trains = value == "train";
    if (key == "hidden") work.hidden = value;
    if (key == "output") work.output = value;
    if (key == "loss") work.loss = value;
    if (key == "rule") work.rule = value;
    if (key == "rate") work.rate = std::stod(value);
    if (key == "batch") work.batch = std::stoul(value);
    if (key == "count") work.count = std::stoul(value);
    if (key == "sizes") {
      std::istringstream numbers(value);
      for (std::string number; std::getline(numbers, number, '-');) work.sizes.push_back(std::stoul(number));
    }
  }
  std::size_t weights = 0;
  for (std::size_t l = 0; l < work.layers(); ++l) weights += (work.sizes[l] + 1) * work.sizes[l + 1];
  const auto take = [&in](std::vector<float>& to, std::size_t numbers) {
    to.resize(numbers);
    in.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(numbers * sizeof(float)));
  };
  take(work.inputs, work.count * work.sizes.front());
  take(work.targets, work.count * work.sizes.back());
  take(work.weights, weights);
  refuse_unless(static_cast<bool>(in), "the work's file is too short");
  return work;
}

/// Hands out work in pieces that grow until one takes a few milliseconds, so that neither the clock nor the cost of a
/// call weighs on small networks. The pieces stay as large from one window to the next.
class Window {
 public:
  explicit Window(const Work& work) : work_(work), size_(work.batch) {}

  void run(Peer& peer, double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto since = [](Clock::time_point start) {
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    peer.reset();
    std::size_t first = 0, patterns = 0;
    const auto began = Clock::now();
    do {
      const auto start = Clock::now();
      const std::size_t count = std::min(size_, work_.count - first);
      if (work_.trains)
        peer.train(first, count, epochs_);
      else
        for (std::size_t e = 0; e < epochs_; ++e) peer.predict(first, count);
      patterns += count * epochs_;
      first = (first + count) % work_.count;
      if (since(start) < 0.004) grow(first);
    } while (since(began) < seconds);
    std::printf("peer: rate %zu %.9f\n", patterns, since(began));
  }

 private:
  void grow(std::size_t& first) {
    if (size_ >= work_.count) epochs_ *= 2;
    size_ = std::min(2 * size_, work_.count);
    if (size_ == work_.count) first = 0;
  }

  const Work& work_;
  std::size_t size_, epochs_ = 1;
};

inline void write_outputs(Peer& peer, const Work& work, std::size_t epochs, const std::string& file) {
  peer.reset();
  if (work.trains && epochs > 0) peer.train(0, work.count, epochs);
  std::vector<float> y(work.count * work.sizes.back());
  peer.outputs(y.data());
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(y.data()), static_cast<std::streamsize>(y.size() * sizeof(float)));
  std::printf("peer: done\n");
}

inline void serve_lines(const std::string& version, const Make& make) {
  std::unique_ptr<Work> work;
  std::unique_ptr<Window> window;
  Offer offer;
  for (std::string line; std::getline(std::cin, line); std::fflush(stdout)) {
    std::istringstream words(line);
    std::string verb, file;
    words >> verb;
    if (verb == "version") std::printf("peer: version %s\n", version.c_str());
    if (verb == "open") {
      words >> file;
      offer = {};
      work = std::make_unique<Work>(read_work(file));
      window = std::make_unique<Window>(*work);
      offer = make(*work);
      if (!offer.peer)
        std::printf("peer: refused %s\n", offer.refusal.c_str());
      else
        std::printf("peer: ready %s %s\n", (offer.loss.empty() ? work->loss : offer.loss).c_str(),
                    offer.differences.c_str());
      continue;
    }
    if (!offer.peer) continue;
    std::size_t epochs = 0;
    double seconds = 0.0;
    if (verb == "epochs" && words >> epochs >> file) write_outputs(*offer.peer, *work, epochs, file);
    if (verb == "time" && words >> seconds) window->run(*offer.peer, seconds);
  }
}

/// The main program of a peer.
inline int serve(const std::string& version, const Make& make) {
  try {
    serve_lines(version, make);
  } catch (const std::exception& fault) {
    std::printf("peer: refused %s\n", fault.what());
    return 1;
  }
  return 0;
}

/// An offer for those that have nothing to say.
template <class P>
Offer offer(const Work& work, std::string differences = {}, std::string loss = {}) {
  return {std::make_unique<P>(work), {}, std::move(differences), std::move(loss)};
}
inline Offer refusal(std::string reason) { return {{}, std::move(reason), {}, {}}; }

}  // namespace peers
