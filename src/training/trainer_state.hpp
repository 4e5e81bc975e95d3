// All that a trainer carries from one step to the next, as plain data: copied out, kept, and put back, it goes on with
// the same bits. Settings, threads and memory for passes are no part of it.
#pragma once

#include <cstdint>

#include "base/aligned.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

/// From Trainer::snapshot(), for Trainer::restore() of a trainer with the same network and rule.
template <class T>
struct TrainerState {
  base::AlignedBuffer<T> parameters = {};  // the network's flat block, nothing pending
  UpdateState<T> update = {};
  std::uint64_t refused = 0;
};

}  // namespace deltarule::training
