// In which order an epoch takes its patterns: as they stand, shuffled from seed and epoch, or as given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/training.hpp"

namespace deltarule::training {

class Sampler {
 public:
  /// `settings` must outlive the sampler. Spec error for more than 2^32 − 1 patterns, or an order with an empty list or
  /// a pattern that does not exist.
  static Result<Sampler> create(std::size_t patterns, const FitSettings& settings);

  /// The patterns of an epoch, counting epochs from 0; valid until the next call. Depends on seed and epoch alone,
  /// never on the epochs before.
  std::span<const std::uint32_t> epoch(std::size_t number);

 private:
  const FitSettings* settings_ = nullptr;
  std::vector<std::uint32_t> patterns_;
};

}  // namespace deltarule::training
