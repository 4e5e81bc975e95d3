// One row against one block of weights in vectors: forward (4) with or without a pending change, and the change alone.
// The rest of online.hpp is in online_rows-inl.hpp. Included once per instruction set inside that set's namespace,
// after simd_ops-inl.hpp.

template <class T, std::size_t kBytes>
struct LoadStore {
  static constexpr std::size_t kLanes = kBytes / sizeof(T);
  static constexpr std::size_t kWhole = deltarule::base::kPanel<T> / kLanes;  // vectors in a whole panel
  using D = hn::CappedTag<T, kLanes>;
  using V = hn::Vec<D>;
  static HWY_INLINE V load(const T* from) { return hn::LoadU(D(), from); }
  static HWY_INLINE void store(V x, T* to) { hn::StoreU(x, D(), to); }
  static HWY_INLINE V set(T x) { return hn::Set(D(), x); }
};
// 256 bits at most: with one load, one store and two multiply-adds per vector, 512 bits took 1.26 cycles per 32 bytes
// of weights on Zen 4 and 256 bits 1.14. Without a store for every load it is the other way round.
template <class T>
struct RowOps : LoadStore<T, HWY_MIN(HWY_MAX_BYTES, 32)> {};
template <class T>
struct PairOps : LoadStore<T, HWY_MAX_BYTES> {};

enum class Change { none, delta_rule, momentum };

// What happens to each weight of a strip.
struct Motion {
  Change change = Change::none;
  bool masked = false;  // where RankOne::movable is 0, d counts as zero
  bool store = false;   // the change is made
  bool forward = true;  // net inputs are summed
  bool listed = false;  // some senders only
};

// Vectors side by side that one pass over the senders works on: `kNear` from one panel, `kFar` from the next.
template <class T>
struct Strip {
  std::size_t near = 0, near_width = 0;  // where the first sender's numbers lie in the block, distance to the next
  std::size_t far = 0, far_width = 0;
  std::size_t unit = 0;  // the first
};

template <class T>
struct StripTask {
  T* w;
  RankOne<T> pending;
  const T* x;
  T* net;
  const std::uint32_t* list;
  std::size_t count;  // senders to visit
};

// The mask of RankOne from the first row of a panel on.
struct MaskRows {
  const std::int8_t* bytes = nullptr;
  const std::uint32_t* bits = nullptr;
  template <class T>
  static HWY_INLINE MaskRows of(const RankOne<T>& change, std::size_t byte, std::size_t word) {
    return {change.movable + byte, change.movable_bits + word};
  }
};

// Which weights of one sender's row of a panel move: word `word` of the mask, or its bytes from `byte` on. `kMasked`
// false: all do.
template <class T, bool kMasked>
struct Movers {
  HWY_INLINE Movers(const MaskRows&, std::size_t, std::size_t) {}
};

// On Zen 4 the ports of multiply-adds bring masks from memory and widen them, too. And where two multiply-adds and a
// store per vector need three numbers to add to or to store, two can be fetched at a time, unless one was made just
// before: four chains that wait for nothing but themselves take 1.13 cycles per vector for that reason, and 1.5 as soon
// as something delays them. With AVX-512 one word per row is brought, and shifted where multiply-adds do not go: 1.34
// cycles, in the first cache as in the second. Widened bytes take 1.55, a mask brought per vector 1.76, vectors of 512
// bits 1.79, and bits of 32 rows kept in registers 1.48.
#if HWY_TARGET == HWY_AVX3
template <class T>
struct Movers<T, true> {
  using Ops = RowOps<T>;
  using V = typename Ops::V;
  using Mask = hn::Mask<typename Ops::D>;
  static_assert(Ops::kWhole == 4);
  Mask masks[4];  // of the vectors of a panel

  HWY_INLINE Movers(const MaskRows& rows, std::size_t word, std::size_t) {
    const __mmask32 bits = _load_mask32(const_cast<std::uint32_t*>(rows.bits + word));
    masks[0] = Mask{static_cast<typename Mask::Raw>(bits)};
    masks[1] = Mask{static_cast<typename Mask::Raw>(_kshiftri_mask32(bits, 1 * Ops::kLanes))};
    masks[2] = Mask{static_cast<typename Mask::Raw>(_kshiftri_mask32(bits, 2 * Ops::kLanes))};
    masks[3] = Mask{static_cast<typename Mask::Raw>(_kshiftri_mask32(bits, 3 * Ops::kLanes))};
  }
  // d of vector v where something moves, zero elsewhere.
  HWY_INLINE V moving(std::size_t v, V d) const { return hn::IfThenElseZero(masks[v], d); }
  // Zero stays what it is: one multiply-add with a mask.
  HWY_INLINE V after(std::size_t v, V w, V a, V d) const { return hn::IfThenElse(masks[v], hn::MulAdd(a, d, w), w); }
};
#else
template <class T>
struct Movers<T, true> {
  using Ops = RowOps<T>;
  using D = typename Ops::D;
  using V = typename Ops::V;
  const std::int8_t* bytes;

  HWY_INLINE Movers(const MaskRows& rows, std::size_t, std::size_t byte) : bytes(rows.bytes + byte) {}
  HWY_INLINE V moving(std::size_t v, V d) const {
    const hn::Rebind<std::int8_t, D> narrow;
    const hn::Rebind<std::int32_t, D> words;
    const auto mask = hn::PromoteTo(words, hn::LoadU(narrow, bytes + v * Ops::kLanes));
    if constexpr (sizeof(T) == 4) {
      return hn::And(d, hn::BitCast(D(), mask));
    } else {
      return hn::And(d, hn::BitCast(D(), hn::PromoteTo(hn::RebindToSigned<D>(), mask)));
    }
  }
  HWY_INLINE V after(std::size_t v, V w, V a, V d) const { return hn::MulAdd(a, moving(v, d), w); }
};
#endif

// One vector of weights after the change of one sender: vector v of those that `movers` tells of, at `at` in
// `velocity`, if it exists.
template <class T, Motion kMotion, class V>
HWY_INLINE V changed(V w, V a, V d, V momentum, T* velocity, std::ptrdiff_t at, const Movers<T, kMotion.masked>& movers,
                     std::size_t v) {
  using Ops = RowOps<T>;
  if constexpr (kMotion.change == Change::none) return w;
  if constexpr (kMotion.change == Change::momentum) {
    if constexpr (kMotion.masked) d = movers.moving(v, d);
    const auto moved = hn::MulAdd(a, d, hn::Mul(momentum, Ops::load(velocity + at)));
    if constexpr (kMotion.store) Ops::store(moved, velocity + at);
    return hn::Add(w, moved);
  } else if constexpr (kMotion.masked) {
    return movers.after(v, w, a, d);
  } else {
    return hn::MulAdd(a, d, w);
  }
}

// The activation reads 512 bits, which two stores of 256 bits cannot hand on: it would wait for the cache. An odd last
// vector is the last of its row, whose padding may be written.
template <class T, std::size_t kVectors>
HWY_INLINE void store_sums(const typename RowOps<T>::V (&sum)[kVectors], T* net) {
  using Ops = RowOps<T>;
  if constexpr (HWY_MAX_BYTES > Ops::kLanes * sizeof(T)) {
    const hn::ScalableTag<T> wide;
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; v += 2) {
      const auto upper = v + 1 < kVectors ? sum[v + 1 < kVectors ? v + 1 : v] : hn::Zero(typename Ops::D());
      hn::StoreU(hn::Combine(wide, upper, sum[v]), wide, net + v * Ops::kLanes);
    }
  } else {
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) Ops::store(sum[v], net + v * Ops::kLanes);
  }
}

// Everything is read into locals first: weights are stored meanwhile, and a compiler must expect them to be a part of
// the task. (Passing the task by value instead copies it with vectors from words just written: 50 cycles per call.)
template <class T, Motion kMotion, std::size_t kNear, std::size_t kFar>
HWY_NOINLINE void strip(const StripTask<T>& task, const Strip<T>& s) {
  using Ops = RowOps<T>;
  constexpr std::size_t kAll = kNear + kFar, kLanes = Ops::kLanes;
  constexpr bool kChanges = kMotion.change != Change::none;
  const std::size_t count = task.count, near_width = s.near_width, far_width = s.far_width;
  const std::ptrdiff_t to_far =
      static_cast<std::ptrdiff_t>(s.far) - static_cast<std::ptrdiff_t>(s.near + kNear * kLanes);
  T* const w = task.w + s.near;
  T* const velocity = kMotion.change == Change::momentum ? task.pending.velocity + s.near : nullptr;
  MaskRows near_mask, far_mask;
  if constexpr (kMotion.masked) {
    const std::size_t word = s.unit / deltarule::base::kPanel<T> * count;
    near_mask = MaskRows::of(task.pending, s.near, word);
    far_mask = kFar > 0 ? MaskRows::of(task.pending, s.far, word + count) : near_mask;
  }
  const T* const a = task.pending.a;
  const T* const x = task.x;
  const std::uint32_t* const list = task.list;
  const auto momentum = Ops::set(task.pending.momentum);
  typename Ops::V sum[kAll], d[kAll];
  DELTARULE_UNROLL for (std::size_t v = 0; v < kAll; ++v) {
    if constexpr (kMotion.forward) sum[v] = Ops::load(task.net + s.unit + v * kLanes);
    d[v] = kChanges ? Ops::load(task.pending.d + s.unit + v * kLanes) : momentum;
  }
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = kMotion.listed ? list[k] : k;
    const auto old = kChanges ? Ops::set(a[i]) : momentum;
    const auto now = kMotion.forward ? Ops::set(x[i]) : momentum;
    const std::ptrdiff_t near = static_cast<std::ptrdiff_t>(i * near_width);
    const std::ptrdiff_t far = static_cast<std::ptrdiff_t>(i * far_width) + to_far;
    const Movers<T, kMotion.masked> near_movers(near_mask, i, i * near_width);
    const Movers<T, kMotion.masked> far_movers(far_mask, i, i * far_width);
    DELTARULE_UNROLL for (std::size_t v = 0; v < kAll; ++v) {
      const std::ptrdiff_t at = (v < kNear ? near : far) + static_cast<std::ptrdiff_t>(v * kLanes);
      const auto after = changed<T, kMotion>(Ops::load(w + at), old, d[v], momentum, velocity, at,
                                             v < kNear ? near_movers : far_movers, v < kNear ? v : v - kNear);
      if constexpr (kMotion.store) Ops::store(after, w + at);
      if constexpr (kMotion.forward) sum[v] = hn::MulAdd(now, after, sum[v]);
    }
  }
  if constexpr (kMotion.forward) {
    store_sums<T>(sum, task.net + s.unit);
  }
}

// A block cut into panels: where they lie, and how many vectors of them hold real units.
template <class T>
struct RowPanels {
  std::size_t senders, units;
  static constexpr std::size_t kWide = deltarule::base::kPanel<T>;
  HWY_INLINE std::size_t count() const { return (units + kWide - 1) / kWide; }
  HWY_INLINE std::size_t left(std::size_t p) const { return units - p * kWide; }
  HWY_INLINE std::size_t width(std::size_t p) const { return left(p) <= kWide / 2 ? kWide / 2 : kWide; }
  HWY_INLINE std::size_t first(std::size_t p) const { return p * kWide * senders; }
  HWY_INLINE std::size_t vectors(std::size_t p) const {
    return HWY_MIN((left(p) + RowOps<T>::kLanes - 1) / RowOps<T>::kLanes, RowOps<T>::kWhole);
  }
};

// strip<…, kNear, far> for far = 1 … kFar.
template <class T, Motion kMotion, std::size_t kNear, std::size_t kFar>
HWY_INLINE void strip_with_far(const StripTask<T>& task, const Strip<T>& s, std::size_t far) {
  if constexpr (kFar > 1) {
    if (far < kFar) return strip_with_far<T, kMotion, kNear, kFar - 1>(task, s, far);
  }
  strip<T, kMotion, kNear, kFar>(task, s);
}
template <class T, Motion kMotion, std::size_t kNear>
HWY_INLINE void strip_alone(const StripTask<T>& task, const Strip<T>& s, std::size_t near) {
  if constexpr (kNear > 1) {
    if (near < kNear) return strip_alone<T, kMotion, kNear - 1>(task, s, near);
  }
  strip<T, kMotion, kNear, 0>(task, s);
}

// All units of a block. kFar: vectors of the next panel that may join a whole panel. A chain waits four cycles for its
// own last step, so a narrow last panel alone takes as long as a whole one: 784 × 100 took 13 % longer.
template <class T, Motion kMotion, std::size_t kFar>
HWY_INLINE void all_strips(const StripTask<T>& task, const RowPanels<T>& panels) {
  constexpr std::size_t kNear = HWY_MIN(RowOps<T>::kWhole, std::size_t{4});
  for (std::size_t p = 0; p < panels.count(); ++p) {
    Strip<T> s{panels.first(p), panels.width(p), 0, 0, p * RowPanels<T>::kWide};
    std::size_t vectors = panels.vectors(p);
    if constexpr (kFar > 0 && RowOps<T>::kWhole == kNear) {
      const std::size_t far = vectors == kNear && p + 1 < panels.count() ? panels.vectors(p + 1) : 0;
      if (far > 0 && far <= kFar) {
        ++p;
        s.far = panels.first(p);
        s.far_width = panels.width(p);
        strip_with_far<T, kMotion, kNear, kFar>(task, s, far);
        continue;
      }
    }
    for (; vectors > kNear; vectors -= kNear, s.near += kNear * RowOps<T>::kLanes, s.unit += kNear * RowOps<T>::kLanes)
      strip<T, kMotion, kNear, 0>(task, s);
    strip_alone<T, kMotion, kNear>(task, s, vectors);
  }
}

// The motion for what a pending change has. Two vectors of the next panel fit into 16 registers beside a whole one.
template <class T, bool kStore, bool kForward>
HWY_INLINE void all_strips_with(const StripTask<T>& task, const RowPanels<T>& panels) {
  constexpr Motion kDelta{Change::delta_rule, false, kStore, kForward, false};
  constexpr Motion kMomentum{Change::momentum, false, kStore, kForward, false};
  constexpr Motion kMaskedDelta{Change::delta_rule, true, kStore, kForward, false};
  constexpr Motion kMaskedMomentum{Change::momentum, true, kStore, kForward, false};
  constexpr std::size_t kFar = kStore && kForward ? 2 : 0;
  const bool momentum = task.pending.velocity != nullptr;
  if (task.pending.movable != nullptr)
    return momentum ? all_strips<T, kMaskedMomentum, 0>(task, panels) : all_strips<T, kMaskedDelta, kFar>(task, panels);
  return momentum ? all_strips<T, kMomentum, 0>(task, panels) : all_strips<T, kDelta, kFar>(task, panels);
}

// Not on any quick path: whoever reads weights while a change is pending gets a copy.
template <class T, Motion kMotion>
HWY_NOINLINE void preview_block(const RowBlock<const T>& block, const RankOne<T>& pending, T* to) {
  using Ops = RowOps<T>;
  const RowPanels<T> panels{block.senders, block.units};
  const auto momentum = Ops::set(pending.momentum);
  for (std::size_t p = 0; p < panels.count(); ++p) {
    MaskRows mask;
    if constexpr (kMotion.masked) mask = MaskRows::of(pending, panels.first(p), p * block.senders);
    for (std::size_t i = 0; i < block.senders; ++i) {
      const auto a = Ops::set(pending.a[i]);
      const Movers<T, kMotion.masked> movers(mask, i, i * panels.width(p));
      for (std::size_t v = 0; v < panels.vectors(p); ++v) {
        const std::size_t at = panels.first(p) + i * panels.width(p) + v * Ops::kLanes;
        const auto d = Ops::load(pending.d + p * RowPanels<T>::kWide + v * Ops::kLanes);
        Ops::store(changed<T, kMotion>(Ops::load(block.w + at), a, d, momentum, pending.velocity,
                                       static_cast<std::ptrdiff_t>(at), movers, v),
                   to + at);
      }
    }
  }
}

template <class T>
struct PairTask {
  T* w;
  std::size_t senders;
  RankOne<T> first, second;
  const T *x0, *x1;
  T *net0, *net1;
};

// Two pending changes, two patterns: four multiply-adds per load and store. Two vectors, since the sums and factors of
// four would need 16 registers for themselves.
template <class T, std::size_t kVectors>
HWY_NOINLINE void pair_strip(const PairTask<T>& task, std::size_t at, std::size_t width, std::size_t unit) {
  using Ops = PairOps<T>;
  const std::size_t senders = task.senders;
  T* w = task.w + at;
  const T *const first = task.first.a, *const second = task.second.a, *const x0 = task.x0, *const x1 = task.x1;
  T *const net0 = task.net0 + unit, *const net1 = task.net1 + unit;
  typename Ops::V sum0[kVectors], sum1[kVectors], d0[kVectors], d1[kVectors];
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
    sum0[v] = Ops::load(net0 + v * Ops::kLanes);
    sum1[v] = Ops::load(net1 + v * Ops::kLanes);
    d0[v] = Ops::load(task.first.d + unit + v * Ops::kLanes);
    d1[v] = Ops::load(task.second.d + unit + v * Ops::kLanes);
  }
  for (std::size_t i = 0; i < senders; ++i, w += width) {
    const auto a0 = Ops::set(first[i]), a1 = Ops::set(second[i]);
    const auto now0 = Ops::set(x0[i]), now1 = Ops::set(x1[i]);
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      const auto weight = hn::MulAdd(a1, d1[v], hn::MulAdd(a0, d0[v], Ops::load(w + v * Ops::kLanes)));
      Ops::store(weight, w + v * Ops::kLanes);
      sum0[v] = hn::MulAdd(now0, weight, sum0[v]);
      sum1[v] = hn::MulAdd(now1, weight, sum1[v]);
    }
  }
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
    Ops::store(sum0[v], net0 + v * Ops::kLanes);
    Ops::store(sum1[v], net1 + v * Ops::kLanes);
  }
}

template <class T>
HWY_INLINE void all_pair_strips(const PairTask<T>& task, const RowPanels<T>& panels) {
  constexpr std::size_t kTogether = 2, kStep = kTogether * PairOps<T>::kLanes;
  for (std::size_t u = 0; u < panels.units; u += kStep) {
    const std::size_t p = u / RowPanels<T>::kWide, at = panels.first(p) + u % RowPanels<T>::kWide;
    const bool narrow = panels.units - u <= PairOps<T>::kLanes;
    if (narrow)
      pair_strip<T, 1>(task, at, panels.width(p), u);
    else
      pair_strip<T, kTogether>(task, at, panels.width(p), u);
  }
}
