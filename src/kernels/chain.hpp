// One pattern through a whole network in one call, for narrow chains: layers of at most one panel of units, each fed by
// the one before, under the delta rule. Such a network is a chain of operations that wait for each other; a call per
// kernel and layer, and the memory between them, cost much more (64-32-10: 260 ns in 13 calls, 200 in one; 2-2-1:
// 126 and 51). The bits are those of the calls in online.hpp. Part of the table in kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/kinds.hpp"

namespace deltarule::kernels {

/// A layer of at most kPanel<T> units; its senders are the units of the layer before, or the inputs.
template <class T>
struct ChainLayer {
  T* w = nullptr;     // [sender][width], one panel
  T* bias = nullptr;  // null: none
  bool bias_moves = false;
  bool bounded = false;  // f is: its activations need no look
  base::ActivationKind kind = base::ActivationKind::identity;
  T parameter = T{0};
  std::size_t senders = 0;
  std::size_t units = 0;
};

/// What a pattern leaves behind in a layer, each a row with padding; d = η δ.
template <class T>
struct ChainRow {
  T *net = nullptr, *a = nullptr, *delta = nullptr, *d = nullptr;
};

template <class T>
struct ChainSide {
  T *inputs = nullptr, *targets = nullptr;  // rows with padding
  const ChainRow<T>* rows = nullptr;        // [layers]
  std::size_t nonzeros = 0;                 // of the inputs
};

template <class T>
struct Chain {
  const ChainLayer<T>* layers = nullptr;
  std::size_t count = 0;
  std::size_t widest = 0;  // of inputs and layers
  T rate = T{0};
  T bound = T{0};                   // below it a sum of squares is plainly finite
  std::uint32_t* places = nullptr;  // room for inputs + 16
};

/// Whether a chain may have layers with this activation: those that are not a formula are not for vectors.
constexpr bool suits_chain(base::ActivationKind kind) {
  using base::ActivationKind;
  return kind != ActivationKind::softmax && kind != ActivationKind::custom && kind != ActivationKind::gelu &&
         kind != ActivationKind::softplus && kind != ActivationKind::sin;
}

/// Inputs that are zero in both patterns change nothing and add nothing. Listing the others takes half a cycle per
/// input and working from the list a tenth more per sender, so some zeros must be there first.
constexpr bool worth_listing(std::size_t nonzeros, std::size_t nonzeros_before, std::size_t inputs) {
  return 4 * (nonzeros + nonzeros_before) < 3 * inputs;
}

}  // namespace deltarule::kernels
