// How a work is run: the network, the trainer and rows of numbers from a fixed seed.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "cli/bench/works.hpp"

namespace deltarule::bench {
namespace {

/// SplitMix64 (Steele, Lea & Flood 2014): numbers to fill arrays with.
class Numbers {
 public:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  double between(double low, double high) {
    constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2⁻⁵³
    return low + (high - low) * static_cast<double>(next() >> 11) * kUnit;
  }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

 private:
  std::uint64_t state_ = 1;
};

/// An image of 28 × 28 pixels with strokes of three pixels' width until the share of pixels that are not zero is
/// reached: zeros lie in runs, as in pictures of digits, not scattered.
template <class T>
void draw_strokes(std::span<T> image, double nonzero, Numbers& numbers) {
  constexpr std::size_t kSide = 28, kMargin = 4;
  const auto wanted = static_cast<std::size_t>(nonzero * static_cast<double>(image.size()));
  std::size_t x = kSide / 2, y = kMargin, drawn = 0;
  while (drawn < wanted) {
    x = std::clamp(x + numbers.below(3) - 1, kMargin, kSide - kMargin - 1);
    y = std::clamp(y + numbers.below(3) - 1, kMargin, kSide - kMargin - 1);
    if (numbers.below(20) == 0) y = kMargin + numbers.below(kSide - 2 * kMargin);
    for (std::size_t dx = 0; dx < 3 && drawn < wanted; ++dx) {
      T& pixel = image[y * kSide + x + dx - 1];
      if (pixel != T(0)) continue;
      pixel = static_cast<T>(numbers.between(0.2, 1.0));
      ++drawn;
    }
  }
}

template <class T>
std::vector<T> inputs_of(const Work& work, std::size_t rows) {
  Numbers numbers;
  const std::size_t columns = work.spec.inputs;
  std::vector<T> x(rows * columns);
  if (work.nonzero < 1.0) {
    for (std::size_t r = 0; r < rows; ++r) {
      draw_strokes(std::span(x).subspan(r * columns, columns), work.nonzero, numbers);
    }
  } else {
    for (T& value : x) value = static_cast<T>(numbers.between(0.01, 1.0));
  }
  return x;
}

template <class T>
std::vector<T> targets_of(const Work& work, std::size_t rows) {
  Numbers numbers;
  std::vector<T> t(rows * work.spec.layers.back().units);
  for (T& value : t) value = static_cast<T>(numbers.between(0.1, 0.9));
  return t;
}

std::size_t connections_of(const NetworkSpec& spec) {
  std::size_t connections = 0, before = spec.inputs;
  for (const LayerSpec& layer : spec.layers) {
    connections += before * layer.units;
    before = layer.units;
  }
  return connections;
}

/// Rows that are resident: so few that they stay in a cache beside the weights, so many that one presentation of all
/// is some tenths of a millisecond at least, or a single batch.
std::size_t rows_of(const Work& work) {
  constexpr std::size_t kBytes = std::size_t{128} << 10, kFewest = 16, kMost = 512;
  constexpr std::size_t kConnectionsPerTurn = std::size_t{1} << 22;
  if (work.kind == Kind::batches) {
    return work.batch *
           std::clamp(kConnectionsPerTurn / (work.batch * connections_of(work.spec)), std::size_t{1}, std::size_t{8});
  }
  if (work.kind == Kind::predict && work.batch > 1) return work.batch;
  return std::clamp(kBytes / (work.spec.inputs * (work.f64 ? 8 : 4)), kFewest, kMost);
}

template <class T>
class JobOf final : public Job {
 public:
  JobOf(const Work& work, std::size_t rows)
      : kind_(work.kind),
        batch_(work.batch),
        inputs_(work.spec.inputs),
        outputs_(work.spec.layers.back().units),
        rows_(rows),
        x_(inputs_of<T>(work, rows)),
        t_(targets_of<T>(work, rows)),
        y_(rows * outputs_),
        network_(work.spec, Seed{1}),
        trainer_(network_, {.optimizer = work.rule, .threads = work.threads}) {}

  void run(std::size_t times) override {
    if (kind_ == Kind::predict) return predict(times);
    if (kind_ == Kind::learn_one) return learn(times);
    FitSettings settings;
    settings.epochs = times;
    settings.batch_size = kind_ == Kind::online ? 1 : batch_;
    settings.shuffle = kind_ == Kind::batches;
    (void)trainer_.fit(all_inputs(), rows(std::span<const T>(t_), outputs_), settings);
  }
  [[nodiscard]] std::size_t patterns() const override { return rows_; }
  [[nodiscard]] std::uint64_t fingerprint() const override {
    std::uint64_t print = 14695981039346656037U;  // FNV-1a over the weights' bytes
    for (const T weight : network_.weights()) {
      unsigned char bytes[sizeof(T)];
      std::memcpy(bytes, &weight, sizeof(T));
      for (const unsigned char byte : bytes) print = (print ^ byte) * 1099511628211U;
    }
    return print;
  }

 private:
  [[nodiscard]] Rows<T> all_inputs() const { return rows(std::span<const T>(x_), inputs_); }
  [[nodiscard]] std::span<const T> input(std::size_t r) const {
    return std::span<const T>(x_).subspan(r * inputs_, inputs_);
  }

  void predict(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      if (batch_ > 1) {
        (void)network_.predict(all_inputs(), y_);
        continue;
      }
      for (std::size_t r = 0; r < rows_; ++r) {
        (void)network_.predict(input(r), std::span(y_).subspan(r * outputs_, outputs_));
      }
    }
  }
  void learn(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      for (std::size_t r = 0; r < rows_; ++r) {
        (void)trainer_.learn_one(input(r), std::span<const T>(t_).subspan(r * outputs_, outputs_));
      }
    }
  }

  Kind kind_;
  std::size_t batch_, inputs_, outputs_, rows_;
  std::vector<T> x_, t_, y_;
  BasicNetwork<T> network_;
  BasicTrainer<T> trainer_;
};

}  // namespace

std::unique_ptr<Job> prepare(const Work& work, std::size_t rows) {
  const std::size_t count = rows > 0 ? rows : rows_of(work);
  if (work.f64) return std::make_unique<JobOf<double>>(work, count);
  return std::make_unique<JobOf<float>>(work, count);
}

}  // namespace deltarule::bench
