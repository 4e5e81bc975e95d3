// Signs that weights must keep: after every step a weight with the wrong one is set to 0, the nearest number that has
// none. Why a weight must is others' business.
#pragma once

#include <cstddef>
#include <vector>

#include "base/aligned.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "network/network.hpp"

namespace deltarule::training {

/// Spec error unless there are none, or one of −1, 0, 1 for each of so many weights.
Result<void> check_signs(const TrainerOptions& options, std::size_t weights);

template <class T>
class Signs {
 public:
  /// options.signs must have been checked.
  Signs(const network::Network<T>& network, const TrainerOptions& options);

  [[nodiscard]] bool any() const { return signs_.size() > 0; }
  /// The weights of one tile.
  void project(const network::Tile& tile, T* weights) const;
  /// Every weight of the network.
  void project(network::Network<T>& network) const;

 private:
  base::AlignedBuffer<T> signs_;  // in the layout of the parameters; of size 0: none
};

extern template class Signs<float>;
extern template class Signs<double>;

}  // namespace deltarule::training
