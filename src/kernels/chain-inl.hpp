// One pattern through a narrow chain (chain.hpp) in vectors: net inputs, activations and deltas of a layer stay in
// registers where they can. Included once per instruction set inside that set's namespace, after online_rows-inl.hpp.

template <class T>
using NarrowOps = SimdOps<T, HWY_MIN(HWY_MAX_BYTES, 32)>;

// f of one vector. A call that hands vectors over in registers: inlined for every layer it would be 15 times the code.
template <class T>
HWY_NOINLINE typename NarrowOps<T>::V narrow_value(ActivationKind kind, T parameter, typename NarrowOps<T>::V x) {
  using Ops = NarrowOps<T>;
  const auto p = Ops::set(parameter);
  switch (kind) {
    case ActivationKind::sigmoid:
      return Sigmoid<Ops>::value(x, p);
    case ActivationKind::tanh:
      return Tanh<Ops>::value(x, p);
    case ActivationKind::scaled_tanh:
      return ScaledTanh<Ops>::value(x, p);
    case ActivationKind::relu:
      return Relu<Ops>::value(x, p);
    case ActivationKind::leaky_relu:
      return LeakyRelu<Ops>::value(x, p);
    case ActivationKind::elu:
      return Elu<Ops>::value(x, p);
    case ActivationKind::selu:
      return Selu<Ops>::value(x, p);
    case ActivationKind::swish:
      return Swish<Ops>::value(x, p);
    case ActivationKind::softsign:
      return Softsign<Ops>::value(x, p);
    case ActivationKind::exp:
      return Exponential<Ops>::value(x, p);
    case ActivationKind::gaussian:
      return Gaussian<Ops>::value(x, p);
    case ActivationKind::hard_tanh:
      return HardTanh<Ops>::value(x, p);
    default:
      return x;
  }
}

template <class T>
HWY_NOINLINE typename NarrowOps<T>::V narrow_slope(ActivationKind kind, T parameter, typename NarrowOps<T>::V x,
                                                   typename NarrowOps<T>::V a) {
  using Ops = NarrowOps<T>;
  const auto p = Ops::set(parameter);
  switch (kind) {
    case ActivationKind::tanh:
      return Tanh<Ops>::slope(x, a, p);
    case ActivationKind::scaled_tanh:
      return ScaledTanh<Ops>::slope(x, a, p);
    case ActivationKind::relu:
      return Relu<Ops>::slope(x, a, p);
    case ActivationKind::leaky_relu:
      return LeakyRelu<Ops>::slope(x, a, p);
    case ActivationKind::elu:
      return Elu<Ops>::slope(x, a, p);
    case ActivationKind::selu:
      return Selu<Ops>::slope(x, a, p);
    case ActivationKind::swish:
      return Swish<Ops>::slope(x, a, p);
    case ActivationKind::softsign:
      return Softsign<Ops>::slope(x, a, p);
    case ActivationKind::exp:
      return Exponential<Ops>::slope(x, a, p);
    case ActivationKind::gaussian:
      return Gaussian<Ops>::slope(x, a, p);
    case ActivationKind::hard_tanh:
      return HardTanh<Ops>::slope(x, a, p);
    default:
      return Identity<Ops>::slope(x, a, p);
  }
}

// The most common one is so short that a call would be most of it.
template <class T>
HWY_INLINE typename NarrowOps<T>::V chain_slope(const ChainLayer<T>& layer, typename NarrowOps<T>::V x,
                                                typename NarrowOps<T>::V a) {
  using Ops = NarrowOps<T>;
  if (layer.kind == ActivationKind::sigmoid) return Sigmoid<Ops>::slope(x, a, x);
  return narrow_slope<T>(layer.kind, layer.parameter, x, a);
}

// What goes on from step to step in registers.
template <class T>
struct ChainSeen {
  typename RowOps<T>::V squares;  // of everything that must be plainly finite
  typename RowOps<T>::V net, a;   // the last ones
  typename RowOps<T>::V delta;    // likewise
};

template <class T>
struct ChainStep {
  const ChainLayer<T>& layer;
  const T *old, *x;  // activations that feed the layer: of the pattern whose change is pending, of this one
  const ChainRow<T>&before, &now;
  const std::uint32_t* list;  // senders to visit, or null
  std::size_t count;
};

// The pending change of a layer, its net inputs (4), and f.
template <class T, std::size_t kVectors, bool kListed>
HWY_INLINE void chain_forward(const ChainStep<T>& step, ChainSeen<T>& seen) {
  using Ops = RowOps<T>;
  constexpr std::size_t kLanes = Ops::kLanes, kWide = deltarule::base::kPanel<T>;
  const ChainLayer<T>& layer = step.layer;
  const std::size_t width = layer.units <= kWide / 2 ? kWide / 2 : kWide;
  const T *const old = step.old, *const x = step.x;
  T* const w = layer.w;
  typename Ops::V sum[kVectors], d[kVectors];
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
    d[v] = Ops::load(step.before.d + v * kLanes);
    sum[v] = layer.bias == nullptr ? Ops::set(T{0}) : Ops::load(layer.bias + v * kLanes);
    if (!layer.bias_moves) continue;
    sum[v] = hn::MulAdd(Ops::set(T{1}), d[v], sum[v]);
    Ops::store(sum[v], layer.bias + v * kLanes);
  }
  const std::size_t count = kListed ? step.count : layer.senders;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = kListed ? step.list[k] : k;
    const auto then = Ops::set(old[i]), now = Ops::set(x[i]);
    T* const row = w + i * width;
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      const auto weight = hn::MulAdd(then, d[v], Ops::load(row + v * kLanes));
      Ops::store(weight, row + v * kLanes);
      sum[v] = hn::MulAdd(now, weight, sum[v]);
    }
  }
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
    const auto a = narrow_value<T>(layer.kind, layer.parameter, sum[v]);
    Ops::store(sum[v], step.now.net + v * kLanes);
    Ops::store(a, step.now.a + v * kLanes);
    seen.net = sum[v];
    seen.a = a;
    if (layer.bounded) continue;
    const auto real = hn::IfThenElseZero(hn::FirstN(typename Ops::D(), HWY_MIN(layer.units - v * kLanes, kLanes)), a);
    seen.squares = hn::MulAdd(real, real, seen.squares);
  }
}

template <class T, std::size_t kVectors>
HWY_INLINE void chain_layer(const ChainStep<T>& step, ChainSeen<T>& seen) {
  if (step.list != nullptr) return chain_forward<T, kVectors, true>(step, seen);
  chain_forward<T, kVectors, false>(step, seen);
}

// A panel has 4 vectors of 256 bits, or 8 of 128.
template <class T, std::size_t kVectors>
HWY_INLINE void chain_layer_of(std::size_t vectors, const ChainStep<T>& step, ChainSeen<T>& seen) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return chain_layer_of<T, kVectors - 1>(vectors, step, seen);
  }
  chain_layer<T, kVectors>(step, seen);
}

// δ = sums f′ (9), (12) of one vector of units from `unit` on, and η δ.
template <class T>
HWY_INLINE void chain_delta(const ChainLayer<T>& layer, const ChainRow<T>& row, T rate, std::size_t unit,
                            typename RowOps<T>::V sums, ChainSeen<T>& seen) {
  using Ops = RowOps<T>;
  const auto slope = chain_slope<T>(layer, seen.net, seen.a);
  const auto real = hn::FirstN(typename Ops::D(), HWY_MIN(layer.units - unit, Ops::kLanes));
  const auto delta = hn::IfThenElseZero(real, hn::Mul(sums, slope));
  seen.delta = delta;
  Ops::store(delta, row.delta + unit);
  Ops::store(hn::Mul(Ops::set(rate), delta), row.d + unit);
  seen.squares = hn::MulAdd(delta, delta, seen.squares);
}

// A panel may be wider than the vectors that hold real units: what lies beyond must be zero.
template <class T>
HWY_INLINE void chain_zero_beyond(const ChainRow<T>& row, std::size_t units) {
  using Ops = RowOps<T>;
  const std::size_t end = deltarule::base::padded<T>(units);
  for (std::size_t u = (units + Ops::kLanes - 1) / Ops::kLanes * Ops::kLanes; u < end; u += Ops::kLanes) {
    Ops::store(Ops::set(T{0}), row.delta + u);
    Ops::store(Ops::set(T{0}), row.d + u);
  }
}

template <class T, bool kTiny>
HWY_INLINE void chain_output_deltas(const ChainLayer<T>& layer, const ChainRow<T>& row, const T* t, T rate,
                                    double* loss, ChainSeen<T>& seen) {
  using Ops = RowOps<T>;
  alignas(64) T difference[deltarule::base::kPanel<T>];  // squares_in_double() reads it to a multiple of eight
  const std::size_t units = kTiny ? 1 : layer.units, end = (units + 7) / 8 * 8;
  for (std::size_t u = 0; u < end; u += Ops::kLanes) {
    const auto real = hn::FirstN(typename Ops::D(), u < layer.units ? HWY_MIN(layer.units - u, Ops::kLanes) : 0);
    if constexpr (!kTiny) {
      seen.net = Ops::load(row.net + u);
      seen.a = Ops::load(row.a + u);
    }
    const auto error = hn::IfThenElseZero(real, hn::Sub(Ops::load(t + u), seen.a));
    Ops::store(error, difference + u);
    if (u < units) chain_delta<T>(layer, row, rate, u, error, seen);
  }
  if constexpr (!kTiny) chain_zero_beyond<T>(row, layer.units);
  if (loss != nullptr) *loss = 0.5 * squares_in_double<T>(difference, kTiny ? 1 : layer.units);
}

// The sums of back_sums for a tiny layer and the one above it, whose deltas are in a register.
template <class T>
HWY_INLINE typename BackOps<T>::V tiny_sums(const ChainLayer<T>& above, typename BackOps<T>::V delta) {
  using Ops = BackOps<T>;
  constexpr std::size_t kWidth = deltarule::base::kPanel<T> / 2;
  const typename Ops::D d;
  typename Ops::V sum[Ops::kSenders][Ops::kParts];
  const T* w = above.w;
  const T* const last = w + (above.senders - 1) * kWidth;
  DELTARULE_UNROLL for (std::size_t s = 0; s < Ops::kSenders; ++s) {
    sum[s][0] = hn::MulAdd(delta, hn::LoadU(d, w), hn::Zero(d));
    DELTARULE_UNROLL for (std::size_t part = 1; part < Ops::kParts; ++part) sum[s][part] = hn::Zero(d);
    w = w == last ? w : w + kWidth;
  }
  return joined(sum);
}

// (11) and (12): the deltas of a layer from those of the layer above.
template <class T, bool kTiny>
HWY_INLINE void chain_back(const ChainLayer<T>& above, const T* delta, const ChainLayer<T>& layer,
                           const ChainRow<T>& row, T rate, ChainSeen<T>& seen) {
  using Ops = RowOps<T>;
  constexpr std::size_t kSenders = BackOps<T>::kSenders;
  const RowPanels<T> panels{above.senders, above.units};
  for (std::size_t j = 0; j < (kTiny ? 1 : layer.units); j += kSenders) {
    seen.net = Ops::load(row.net + j);
    seen.a = Ops::load(row.a + j);
    if constexpr (kTiny) {
      chain_delta<T>(layer, row, rate, j, tiny_sums<T>(above, seen.delta), seen);
    } else {
      const auto sums = j + kSenders <= layer.units ? back_sums<T, true>(panels, above.w, delta, j)
                                                    : back_sums<T, false>(panels, above.w, delta, j);
      chain_delta<T>(layer, row, rate, j, sums, seen);
    }
  }
  if constexpr (!kTiny) chain_zero_beyond<T>(row, layer.units);
}

// A row of a pattern into memory of its own, looked at on the way. A tiny one is one vector; its padding beyond that
// vector is zero already, since nobody else writes to it.
template <class T, bool kTiny>
HWY_INLINE std::size_t chain_take(const T* from, T* to, std::size_t n, ChainSeen<T>& seen) {
  using Ops = RowOps<T>;
  if constexpr (kTiny) {
    const auto row = n == Ops::kLanes ? Ops::load(from) : tail_of_unpadded<T>(from, n);
    Ops::store(row, to);
    seen.squares = hn::MulAdd(row, row, seen.squares);
    return n;
  } else {
    const RowFacts<T> facts = row_taken<T>(from, to, n);
    seen.squares = hn::Add(seen.squares, hn::IfThenElseZero(hn::FirstN(typename Ops::D(), 1), Ops::set(facts.squares)));
    return facts.nonzeros;
  }
}

// kTiny: inputs and layers of one vector at most.
template <class T, bool kTiny>
HWY_NOINLINE bool chain_learned(const Chain<T>& chain, ChainSide<T>& now, const ChainSide<T>& before, const T* x,
                                const T* t, double* loss) {
  using Ops = RowOps<T>;
  const ChainLayer<T>* const layers = chain.layers;
  const std::size_t last = chain.count - 1, inputs = layers[0].senders;
  const auto nothing = Ops::set(T{0});
  ChainSeen<T> seen{nothing, nothing, nothing, nothing};
  now.nonzeros = chain_take<T, kTiny>(x, now.inputs, inputs, seen);
  chain_take<T, kTiny>(t, now.targets, layers[last].units, seen);
  const bool listed = !kTiny && worth_listing(now.nonzeros, before.nonzeros, inputs);
  const std::size_t count = listed ? nonzeros_listed<T>(before.inputs, now.inputs, inputs, chain.places) : 0;

  for (std::size_t l = 0; l <= last; ++l) {
    const bool first = l == 0;
    const ChainStep<T> step{layers[l],
                            first ? before.inputs : before.rows[l - 1].a,
                            first ? now.inputs : now.rows[l - 1].a,
                            before.rows[l],
                            now.rows[l],
                            first && listed ? chain.places : nullptr,
                            count};
    if constexpr (kTiny) {
      chain_forward<T, 1, false>(step, seen);
    } else {
      chain_layer_of<T, Ops::kWhole>((layers[l].units + Ops::kLanes - 1) / Ops::kLanes, step, seen);
    }
  }
  chain_output_deltas<T, kTiny>(layers[last], now.rows[last], now.targets, chain.rate, loss, seen);
  for (std::size_t l = last; l-- > 0;)
    chain_back<T, kTiny>(layers[l + 1], now.rows[l + 1].delta, layers[l], now.rows[l], chain.rate, seen);
  return hn::GetLane(hn::SumOfLanes(typename Ops::D(), seen.squares)) <= chain.bound;
}
