// The way back (11) for one pattern, and what happens to single rows. Included once per instruction set inside that
// set's namespace, after online-inl.hpp.

// The eight strided partial sums of one dot product, in as many vectors as they take. 256 bits at most: the join below
// then makes one whole vector of results.
template <class T>
struct BackOps {
  static constexpr std::size_t kLanes = HWY_MIN(HWY_MAX_BYTES, 32) / sizeof(T);
  static constexpr std::size_t kParts = 8 / kLanes;
  static constexpr std::size_t kSenders = kLanes;  // eight vectors of sums with 256 bits: they hide the latency
  using D = hn::CappedTag<T, kLanes>;
  using V = hn::Vec<D>;
};

// Joins p0 … p7 of kSenders dot products, in vectors all the way: ((p0+p4) + (p2+p6)) + ((p1+p5) + (p3+p7)).
HWY_INLINE BackOps<float>::V joined(const BackOps<float>::V (&p)[BackOps<float>::kSenders][BackOps<float>::kParts]) {
  const BackOps<float>::D d;
  const hn::RepartitionToWide<hn::RebindToUnsigned<BackOps<float>::D>> pairs;
  const auto wide = [&](auto x) HWY_ATTR { return hn::BitCast(pairs, x); };
  BackOps<float>::V q[4];  // q0 … q3 of sender s, and with eight lanes those of sender s + 4 above
  DELTARULE_UNROLL for (std::size_t s = 0; s < 4; ++s) {
    if constexpr (BackOps<float>::kParts == 1) {
      q[s] = hn::Add(hn::ConcatLowerLower(d, p[s + 4][0], p[s][0]), hn::ConcatUpperUpper(d, p[s + 4][0], p[s][0]));
    } else {
      q[s] = hn::Add(p[s][0], p[s][1]);
    }
  }
  const auto r01 = hn::Add(hn::InterleaveLower(d, q[0], q[1]), hn::InterleaveUpper(d, q[0], q[1]));
  const auto r23 = hn::Add(hn::InterleaveLower(d, q[2], q[3]), hn::InterleaveUpper(d, q[2], q[3]));
  return hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, wide(r01), wide(r23))),
                 hn::BitCast(d, hn::InterleaveUpper(pairs, wide(r01), wide(r23))));
}
HWY_INLINE BackOps<double>::V joined(
    const BackOps<double>::V (&p)[BackOps<double>::kSenders][BackOps<double>::kParts]) {
  const BackOps<double>::D d;
  BackOps<double>::V r[2];  // r0, r1 of sender s, and with four lanes those of sender s + 2 above
  DELTARULE_UNROLL for (std::size_t s = 0; s < 2; ++s) {
    if constexpr (BackOps<double>::kParts == 2) {
      const auto q = hn::Add(p[s][0], p[s][1]), q2 = hn::Add(p[s + 2][0], p[s + 2][1]);
      r[s] = hn::Add(hn::ConcatLowerLower(d, q2, q), hn::ConcatUpperUpper(d, q2, q));
    } else {
      r[s] = hn::Add(hn::Add(p[s][0], p[s][2]), hn::Add(p[s][1], p[s][3]));
    }
  }
  return hn::Add(hn::InterleaveLower(d, r[0], r[1]), hn::InterleaveUpper(d, r[0], r[1]));
}

// Sums of kSenders senders from j on. kWhole: all of them exist; otherwise those beyond the last are visited as if they
// were the last, and their sums fall into the padding.
template <class T, bool kWhole>
HWY_INLINE typename BackOps<T>::V back_sums(const RowPanels<T>& panels, const T* block, const T* delta, std::size_t j) {
  using Ops = BackOps<T>;
  constexpr std::size_t kSenders = Ops::kSenders;
  const typename Ops::D d;
  typename Ops::V sum[kSenders][Ops::kParts];
  DELTARULE_UNROLL for (std::size_t s = 0; s < kSenders; ++s) {
    DELTARULE_UNROLL for (std::size_t part = 0; part < Ops::kParts; ++part) sum[s][part] = hn::Zero(d);
  }
  for (std::size_t p = 0; p < panels.count(); ++p) {
    const std::size_t width = panels.width(p), units = HWY_MIN(panels.left(p), RowPanels<T>::kWide);
    const T* w = block + panels.first(p) + j * width;
    const T* factors = delta + p * RowPanels<T>::kWide;
    for (std::size_t k = 0; k < units; k += 8, w += 8, factors += 8) {
      DELTARULE_UNROLL for (std::size_t part = 0; part < Ops::kParts; ++part) {
        const auto factor = hn::LoadU(d, factors + part * Ops::kLanes);
        DELTARULE_UNROLL for (std::size_t s = 0; s < kSenders; ++s) {
          const std::size_t sender = kWhole ? s : HWY_MIN(s, panels.senders - 1 - j);
          sum[s][part] = hn::MulAdd(factor, hn::LoadU(d, w + sender * width + part * Ops::kLanes), sum[s][part]);
        }
      }
    }
  }
  return joined(sum);
}

template <class T, bool kWhole>
HWY_INLINE void back_tile(const RowPanels<T>& panels, const T* block, const T* delta, bool add, std::size_t j,
                          T* sums) {
  const typename BackOps<T>::D d;
  const auto result = back_sums<T, kWhole>(panels, block, delta, j);
  hn::StoreU(add ? hn::Add(hn::LoadU(d, sums + j), result) : result, d, sums + j);
}

template <class T>
HWY_INLINE void back_row(const RowBlock<const T>& block, const T* delta, bool add, T* sums) {
  constexpr std::size_t kSenders = BackOps<T>::kSenders;
  const RowPanels<T> panels{block.senders, block.units};
  std::size_t j = 0;
  for (; j + kSenders <= block.senders; j += kSenders) back_tile<T, true>(panels, block.w, delta, add, j, sums);
  if (j < block.senders) back_tile<T, false>(panels, block.w, delta, add, j, sums);
}

// ---- rows ----

// One vector whose lanes beyond `left` are zero.
template <class T>
HWY_INLINE typename RowOps<T>::V first_lanes(const T* from, std::size_t left) {
  const typename RowOps<T>::D d;
  return hn::IfThenElseZero(hn::FirstN(d, HWY_MIN(left, RowOps<T>::kLanes)), hn::LoadU(d, from));
}

// Numbers of a row that may be read beyond n, up to the padding; or not at all, where a tail is read singly.
template <class T>
HWY_INLINE typename RowOps<T>::V tail_of_unpadded(const T* from, std::size_t left) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  const typename RowOps<T>::D d;
  return hn::MaskedLoad(hn::FirstN(d, left), d, from);  // touches no lane beyond the mask on these
#else
  alignas(64) T tail[RowOps<T>::kLanes] = {};
  for (std::size_t i = 0; i < left; ++i) tail[i] = from[i];
  return RowOps<T>::load(tail);
#endif
}

// Sums in four vectors, so that none waits for another.
template <class T>
struct FourSums {
  typename RowOps<T>::V sum[4];
  HWY_INLINE FourSums() {
    DELTARULE_UNROLL for (std::size_t v = 0; v < 4; ++v) sum[v] = hn::Zero(typename RowOps<T>::D());
  }
  HWY_INLINE T total() const {
    const auto all = hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]));
    return hn::GetLane(hn::SumOfLanes(typename RowOps<T>::D(), all));
  }
};

template <class T>
HWY_INLINE T squares_of_row(const T* row, std::size_t n) {
  using Ops = RowOps<T>;
  constexpr std::size_t kStep = 4 * Ops::kLanes;
  FourSums<T> sums;
  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    DELTARULE_UNROLL for (std::size_t v = 0; v < 4; ++v) {
      const auto x = Ops::load(row + i + v * Ops::kLanes);
      sums.sum[v] = hn::MulAdd(x, x, sums.sum[v]);
    }
  }
  for (; i < n; i += Ops::kLanes) {
    const auto x = first_lanes<T>(row + i, n - i);
    sums.sum[0] = hn::MulAdd(x, x, sums.sum[0]);
  }
  return sums.total();
}

template <class T>
HWY_INLINE RowFacts<T> row_taken(const T* from, T* to, std::size_t n) {
  using Ops = RowOps<T>;
  using Count = hn::RebindToSigned<typename Ops::D>;
  constexpr std::size_t kStep = 4 * Ops::kLanes;
  const typename Ops::D d;
  FourSums<T> sums;
  auto zeros = hn::Zero(Count());  // minus the number of zeros, per lane
  const auto take = [&](typename Ops::V x, std::size_t at, std::size_t v) HWY_ATTR {
    Ops::store(x, to + at);
    sums.sum[v] = hn::MulAdd(x, x, sums.sum[v]);
    zeros = hn::Add(zeros, hn::VecFromMask(Count(), hn::RebindMask(Count(), hn::Eq(x, hn::Zero(d)))));
  };
  const std::size_t end = deltarule::base::padded<T>(n);
  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    DELTARULE_UNROLL for (std::size_t v = 0; v < 4; ++v)
        take(Ops::load(from + i + v * Ops::kLanes), i + v * Ops::kLanes, v);
  }
  for (; i + Ops::kLanes <= n; i += Ops::kLanes) take(Ops::load(from + i), i, 0);
  if (i < n) {
    take(from == to ? first_lanes<T>(from + i, n - i) : tail_of_unpadded<T>(from + i, n - i), i, 1);
    i += Ops::kLanes;
  }
  // Zeros of the padding are counted, too.
  const std::size_t padding = i - n;
  for (; i < end; i += Ops::kLanes) Ops::store(hn::Zero(d), to + i);
  const auto negative = hn::GetLane(hn::SumOfLanes(Count(), zeros));
  return {sums.total(), n + padding - static_cast<std::size_t>(-negative)};
}

template <class T>
HWY_INLINE T step_taken(T* delta, T rate, std::size_t units, T* d) {
  using Ops = RowOps<T>;
  constexpr std::size_t kVectors = deltarule::base::kAlignment / sizeof(T) / Ops::kLanes;
  FourSums<T> sums;
  const auto factor = Ops::set(rate);
  for (std::size_t u = 0; u < units; u += kVectors * Ops::kLanes) {
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t at = u + v * Ops::kLanes;
      const auto x = first_lanes<T>(delta + at, at < units ? units - at : 0);
      Ops::store(x, delta + at);
      Ops::store(hn::Mul(factor, x), d + at);
      sums.sum[v] = hn::MulAdd(x, x, sums.sum[v]);
    }
  }
  return sums.total();
}

// Places of the bits of a byte, in order.
struct PlacesOfBits {
  alignas(64) std::uint8_t places[256][8] = {};
  constexpr PlacesOfBits() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      for (unsigned bit = 0, count = 0; bit < 8; ++bit) {
        if ((byte >> bit & 1) != 0) places[byte][count++] = static_cast<std::uint8_t>(bit);
      }
    }
  }
};

// One bit for each of eight numbers that is not zero in x or y.
template <class T>
HWY_INLINE unsigned nonzero_bits(const T* x, const T* y, std::size_t left) {
  constexpr std::size_t kLanes = BackOps<T>::kLanes;
  const typename BackOps<T>::D d;
  unsigned bits = 0;
  DELTARULE_UNROLL for (std::size_t at = 0; at < 8; at += kLanes) {
    const auto exist = hn::FirstN(d, left > at ? HWY_MIN(left - at, kLanes) : 0);
    const auto either = hn::Or(hn::LoadU(d, x + at), hn::LoadU(d, y + at));
    std::uint8_t some[8];
    hn::StoreMaskBits(d, hn::And(exist, hn::Ne(either, hn::Zero(d))), some);
    bits |= static_cast<unsigned>(some[0]) << at;
  }
  return bits;
}

// Eight numbers at a time, without a branch on the data: a loop over the bits of each group would be mispredicted once
// per group. From a table, since compressing stores are microcoded on Zen 4 and compressing in a register took g++ 59
// cycles per group with AVX2 against 4 here.
template <class T>
HWY_INLINE std::size_t nonzeros_listed(const T* x, const T* y, std::size_t n, std::uint32_t* places) {
  static constexpr PlacesOfBits kPlaces;
  using Index = hn::CappedTag<std::uint32_t, 8>;
  using Narrow = hn::Rebind<std::uint8_t, Index>;
  constexpr std::size_t kLanes = HWY_MIN(HWY_MAX_BYTES / 4, 8);
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; i += 8) {
    const unsigned bits = nonzero_bits(x + i, y + i, n - i);
    const auto first = hn::Set(Index(), static_cast<std::uint32_t>(i));
    DELTARULE_UNROLL for (std::size_t at = 0; at < 8; at += kLanes) {
      const auto within = hn::PromoteTo(Index(), hn::LoadU(Narrow(), kPlaces.places[bits] + at));
      hn::StoreU(hn::Add(first, within), Index(), places + count + at);
    }
    count += hwy::PopCount(bits);
  }
  return count;
}

template <class T>
HWY_INLINE T dot_of_rows(const T* x, const T* y, std::size_t n) {
  const typename Eight<T>::D d;
  typename Eight<T>::V sum[Eight<T>::kParts];
  DELTARULE_UNROLL for (std::size_t part = 0; part < Eight<T>::kParts; ++part) sum[part] = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += 8) {
    DELTARULE_UNROLL for (std::size_t part = 0; part < Eight<T>::kParts; ++part) {
      const std::size_t at = i + part * Eight<T>::kLanes;
      sum[part] = hn::MulAdd(hn::LoadU(d, x + at), hn::LoadU(d, y + at), sum[part]);
    }
  }
  return join_eight<T>(sum);
}

template <class T>
struct OnlineFunctions {
  using Ops = RowOps<T>;

  // Strips that store nothing take weights that must not be stored to.
  static StripTask<T> reading(const RowBlock<const T>& block, const RankOne<T>& pending, const T* x, T* net) {
    return {const_cast<T*>(block.w), pending, x, net, nullptr, block.senders};
  }

  static void forward(const RowBlock<const T>& block, const T* x, T* net) {
    constexpr Motion kForward{};
    all_strips<T, kForward, Ops::kWhole>(reading(block, {}, x, net), {block.senders, block.units});
  }
  static void forward_pending(const RowBlock<const T>& block, const RankOne<T>& pending, const T* x, T* net) {
    all_strips_with<T, false, true>(reading(block, pending, x, net), {block.senders, block.units});
  }
  static void advance(const RowBlock<T>& block, const RankOne<T>& pending, const T* x, T* net) {
    all_strips_with<T, true, true>({block.w, pending, x, net, nullptr, block.senders}, {block.senders, block.units});
  }
  static void advance_both(const RowChange<T>& one, const RowChange<T>& two, const T* x) {
    if (suit_beside<T>(one, two)) {
      if (one.pending.movable != nullptr) return both_strips<T, true>(one, two, x);
      return both_strips<T, false>(one, two, x);
    }
    advance(one.block, one.pending, x, one.net);
    advance(two.block, two.pending, x, two.net);
  }
  static void advance_listed(const RowBlock<T>& block, const RankOne<T>& pending, const T* x,
                             const std::uint32_t* senders, std::size_t count, T* net) {
    constexpr Motion kListed{Change::delta_rule, false, true, true, true};
    all_strips<T, kListed, 2>({block.w, pending, x, net, senders, count}, {block.senders, block.units});
  }
  static void advance_pair(const RowBlock<T>& block, const RankOne<T>& first, const RankOne<T>& second, const T* x0,
                           T* net0, const T* x1, T* net1) {
    const PairTask<T> task{block.w, block.senders, first, second, x0, x1, net0, net1};
    all_pair_strips<T>(task, {block.senders, block.units});
  }
  static void settle(const RowBlock<T>& block, const RankOne<T>& pending) {
    all_strips_with<T, true, false>({block.w, pending, nullptr, nullptr, nullptr, block.senders},
                                    {block.senders, block.units});
  }

  static void preview(const RowBlock<const T>& block, const RankOne<T>& pending, T* to) {
    constexpr Motion kDelta{Change::delta_rule, false}, kMaskedDelta{Change::delta_rule, true};
    constexpr Motion kMomentum{Change::momentum, false}, kMaskedMomentum{Change::momentum, true};
    const bool momentum = pending.velocity != nullptr;
    if (pending.movable != nullptr)
      return momentum ? preview_block<T, kMaskedMomentum>(block, pending, to)
                      : preview_block<T, kMaskedDelta>(block, pending, to);
    return momentum ? preview_block<T, kMomentum>(block, pending, to) : preview_block<T, kDelta>(block, pending, to);
  }

  static void start(T* bias, const RankOne<T>* pending, std::size_t units, T* net) {
    start_any<true>(bias, pending, units, net);
  }
  static void start_pending(const T* bias, const RankOne<T>* pending, std::size_t units, T* net) {
    start_any<false>(const_cast<T*>(bias), pending, units, net);  // never stored to
  }

  static void back(const RowBlock<const T>& block, const T* delta, bool add, T* sums) {
    back_row<T>(block, delta, add, sums);
  }
  static T take_step(T* delta, T rate, std::size_t units, T* d) { return step_taken<T>(delta, rate, units, d); }

  static RowFacts<T> take_row(const T* from, T* to, std::size_t n) { return row_taken<T>(from, to, n); }
  static T squares(const T* row, std::size_t n) { return squares_of_row<T>(row, n); }
  static std::size_t list_nonzeros(const T* x, const T* y, std::size_t n, std::uint32_t* places) {
    return nonzeros_listed<T>(x, y, n, places);
  }
  static T dot(const T* x, const T* y, std::size_t n) { return dot_of_rows<T>(x, y, n); }
  static void add_multiple(const T* d, T factor, std::size_t units, T* net) {
    const auto by = Ops::set(factor);
    for (std::size_t u = 0; u < units; u += Ops::kLanes)
      Ops::store(hn::MulAdd(Ops::load(d + u), by, Ops::load(net + u)), net + u);
  }

 private:
  template <bool kStore>
  static HWY_INLINE void start_any(T* bias, const RankOne<T>* pending, std::size_t units, T* net) {
    constexpr Motion kDelta{Change::delta_rule, false, kStore, true, false};
    constexpr Motion kMomentum{Change::momentum, false, kStore, true, false};
    const auto one = Ops::set(T{1});
    for (std::size_t u = 0; u < units; u += Ops::kLanes) {
      auto b = bias == nullptr ? hn::Zero(typename Ops::D()) : Ops::load(bias + u);
      if (bias != nullptr && pending != nullptr) {
        const auto d = Ops::load(pending->d + u);
        const Movers<T, false> all({}, 0, 0);
        b = pending->velocity == nullptr
                ? changed<T, kDelta>(b, one, d, one, static_cast<T*>(nullptr), 0, all, 0)
                : changed<T, kMomentum>(b, one, d, Ops::set(pending->momentum), pending->velocity,
                                        static_cast<std::ptrdiff_t>(u), all, 0);
        if constexpr (kStore) Ops::store(b, bias + u);
      }
      Ops::store(b, net + u);
    }
  }
};
