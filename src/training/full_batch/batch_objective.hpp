// The objective of a method over one batch, by the passes of a trainer (the host): orchestration only. A template
// because the passes are the trainer's own; included by trainer.cpp alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "network/passes.hpp"
#include "training/divergence.hpp"
#include "training/full_batch/gauss_newton.hpp"
#include "training/full_batch/method.hpp"
#include "training/penalties.hpp"

namespace deltarule::training {

template <class T, class Host>
class BatchObjective final : public Objective<T> {
 public:
  BatchObjective(Host& host, const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns)
      : host_(host), source_(source), patterns_(patterns), weight_(source.weight_of(patterns)) {
    share_ = [this](std::size_t count, std::size_t multiply_adds, const auto& work) {
      host_.share(count, 1, multiply_adds, work);
    };
  }

  /// E and slopes where the step begins: the sum over the patterns, or the fault of the batch.
  Result<double> begin() {
    auto loss = host_.run_batch(source_, patterns_, nullptr);
    if (!loss) return loss;
    if (!host_.weight_step.finish_slopes()) return diverged_in<T>(host_.network, host_.weight_step.slopes());
    first_ = whole(*loss);
    return loss;
  }

  [[nodiscard]] std::span<T> weights() override { return host_.network.parameters(); }
  [[nodiscard]] std::span<const T> slopes() const override { return host_.weight_step.slopes(); }
  [[nodiscard]] double first_error() const override { return first_; }
  [[nodiscard]] double error() override {
    bool small = false;
    const auto loss = host_.run_batch(source_, patterns_, nullptr, &small);
    if (!loss) return std::numeric_limits<double>::quiet_NaN();
    return small ? whole(*loss) : error_and_slopes();  // a place whose slopes are not finite is none
  }
  [[nodiscard]] double error_and_slopes() override {
    const auto loss = host_.run_batch(source_, patterns_, nullptr);
    if (!loss || !host_.weight_step.finish_slopes()) return std::numeric_limits<double>::quiet_NaN();
    return whole(*loss);
  }

  void add_products(GaussNewton<T>& to) override {
    for (std::size_t first = 0; first < patterns_.size(); first += network::kChunk) {
      const auto chunk = patterns_.subspan(first, std::min(network::kChunk, patterns_.size() - first));
      if (patterns_.size() > network::kChunk) load(chunk);  // otherwise the pass of begin() is still there
      for (std::size_t output = 0; output < host_.network.outputs(); ++output) {
        back_from(output, chunk);
        to.add(*host_.batch, chunk.size(), share_);
      }
    }
  }
  [[nodiscard]] double factor() const override { return host_.options.reduction == Reduction::mean ? 1 / weight_ : 1; }
  [[nodiscard]] double targets() const override { return weight_ * static_cast<double>(host_.network.outputs()); }
  [[nodiscard]] const Share& share() const override { return share_; }

 private:
  [[nodiscard]] double whole(double loss) const {
    const TrainerOptions& options = host_.options;
    if (options.l2 == 0 && options.l1 == 0) return host_.reduced(loss, weight_);
    return host_.reduced(loss, weight_) + penalties(host_.network, options.l2, options.l1, options.decay_biases);
  }

  void share_rows(std::size_t rows, const std::function<void(network::RowRange)>& work) {
    host_.share(rows, host_.sharing.rows_at_a_time(rows), rows * host_.weight_step.slopes().size(),
                [&](std::size_t first, std::size_t last) { work({first, last - first}); });
  }
  void load(std::span<const std::uint32_t> chunk) {
    share_rows(chunk.size(), [&](network::RowRange rows) {
      host_.batch->load(source_, chunk.subspan(rows.first, rows.count), rows.first);
      network::forward(host_.network, *host_.batch, rows);
    });
  }
  /// Deltas of one output with the slope 1, times the root of what its square counts.
  void back_from(std::size_t output, std::span<const std::uint32_t> chunk) {
    const std::span<const T> weights = source_.weights();
    const double common = factor();
    const T root = static_cast<T>(std::sqrt(common));
    share_rows(chunk.size(), [&](network::RowRange rows) {
      for (std::size_t r = rows.first; r < rows.first + rows.count; ++r) {
        T* const slopes = host_.batch->slope_row(r);
        std::fill_n(slopes, host_.network.outputs(), T{0});
        slopes[output] =
            weights.empty() ? root : static_cast<T>(std::sqrt(static_cast<double>(weights[chunk[r]]) * common));
      }
      network::deltas_from_slope_rows(host_.network, *host_.batch, rows);
    });
  }

  Host& host_;
  const base::PatternSource<T>& source_;
  std::span<const std::uint32_t> patterns_;
  double weight_, first_ = 0;
  Share share_;
};

}  // namespace deltarule::training
