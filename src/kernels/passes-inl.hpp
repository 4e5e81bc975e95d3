// Forward sums (4), the way back (11) and slopes (3) of a batch in vectors. Included once per instruction set inside
// that set's namespace, after simd_ops-inl.hpp. All three are one product: tiles of rows × vectors of sums in
// registers, one factor broadcast per row. Strides are widths of panels, known to the compiler.

// Registers: 16, or 32 with AVX-512 and NEON. A tile of 8 × 2 (6 × 2 with 16) leaves room for two columns and a factor
// and has enough independent chains to keep both multiply-add units busy.
constexpr int kManyRegisters = HWY_MAX_BYTES == 64 || HWY_TARGET == HWY_NEON;
constexpr int tile_rows(int vectors) { return vectors == 1 || kManyRegisters ? 8 : 6; }
constexpr int kTileVectors = 2;

template <class Tag, int kRows, int kVectors>
using Tile = hn::Vec<Tag>[kRows][kVectors];

// sum[r][v] ±= Σ_k a(r, k) b[k][v], with a(r, k) at a[r·a_row + k·a_step].
template <class Tag, bool kNegative, int kRows, int kVectors>
HWY_INLINE void add_products(const hn::TFromD<Tag>* a, std::size_t a_row, std::size_t a_step, const hn::TFromD<Tag>* b,
                             std::size_t b_stride, std::size_t steps, Tile<Tag, kRows, kVectors>& sum) {
  const Tag d;
  constexpr std::size_t lanes = hn::MaxLanes(Tag());
  for (std::size_t k = 0; k < steps; ++k, a += a_step, b += b_stride) {
    hn::Vec<Tag> column[kVectors];
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) { column[v] = hn::LoadU(d, b + v * lanes); }
    DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, a[r * a_row]);
      DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sum[r][v] = kNegative ? hn::NegMulAdd(factor, column[v], sum[r][v]) : hn::MulAdd(factor, column[v], sum[r][v]);
      }
    }
  }
}

template <class Tag, int kRows, int kVectors>
HWY_INLINE void store_tile(const Tile<Tag, kRows, kVectors>& sum, hn::TFromD<Tag>* out, std::size_t stride) {
  const Tag d;
  constexpr std::size_t lanes = hn::MaxLanes(Tag());
  DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      hn::StoreU(sum[r][v], d, out + r * stride + v * lanes);
    }
  }
}

// What net_panel and slope_block have in common once a group of columns is chosen.
template <class T>
struct NetTask {
  Panels<const T> a;
  const T* w;
  std::size_t width;
  const T* bias;
  T* net;

  // Rows [first, first + kRows).
  template <class Tag, int kRows, int kVectors>
  HWY_NOINLINE void tile(std::size_t first) const {
    const Tag d;
    constexpr std::size_t lanes = hn::MaxLanes(Tag());
    constexpr std::size_t wide = Panels<const T>::kWide;
    T* const out = net + first * width;
    Tile<Tag, kRows, kVectors> sum;
    DELTARULE_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
      DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sum[r][v] = hn::LoadU(d, (bias != nullptr ? bias : out + r * width) + v * lanes);
      }
    }
    const std::size_t panels = a.count();
    const T* b = w;
    for (std::size_t p = 0; p + 1 < panels; ++p, b += wide * width) {
      const T* const from = a.panel(p) + first * wide;
      // The same rows of the next panel lie far away, where no hardware prefetch looks.
      const T* const next = a.panel(p + 1) + first * a.width(p + 1);
      DELTARULE_UNROLL for (std::size_t r = 0; r < 2 * kRows; ++r) hwy::Prefetch(next + r * wide / 2);
      add_products<Tag, false, kRows, kVectors>(from, wide, 1, b, width, wide, sum);
    }
    const T* const last = a.panel(panels - 1);
    if (a.width(panels - 1) == wide) {
      add_products<Tag, false, kRows, kVectors>(last + first * wide, wide, 1, b, width, a.units_in(panels - 1), sum);
    } else {
      add_products<Tag, false, kRows, kVectors>(last + first * wide / 2, wide / 2, 1, b, width, a.units_in(panels - 1),
                                                sum);
    }
    store_tile<Tag, kRows, kVectors>(sum, out, width);
  }
  HWY_INLINE NetTask columns(std::size_t first) const {
    return {a, w + first, width, bias == nullptr ? nullptr : bias + first, net + first};
  }
};

template <class T>
struct SlopeTask {
  const T* a;
  std::size_t a_width;
  const T* delta;
  std::size_t width;
  std::size_t rows;
  T* slope;

  // Senders [first, first + kSenders).
  template <class Tag, int kSenders, int kVectors>
  HWY_NOINLINE void tile(std::size_t first) const {
    Tile<Tag, kSenders, kVectors> sum;
    DELTARULE_UNROLL for (std::size_t i = 0; i < kSenders; ++i) {
      DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sum[i][v] = hn::Zero(Tag());
    }
    add_products<Tag, true, kSenders, kVectors>(a + first, 1, a_width, delta, width, rows, sum);
    store_tile<Tag, kSenders, kVectors>(sum, slope + first * width, width);
  }
  HWY_INLINE SlopeTask columns(std::size_t first) const {
    return {a, a_width, delta + first, width, rows, slope + first};
  }
};

template <class Tag, int kVectors, class Task>
HWY_INLINE void one_tile(const Task& task, std::size_t first, std::size_t rows) {
  switch (rows) {
    case 1:
      return task.template tile<Tag, 1, kVectors>(first);
    case 2:
      return task.template tile<Tag, 2, kVectors>(first);
    case 3:
      return task.template tile<Tag, 3, kVectors>(first);
    case 4:
      return task.template tile<Tag, 4, kVectors>(first);
    case 5:
      return task.template tile<Tag, 5, kVectors>(first);
    case 6:
      return task.template tile<Tag, 6, kVectors>(first);
    default:
      if constexpr (tile_rows(kVectors) > 6) {
        if (rows == 7) return task.template tile<Tag, 7, kVectors>(first);
        return task.template tile<Tag, 8, kVectors>(first);
      }
  }
}

// All rows of one group of columns, in tiles as even as can be (no thin one at the end).
template <class Tag, int kVectors, class Task>
HWY_INLINE void all_tiles(const Task& task, std::size_t rows) {
  constexpr std::size_t most = tile_rows(kVectors);
  const std::size_t tiles = (rows + most - 1) / most;
  std::size_t first = 0;
  for (std::size_t left = tiles; left > 0; --left) {
    const std::size_t height = (rows - first + left - 1) / left;
    one_tile<Tag, kVectors>(task, first, height);
    first += height;
  }
}

// The columns of a panel that hold real units, two vectors at a time, then one, or half of one where half will do.
template <class T, class Task>
HWY_INLINE void all_columns(const Task& task, std::size_t rows, std::size_t units) {
  using Tag = hn::ScalableTag<T>;
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  if constexpr (HWY_MAX_BYTES == 64) {
    if (units <= lanes / 2) return all_tiles<hn::Half<Tag>, 1>(task, rows);
  }
  std::size_t u = 0;
  for (; u + lanes < units; u += kTileVectors * lanes) all_tiles<Tag, kTileVectors>(task.columns(u), rows);
  if (u < units) all_tiles<Tag, 1>(task.columns(u), rows);
}

template <class T>
HWY_INLINE void zero_beyond(std::size_t units, std::size_t width, std::size_t rows, T* values) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t u = units; u < width; ++u) values[r * width + u] = T(0);
  }
}

// Vectors that the tiles fill when so many units are real.
template <class T>
HWY_INLINE std::size_t filled(std::size_t units) {
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  if (HWY_MAX_BYTES == 64 && units <= lanes / 2) return lanes / 2;
  return (units + lanes - 1) / lanes * lanes;
}

// One or two receiving units: lanes are senders, which lie side by side, too. The same sums in the same order; a tile
// of whole vectors of units would be nine tenths padding.
template <class T, int kVectors>
HWY_INLINE void narrow_slopes(const SlopeTask<T>& task, std::size_t first, std::size_t senders, std::size_t unit) {
  using Ops = SimdOps<T>;
  typename Ops::V sum[kVectors];
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sum[v] = Ops::set(T(0));
  const T* a = task.a + first;
  for (std::size_t r = 0; r < task.rows; ++r, a += task.a_width) {
    const auto delta = Ops::set(task.delta[r * task.width + unit]);
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      sum[v] = Ops::subtract_product(Ops::load(a + v * Ops::kLanes), delta, sum[v]);
    }
  }
  alignas(64) T slopes[kVectors * Ops::kLanes];
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) Ops::store(sum[v], slopes + v * Ops::kLanes);
  const std::size_t last = HWY_MIN(senders, first + kVectors * Ops::kLanes);
  for (std::size_t i = first; i < last; ++i) task.slope[i * task.width + unit] = slopes[i - first];
}

template <class T>
HWY_INLINE void all_narrow_slopes(const SlopeTask<T>& task, std::size_t senders, std::size_t units) {
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  for (std::size_t i = 0; i < senders * task.width; ++i) task.slope[i] = T(0);
  for (std::size_t u = 0; u < units; ++u) {
    std::size_t i = 0;
    for (; i + 2 * lanes <= task.a_width && i < senders; i += 2 * lanes) narrow_slopes<T, 2>(task, i, senders, u);
    for (; i < senders; i += lanes) narrow_slopes<T, 1>(task, i, senders, u);
  }
}

template <class T>
void slopes_of_block(const SlopeTask<T>& task, std::size_t senders, std::size_t units) {
  if (units <= 2) return all_narrow_slopes<T>(task, senders, units);
  all_columns<T>(task, senders, units);
  zero_beyond(filled<T>(units), task.width, senders, task.slope);
}

// All vectors of a panel side by side: each is a chain of subtractions that wait for each other.
template <class T, std::size_t kVectors>
HWY_INLINE void bias_slopes_in(const T* delta, std::size_t rows, T* slope) {
  using Ops = SimdOps<T>;
  typename Ops::V sum[kVectors];
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sum[v] = Ops::set(T(0));
  for (std::size_t r = 0; r < rows; ++r, delta += kVectors * Ops::kLanes) {
    DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      sum[v] = Ops::subtract(sum[v], Ops::load(delta + v * Ops::kLanes));
    }
  }
  DELTARULE_UNROLL for (std::size_t v = 0; v < kVectors; ++v) Ops::store(sum[v], slope + v * Ops::kLanes);
}

template <class T>
void slopes_of_bias(const T* delta, std::size_t width, std::size_t rows, T* slope) {
  constexpr std::size_t wide = Panels<const T>::kWide, whole = wide / SimdOps<T>::kLanes;
  if (width == wide) return bias_slopes_in<T, whole>(delta, rows, slope);
  bias_slopes_in<T, whole / 2>(delta, rows, slope);
}

// Four vectors of four numbers (two of two), rows and columns exchanged.
HWY_INLINE void transpose_square(const float* from, std::size_t from_stride, float* to, std::size_t to_stride) {
  const hn::FixedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> dw;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_stride);
  const auto c = hn::LoadU(d, from + 2 * from_stride), e = hn::LoadU(d, from + 3 * from_stride);
  const auto ab_low = hn::BitCast(dw, hn::InterleaveLower(d, a, b)),
             ab_up = hn::BitCast(dw, hn::InterleaveUpper(d, a, b));
  const auto ce_low = hn::BitCast(dw, hn::InterleaveLower(d, c, e)),
             ce_up = hn::BitCast(dw, hn::InterleaveUpper(d, c, e));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(dw, ab_low, ce_low)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(dw, ab_low, ce_low)), d, to + to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(dw, ab_up, ce_up)), d, to + 2 * to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(dw, ab_up, ce_up)), d, to + 3 * to_stride);
}
HWY_INLINE void transpose_square(const double* from, std::size_t from_stride, double* to, std::size_t to_stride) {
  const hn::FixedTag<double, 2> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_stride);
  hn::StoreU(hn::InterleaveLower(d, a, b), d, to);
  hn::StoreU(hn::InterleaveUpper(d, a, b), d, to + to_stride);
}

// One panel of w: to[k][j] for its units k, in squares, of which the last may meet units again. Rows that fill no
// square go one by one.
template <class T>
HWY_INLINE void transpose_panel(const T* from, std::size_t from_width, std::size_t rows, std::size_t units, T* to,
                                std::size_t width) {
  constexpr std::size_t square = 16 / sizeof(T);
  const std::size_t whole = rows / square * square;
  const bool in_squares = units >= square;
  for (std::size_t u = 0; in_squares && u < units; u += square) {
    const std::size_t k = HWY_MIN(u, units - square);
    for (std::size_t j = 0; j < whole; j += square) {
      transpose_square(from + j * from_width + k, from_width, to + k * width + j, width);
    }
  }
  for (std::size_t i = 0; i < units; ++i) {
    for (std::size_t j = in_squares ? whole : 0; j < rows; ++j) to[i * width + j] = from[j * from_width + i];
    for (std::size_t j = rows; j < width; ++j) to[i * width + j] = T(0);
  }
}

template <class T>
void transpose_all(Panels<const T> w, std::size_t width, T* to) {
  for (std::size_t p = 0; p < w.count(); ++p, to += Panels<const T>::kWide * width) {
    transpose_panel(w.panel(p), w.width(p), w.rows, w.units_in(p), to, width);
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

// The upper half added to the lower, down to one number.
template <class D>
HWY_INLINE hn::TFromD<D> folded(D, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) == 2) {
    return hn::GetLane(x) + hn::ExtractLane(x, 1);
  } else {
    const hn::Half<D> half;
    return folded(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}

// ((p0+p4) + (p2+p6)) + ((p1+p5) + (p3+p7))
template <class T>
HWY_INLINE T join_eight(const typename Eight<T>::V (&parts)[Eight<T>::kParts]) {
  const typename Eight<T>::D d;
  if constexpr (Eight<T>::kParts == 1) {
    return folded(d, parts[0]);
  } else if constexpr (Eight<T>::kParts == 2) {
    return folded(d, hn::Add(parts[0], parts[1]));
  } else {
    return folded(d, hn::Add(hn::Add(parts[0], parts[2]), hn::Add(parts[1], parts[3])));
  }
}
