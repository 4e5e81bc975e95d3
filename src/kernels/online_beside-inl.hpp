// Two blocks that read the same inputs, side by side: OnlineKernels::advance_both. Included once per instruction set
// inside that set's namespace, after online-inl.hpp.

// The last panel of a block, narrower than four vectors.
template <class T>
struct NarrowPanel {
  T* w;
  std::size_t width;
  const T* d;
  T* net;
  MaskRows mask;

  static HWY_INLINE NarrowPanel of(const RowChange<T>& change, const RowPanels<T>& panels) {
    const std::size_t p = panels.count() - 1, unit = p * RowPanels<T>::kWide;
    const RankOne<T>& pending = change.pending;
    NarrowPanel made{change.block.w + panels.first(p), panels.width(p), pending.d + unit, change.net + unit, {}};
    if (pending.movable != nullptr) made.mask = MaskRows::of(pending, panels.first(p), p * panels.senders);
    return made;
  }
};

// A weight's change, and its use: one vector of one block.
template <class T, bool kMasked, std::size_t kVectors>
HWY_INLINE void step_beside(typename RowOps<T>::V (&sum)[kVectors], const typename RowOps<T>::V (&d)[kVectors], T* w,
                            typename RowOps<T>::V then, typename RowOps<T>::V now, const Movers<T, kMasked>& movers) {
  using Ops = RowOps<T>;
  static constexpr Motion kMotion{Change::delta_rule, kMasked, true, true, false};
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
    T* const at = w + v * Ops::kLanes;
    const auto after = changed<T, kMotion>(Ops::load(at), then, d[v], now, static_cast<T*>(nullptr), 0, movers, v);
    Ops::store(after, at);
    sum[v] = hn::MulAdd(now, after, sum[v]);
  }
}

template <class T, std::size_t kVectors>
HWY_INLINE void load_vectors(const T* from, typename RowOps<T>::V (&to)[kVectors]) {
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) to[v] = RowOps<T>::load(from + v * RowOps<T>::kLanes);
}

template <class T, bool kMasked, std::size_t kOne, std::size_t kTwo>
HWY_NOINLINE void strip_beside(const NarrowPanel<T>& one, const NarrowPanel<T>& two, const T* a, const T* x,
                               std::size_t senders) {
  using Ops = RowOps<T>;
  T *w_one = one.w, *w_two = two.w;
  const std::size_t width_one = one.width, width_two = two.width;
  const MaskRows mask_one = one.mask, mask_two = two.mask;
  typename Ops::V sum_one[kOne], d_one[kOne], sum_two[kTwo], d_two[kTwo];
  load_vectors<T>(one.net, sum_one);
  load_vectors<T>(two.net, sum_two);
  load_vectors<T>(one.d, d_one);
  load_vectors<T>(two.d, d_two);
  for (std::size_t i = 0; i < senders; ++i, w_one += width_one, w_two += width_two) {
    const auto then = Ops::set(a[i]), now = Ops::set(x[i]);
    step_beside<T, kMasked>(sum_one, d_one, w_one, then, now, Movers<T, kMasked>(mask_one, i, i * width_one));
    step_beside<T, kMasked>(sum_two, d_two, w_two, then, now, Movers<T, kMasked>(mask_two, i, i * width_two));
  }
  store_sums<T>(sum_one, one.net);
  store_sums<T>(sum_two, two.net);
}

// strip_beside<…, one, two> for one, two ≥ 1 and one + two ≤ 4.
template <class T, bool kMasked, std::size_t kOne>
HWY_INLINE void strip_beside_two(std::size_t vectors, const NarrowPanel<T>& one, const NarrowPanel<T>& two, const T* a,
                                 const T* x, std::size_t senders) {
  if (vectors == 1) return strip_beside<T, kMasked, kOne, 1>(one, two, a, x, senders);
  if constexpr (kOne < 3) {
    if (vectors == 2) return strip_beside<T, kMasked, kOne, 2>(one, two, a, x, senders);
  }
  if constexpr (kOne < 2) strip_beside<T, kMasked, kOne, 3>(one, two, a, x, senders);
}

template <class T, bool kMasked>
HWY_INLINE void both_strips(const RowChange<T>& one, const RowChange<T>& two, const T* x) {
  static constexpr Motion kMotion{Change::delta_rule, kMasked, true, true, false};
  const std::size_t senders = one.block.senders;
  const auto whole = [](const RowChange<T>& change, const RowPanels<T>& panels, const T* row) HWY_ATTR {
    const RowPanels<T> rest{panels.senders, (panels.count() - 1) * RowPanels<T>::kWide};
    all_strips<T, kMotion, 0>({change.block.w, change.pending, row, change.net, nullptr, panels.senders}, rest);
  };
  const RowPanels<T> panels_one{senders, one.block.units}, panels_two{senders, two.block.units};
  whole(one, panels_one, x);
  whole(two, panels_two, x);
  const auto last_one = NarrowPanel<T>::of(one, panels_one), last_two = NarrowPanel<T>::of(two, panels_two);
  const std::size_t vectors = panels_two.vectors(panels_two.count() - 1);
  const T* const a = one.pending.a;
  switch (panels_one.vectors(panels_one.count() - 1)) {
    case 1:
      return strip_beside_two<T, kMasked, 1>(vectors, last_one, last_two, a, x, senders);
    case 2:
      return strip_beside_two<T, kMasked, 2>(vectors, last_one, last_two, a, x, senders);
    default:
      return strip_beside_two<T, kMasked, 3>(vectors, last_one, last_two, a, x, senders);
  }
}

// Two narrow last panels wait for their chains together. Elsewhere there is nothing to gain.
template <class T>
HWY_INLINE bool suit_beside(const RowChange<T>& one, const RowChange<T>& two) {
  if (RowOps<T>::kWhole != 4 || one.pending.velocity != nullptr || two.pending.velocity != nullptr) return false;
  if ((one.pending.movable == nullptr) != (two.pending.movable == nullptr)) return false;
  const auto last = [](const RowBlock<T>& block) {
    const RowPanels<T> panels{block.senders, block.units};
    return panels.vectors(panels.count() - 1);
  };
  return last(one.block) + last(two.block) <= 4;
}
