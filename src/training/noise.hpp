// Dropout and noise on the inputs: what a training pass does to inputs and to hidden activations, pattern by pattern.
// Every number is a function of (seed, step, pattern, layer, unit) and of nothing else: not of the row that the pattern
// sits in, the thread that computes it, or the numbers before. Predictions and validation know nothing of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "network/network.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"

namespace deltarule::training {

/// Spec error for a probability that is none, for layers that the spec does not have, for a deviation that is none, or
/// not finite in T.
template <class T>
Result<void> check_noise(const NetworkSpec& spec, const TrainerOptions& options);

template <class T>
class Noise {
 public:
  /// As check_noise().
  static Result<Noise> create(const network::Network<T>& network, const TrainerOptions& options);

  /// False: apply() would change nothing.
  [[nodiscard]] bool is_on() const { return deviation_ != 0 || has_dropout_; }

  /// Masks for the layers that have dropout. Once per workspace, before apply().
  void make_room(network::Workspace<T>& workspace) const;

  /// For loaded rows of the step that comes after `step` weight changes: inputs get noise, then some are left out;
  /// masks of hidden layers are drawn. Row r is pattern patterns[r]; a pattern that makes a step of its own has no
  /// number, and no patterns are given. Gives no less than the sum of the squares of the new inputs, nearly. Allocates
  /// nothing.
  T apply(network::Workspace<T>& workspace, network::RowRange rows, std::span<const std::uint32_t> patterns,
          std::uint64_t step) const;

  /// Slopes by the inputs that the pass of a single pattern saw become slopes by the pattern's own.
  void to_own_inputs(std::span<T> input_slopes, std::uint64_t step) const;

 private:
  /// What is left out of one layer. Of 2^32 draws the first `threshold` leave a unit out.
  struct Dropped {
    std::uint32_t threshold = 0;
    T factor = T{1};  // of what is kept
    [[nodiscard]] bool is_on() const { return threshold > 0; }
    [[nodiscard]] T of(std::uint32_t bits) const { return bits < threshold ? T{0} : factor; }
  };
  static Dropped dropped(double probability);

  std::uint64_t seed_ = 0;
  double deviation_ = 0;
  bool has_dropout_ = false;
  std::vector<Dropped> layers_;  // of the inputs, then of each layer
};

extern template Result<void> check_noise<float>(const NetworkSpec&, const TrainerOptions&);
extern template Result<void> check_noise<double>(const NetworkSpec&, const TrainerOptions&);
extern template class Noise<float>;
extern template class Noise<double>;

}  // namespace deltarule::training
