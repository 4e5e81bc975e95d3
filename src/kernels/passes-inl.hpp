// Forward sums (4), slopes (3) and the way back (11) in vectors. Included once per instruction set inside that set's
// namespace, after simd_ops-inl.hpp. Padding is read where that is free, never written.

// out[r][u] ±= Σ_k a(r, k) b[k][u]: forward, r is a row and k a sender; for slopes, r is a sender and k a row.
template <class T>
struct Product {
  const T* a;
  std::size_t a_row;   // distance between a(r, k) and a(r + 1, k)
  std::size_t a_step;  // distance between a(r, k) and a(r, k + 1)
  const T* b;
  std::size_t b_stride;
  T* out;
  std::size_t out_stride;
  std::size_t steps;
};

// One tile of kRows × kVectors sums held in registers. `last` lanes of the last vector are stored.
template <class T, bool kNegative, int kRows, int kVectors>
HWY_NOINLINE void product_tile(const Product<T>& p, std::size_t last) {
  using Ops = SimdOps<T>;
  typename Ops::V sum[kRows][kVectors];
  DELTARULE_UNROLL for (int r = 0; r < kRows; ++r) {
    DELTARULE_UNROLL for (int v = 0; v < kVectors; ++v) {
      sum[r][v] =
          Ops::load(p.out + static_cast<std::size_t>(r) * p.out_stride + static_cast<std::size_t>(v) * Ops::kLanes);
    }
  }
  const T* a = p.a;
  const T* b = p.b;
  for (std::size_t k = 0; k < p.steps; ++k, a += p.a_step, b += p.b_stride) {
    typename Ops::V column[kVectors];
    DELTARULE_UNROLL for (int v = 0; v < kVectors; ++v) {
      column[v] = Ops::load(b + static_cast<std::size_t>(v) * Ops::kLanes);
    }
    DELTARULE_UNROLL for (int r = 0; r < kRows; ++r) {
      const auto factor = Ops::set(a[static_cast<std::size_t>(r) * p.a_row]);
      DELTARULE_UNROLL for (int v = 0; v < kVectors; ++v) {
        sum[r][v] = kNegative ? Ops::subtract_product(factor, column[v], sum[r][v])
                              : Ops::multiply_add(factor, column[v], sum[r][v]);
      }
    }
  }
  const auto mask = hn::FirstN(typename Ops::D(), last);
  DELTARULE_UNROLL for (int r = 0; r < kRows; ++r) {
    T* const out = p.out + static_cast<std::size_t>(r) * p.out_stride;
    DELTARULE_UNROLL for (int v = 0; v + 1 < kVectors; ++v) {
      Ops::store(sum[r][v], out + static_cast<std::size_t>(v) * Ops::kLanes);
    }
    T* const end = out + (kVectors - 1) * Ops::kLanes;
    Ops::store(Ops::select(mask, sum[r][kVectors - 1], Ops::load(end)), end);
  }
}

// Vectors in a tile of so many rows: as many as leave registers for the columns and one factor (there are 16, or 32
// with AVX-512), and at least eight sums, so that the multiply-add units need not wait for a chain.
constexpr int tile_vectors(int rows) {
  const int wide = HWY_MAX_BYTES == 64 ? 2 : 1;
  return rows == 1 ? 8 : rows <= 3 ? 4 * wide : 2 * wide;
}

constexpr std::size_t kTileRows = 6;

template <class T, bool kNegative, int kRows, int kVectors>
HWY_INLINE void product_columns(const Product<T>& p, std::size_t vectors, std::size_t last) {
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  if (vectors == kVectors) return product_tile<T, kNegative, kRows, kVectors>(p, last);
  if constexpr (kVectors > 1) {
    // A part of a group: the halves that fit, widest first.
    constexpr int kHalf = kVectors / 2;
    if (vectors < kVectors / 2 + 1) return product_columns<T, kNegative, kRows, kHalf>(p, vectors, last);
    product_tile<T, kNegative, kRows, kHalf>(p, lanes);
    Product<T> rest = p;
    rest.b += kHalf * lanes;
    rest.out += kHalf * lanes;
    product_columns<T, kNegative, kRows, kHalf>(rest, vectors - kHalf, last);
  }
}

template <class T, bool kNegative>
HWY_NOINLINE void product_rows(const Product<T>& p, std::size_t rows, std::size_t vectors, std::size_t last) {
  switch (rows) {
    case 1:
      return product_columns<T, kNegative, 1, tile_vectors(1)>(p, vectors, last);
    case 2:
      return product_columns<T, kNegative, 2, tile_vectors(2)>(p, vectors, last);
    case 3:
      return product_columns<T, kNegative, 3, tile_vectors(3)>(p, vectors, last);
    case 4:
      return product_columns<T, kNegative, 4, tile_vectors(4)>(p, vectors, last);
    case 5:
      return product_columns<T, kNegative, 5, tile_vectors(5)>(p, vectors, last);
    default:
      return product_columns<T, kNegative, 6, tile_vectors(6)>(p, vectors, last);
  }
}

constexpr std::size_t group_vectors(std::size_t rows) {
  constexpr int kGroups[] = {tile_vectors(1), tile_vectors(2), tile_vectors(3),
                             tile_vectors(4), tile_vectors(5), tile_vectors(6)};
  return static_cast<std::size_t>(kGroups[rows - 1]);
}

// All rows, in tiles as even as can be (no thin one at the end), over one group of `width` columns of b.
template <class T, bool kNegative>
HWY_INLINE void product_panel(const Product<T>& p, std::size_t rows, std::size_t tiles, std::size_t width) {
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  const std::size_t vectors = (width + lanes - 1) / lanes;
  const std::size_t last = width - (vectors - 1) * lanes;
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    const std::size_t first = rows * tile / tiles;
    const std::size_t height = rows * (tile + 1) / tiles - first;
    const std::size_t group = group_vectors(height);
    for (std::size_t v = 0; v < vectors; v += group) {
      Product<T> piece = p;
      piece.a += first * p.a_row;
      piece.b += v * lanes;
      piece.out += first * p.out_stride + v * lanes;
      const bool ends = v + group >= vectors;
      product_rows<T, kNegative>(piece, height, ends ? vectors - v : group, ends ? last : lanes);
    }
  }
}

// Half of a usual first-level cache.
template <class T>
constexpr std::size_t kPanel = 16384 / sizeof(T);

// Copies `width` columns of b to where they follow each other; whole vectors, so some padding, too.
template <class T>
HWY_INLINE void pack(const Product<T>& p, std::size_t width, T* panel) {
  using Ops = SimdOps<T>;
  const std::size_t whole = (width + Ops::kLanes - 1) / Ops::kLanes * Ops::kLanes;
  for (std::size_t k = 0; k < p.steps; ++k, panel += whole) {
    for (std::size_t u = 0; u < whole; u += Ops::kLanes) Ops::store(Ops::load(p.b + k * p.b_stride + u), panel + u);
  }
}

// A panel of b (a group of columns over some steps) stays in the first-level cache while all rows pass over it; the
// sums go through memory between panels, which rounds nothing. Where rows of b are a power of two apart they would
// share a few cache sets, so the panel is copied first.
template <class T, bool kNegative>
HWY_INLINE void product(const Product<T>& p, std::size_t rows, std::size_t units) {
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  if (rows == 0 || units == 0) return;
  alignas(64) T panel[kPanel<T>];
  const std::size_t tiles = (rows + kTileRows - 1) / kTileRows;
  const std::size_t columns = group_vectors((rows + tiles - 1) / tiles) * lanes;
  const bool packed = tiles >= 4 && p.b_stride * sizeof(T) % 1024 == 0;
  const std::size_t steps = tiles == 1 ? HWY_MAX(p.steps, std::size_t{1}) : kPanel<T> / columns;
  for (std::size_t k = 0; k < p.steps; k += steps) {
    for (std::size_t u = 0; u < units; u += columns) {
      const std::size_t width = HWY_MIN(columns, units - u);
      Product<T> part = p;
      part.a += k * p.a_step;
      part.b += k * p.b_stride + u;
      part.out += u;
      part.steps = HWY_MIN(steps, p.steps - k);
      if (packed) {
        pack(part, width, panel);
        part.b = panel;
        part.b_stride = (width + lanes - 1) / lanes * lanes;
      }
      product_panel<T, kNegative>(part, rows, tiles, width);
    }
  }
}

// One row: each slope is met once and nothing is worth holding in registers, so slopes go by in memory order.
template <class T>
HWY_INLINE void subtract_outer_product(const T* a, const T* delta, T* slope, std::size_t slope_stride,
                                       std::size_t senders, std::size_t units) {
  using Ops = SimdOps<T>;
  const std::size_t last = units - units % Ops::kLanes;
  const auto mask = hn::FirstN(typename Ops::D(), units - last);
  for (std::size_t i = 0; i < senders; ++i, slope += slope_stride) {
    const auto factor = Ops::set(a[i]);
    for (std::size_t u = 0; u < last; u += Ops::kLanes) {
      Ops::store(Ops::subtract_product(factor, Ops::load(delta + u), Ops::load(slope + u)), slope + u);
    }
    if (last == units) continue;
    const auto before = Ops::load(slope + last);
    const auto after = Ops::subtract_product(factor, Ops::load(delta + last), before);
    Ops::store(Ops::select(mask, after, before), slope + last);
  }
}

// The eight strided partial sums of one dot product, in as many vectors as it takes.
template <class T>
struct Eight {
  using D = hn::CappedTag<T, 8>;
  using V = hn::Vec<D>;
  static constexpr std::size_t kLanes = HWY_MIN(std::size_t{8}, HWY_MAX_BYTES / sizeof(T));
  static constexpr std::size_t kParts = 8 / kLanes;
};

template <class T>
HWY_INLINE T join_eight(const typename Eight<T>::V (&parts)[Eight<T>::kParts]) {
  alignas(64) T p[8];
  for (std::size_t i = 0; i < Eight<T>::kParts; ++i)
    hn::Store(parts[i], typename Eight<T>::D(), p + i * Eight<T>::kLanes);
  return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
}

// float: p_l + p_(l+4); double: also q_l + q_(l+2). What is left fills 16 bytes.
template <class T>
HWY_INLINE auto fold_eight(const typename Eight<T>::V (&parts)[Eight<T>::kParts]) {
  constexpr std::size_t lanes = Eight<T>::kLanes;
  if constexpr (lanes == 16 / sizeof(T)) {
    if constexpr (Eight<T>::kParts == 2) return hn::Add(parts[0], parts[1]);
    if constexpr (Eight<T>::kParts == 4) return hn::Add(hn::Add(parts[0], parts[2]), hn::Add(parts[1], parts[3]));
  } else if constexpr (lanes == 8) {
    const hn::Half<typename Eight<T>::D> half;
    const auto q = hn::Add(hn::LowerHalf(half, parts[0]), hn::UpperHalf(half, parts[0]));
    if constexpr (sizeof(T) == 4) {
      return q;
    } else {
      const hn::Half<decltype(half)> quarter;
      return hn::Add(hn::LowerHalf(quarter, q), hn::UpperHalf(quarter, q));
    }
  } else {
    const hn::Half<typename Eight<T>::D> half;
    const auto q = hn::Add(parts[0], parts[1]);
    return hn::Add(hn::LowerHalf(half, q), hn::UpperHalf(half, q));
  }
}

// sums[j] += joined partial sums of dot product j, for 16 bytes of dot products: the tree of join_eight, transposed.
HWY_INLINE void add_joined(const Eight<float>::V (&dot)[4][Eight<float>::kParts], float* sums) {
  const hn::FixedTag<float, 4> d;
  const auto q0 = fold_eight<float>(dot[0]), q1 = fold_eight<float>(dot[1]);
  const auto q2 = fold_eight<float>(dot[2]), q3 = fold_eight<float>(dot[3]);
  const auto s01 = hn::Add(hn::InterleaveLower(d, q0, q1), hn::InterleaveUpper(d, q0, q1));
  const auto s23 = hn::Add(hn::InterleaveLower(d, q2, q3), hn::InterleaveUpper(d, q2, q3));
  const auto joined = hn::Add(hn::ConcatLowerLower(d, s23, s01), hn::ConcatUpperUpper(d, s23, s01));
  hn::StoreU(hn::Add(hn::LoadU(d, sums), joined), d, sums);
}
HWY_INLINE void add_joined(const Eight<double>::V (&dot)[2][Eight<double>::kParts], double* sums) {
  const hn::FixedTag<double, 2> d;
  const auto e0 = fold_eight<double>(dot[0]), e1 = fold_eight<double>(dot[1]);
  const auto joined = hn::Add(hn::InterleaveLower(d, e0, e1), hn::InterleaveUpper(d, e0, e1));
  hn::StoreU(hn::Add(hn::LoadU(d, sums), joined), d, sums);
}
template <class T>
HWY_INLINE void add_joined(const typename Eight<T>::V (&dot)[1][Eight<T>::kParts], T* sums) {
  sums[0] += join_eight<T>(dot[0]);
}

template <class T>
struct BackProduct {
  const T* delta;
  std::size_t delta_stride;
  const T* w;
  std::size_t w_stride;
  T* sums;
  std::size_t sums_stride;
  std::size_t units;
};

// One step of eight receiving units. kWhole: all eight exist; otherwise sums of lanes beyond `left` stay as they are.
template <class T, int kRows, int kSenders, bool kWhole>
HWY_INLINE void back_step(const BackProduct<T>& p, std::size_t k, std::size_t left,
                          typename Eight<T>::V (&sum)[kRows][kSenders][Eight<T>::kParts]) {
  const typename Eight<T>::D d;
  constexpr std::size_t lanes = Eight<T>::kLanes;
  DELTARULE_UNROLL for (std::size_t part = 0; part < Eight<T>::kParts; ++part) {
    const std::size_t at = k + part * lanes;
    typename Eight<T>::V delta[kRows];
    DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) delta[r] = hn::LoadU(d, p.delta + r * p.delta_stride + at);
    DELTARULE_UNROLL for (std::size_t j = 0; j < kSenders; ++j) {
      const auto w = hn::LoadU(d, p.w + j * p.w_stride + at);
      DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
        const auto next = hn::MulAdd(delta[r], w, sum[r][j][part]);
        if constexpr (kWhole) {
          sum[r][j][part] = next;
        } else {
          const std::size_t exist = left > part * lanes ? HWY_MIN(left - part * lanes, lanes) : 0;
          sum[r][j][part] = hn::IfThenElse(hn::FirstN(d, exist), next, sum[r][j][part]);
        }
      }
    }
  }
}

template <class T, int kRows, int kSenders>
HWY_NOINLINE void back_tile(const BackProduct<T>& p) {
  typename Eight<T>::V sum[kRows][kSenders][Eight<T>::kParts];
  DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    DELTARULE_UNROLL for (std::size_t j = 0; j < kSenders; ++j) {
      DELTARULE_UNROLL for (std::size_t i = 0; i < Eight<T>::kParts; ++i) sum[r][j][i] =
          hn::Zero(typename Eight<T>::D());
    }
  }
  const std::size_t whole = p.units / 8 * 8;
  for (std::size_t k = 0; k < whole; k += 8) back_step<T, kRows, kSenders, true>(p, k, 8, sum);
  if (whole < p.units) back_step<T, kRows, kSenders, false>(p, whole, p.units - whole, sum);
  DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) add_joined(sum[r], p.sums + r * p.sums_stride);
}

template <class T, int kRows>
HWY_INLINE void back_rows(BackProduct<T> p, std::size_t senders) {
  constexpr std::size_t kSenders = 16 / sizeof(T);
  std::size_t j = 0;
  for (; j + kSenders <= senders; j += kSenders, p.w += kSenders * p.w_stride, p.sums += kSenders) {
    back_tile<T, kRows, kSenders>(p);
  }
  for (; j < senders; ++j, p.w += p.w_stride, ++p.sums) back_tile<T, kRows, 1>(p);
}

template <class T>
HWY_INLINE void back_product(BackProduct<T> p, std::size_t rows, std::size_t senders) {
  constexpr std::size_t kSums = (16 / sizeof(T)) * Eight<T>::kParts;
  constexpr int kFit = static_cast<int>((HWY_MAX_BYTES == 64 ? 24 : 12) / kSums);
  constexpr int kRows = kFit > 4 ? 4 : kFit < 1 ? 1 : kFit;
  std::size_t r = 0;
  const auto advance = [&p](std::size_t by) {
    p.delta += by * p.delta_stride;
    p.sums += by * p.sums_stride;
  };
  for (; r + kRows <= rows; r += kRows, advance(kRows)) back_rows<T, kRows>(p, senders);
  for (; r < rows; ++r, advance(1)) back_rows<T, 1>(p, senders);
}
