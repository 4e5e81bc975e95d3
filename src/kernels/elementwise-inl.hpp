// Loops over n numbers at any alignment: activations, update rules, softmax, checks. Included once per instruction set
// inside that set's namespace, after passes-inl.hpp.

template <class T>
HWY_INLINE void copy_back(const T*, std::size_t, const T*) {}  // was only read
template <class T>
HWY_INLINE void copy_back(const T* buffer, std::size_t n, T* to) {
  for (std::size_t i = 0; i < n; ++i) to[i] = buffer[i];
}

// The numbers that do not fill a vector, worked on in a buffer: nothing beyond them is read or written.
template <class T>
struct Tail {
  alignas(64) T values[SimdOps<T>::kLanes] = {};
};

template <class T, class F, std::size_t... kIndex, class... P>
HWY_INLINE void work_on_tail(const F& f, std::size_t n, std::index_sequence<kIndex...>, P*... arrays) {
  Tail<T> buffers[sizeof...(P)];
  const auto copy = [n](const T* from, T* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  };
  (copy(arrays, buffers[kIndex].values), ...);
  f(buffers[kIndex].values...);
  (copy_back(static_cast<const T*>(buffers[kIndex].values), n, arrays), ...);
}

// f(pointers to one vector of each array), for all n numbers.
template <class T, class F, class... P>
HWY_INLINE void for_each_vector(std::size_t n, const F& f, P*... arrays) {
  constexpr std::size_t lanes = SimdOps<T>::kLanes;
  for (; n >= lanes; n -= lanes, ((arrays += lanes), ...)) f(arrays...);
  if (n > 0) work_on_tail<T>(f, n, std::index_sequence_for<P...>(), arrays...);
}

template <class T, class A>
struct Activate {
  typename SimdOps<T>::V parameter;
  HWY_INLINE void operator()(const T* net, T* a) const {
    SimdOps<T>::store(A::value(SimdOps<T>::load(net), parameter), a);
  }
};

template <class T, class A>
struct MultiplyDerivative {
  typename SimdOps<T>::V parameter;
  HWY_INLINE void operator()(const T* net, const T* a, T* values) const {
    using Ops = SimdOps<T>;
    Ops::store(Ops::multiply(Ops::load(values), A::slope(Ops::load(net), Ops::load(a), parameter)), values);
  }
};

template <class T, class A>
HWY_NOINLINE void activate_as(T parameter, const T* net, T* a, std::size_t n) {
  for_each_vector<T>(n, Activate<T, A>{SimdOps<T>::set(parameter)}, net, a);
}
template <class T, class A>
HWY_NOINLINE void multiply_derivative_of(T parameter, const T* net, const T* a, T* values, std::size_t n) {
  for_each_vector<T>(n, MultiplyDerivative<T, A>{SimdOps<T>::set(parameter)}, net, a, values);
}

template <class T>
void activate_any(ActivationKind kind, T p, const T* net, T* a, std::size_t n) {
  using Ops = SimdOps<T>;
  switch (kind) {
    case ActivationKind::identity:
      return activate_as<T, Identity<Ops>>(p, net, a, n);
    case ActivationKind::sigmoid:
      return activate_as<T, Sigmoid<Ops>>(p, net, a, n);
    case ActivationKind::tanh:
      return activate_as<T, Tanh<Ops>>(p, net, a, n);
    case ActivationKind::scaled_tanh:
      return activate_as<T, ScaledTanh<Ops>>(p, net, a, n);
    case ActivationKind::relu:
      return activate_as<T, Relu<Ops>>(p, net, a, n);
    case ActivationKind::leaky_relu:
      return activate_as<T, LeakyRelu<Ops>>(p, net, a, n);
    case ActivationKind::elu:
      return activate_as<T, Elu<Ops>>(p, net, a, n);
    case ActivationKind::selu:
      return activate_as<T, Selu<Ops>>(p, net, a, n);
    case ActivationKind::swish:
      return activate_as<T, Swish<Ops>>(p, net, a, n);
    case ActivationKind::softsign:
      return activate_as<T, Softsign<Ops>>(p, net, a, n);
    case ActivationKind::exp:
      return activate_as<T, Exponential<Ops>>(p, net, a, n);
    case ActivationKind::gaussian:
      return activate_as<T, Gaussian<Ops>>(p, net, a, n);
    case ActivationKind::hard_tanh:
      return activate_as<T, HardTanh<Ops>>(p, net, a, n);
    case ActivationKind::gelu:
      for (std::size_t i = 0; i < n; ++i) a[i] = gelu(net[i]);
      return;
    case ActivationKind::softplus:
      for (std::size_t i = 0; i < n; ++i) a[i] = softplus(net[i]);
      return;
    case ActivationKind::sin:
      for (std::size_t i = 0; i < n; ++i) a[i] = base::sin(net[i]);
      return;
    case ActivationKind::softmax:
    case ActivationKind::custom:
      return activate_as<T, Identity<Ops>>(p, net, a, n);  // as the twin does
  }
}

template <class T>
void multiply_derivative_any(ActivationKind kind, T p, const T* net, const T* a, T* values, std::size_t n) {
  using Ops = SimdOps<T>;
  switch (kind) {
    case ActivationKind::identity:
      return multiply_derivative_of<T, Identity<Ops>>(p, net, a, values, n);
    case ActivationKind::sigmoid:
      return multiply_derivative_of<T, Sigmoid<Ops>>(p, net, a, values, n);
    case ActivationKind::tanh:
      return multiply_derivative_of<T, Tanh<Ops>>(p, net, a, values, n);
    case ActivationKind::scaled_tanh:
      return multiply_derivative_of<T, ScaledTanh<Ops>>(p, net, a, values, n);
    case ActivationKind::relu:
      return multiply_derivative_of<T, Relu<Ops>>(p, net, a, values, n);
    case ActivationKind::leaky_relu:
      return multiply_derivative_of<T, LeakyRelu<Ops>>(p, net, a, values, n);
    case ActivationKind::elu:
      return multiply_derivative_of<T, Elu<Ops>>(p, net, a, values, n);
    case ActivationKind::selu:
      return multiply_derivative_of<T, Selu<Ops>>(p, net, a, values, n);
    case ActivationKind::swish:
      return multiply_derivative_of<T, Swish<Ops>>(p, net, a, values, n);
    case ActivationKind::softplus:
      return multiply_derivative_of<T, SoftplusSlope<Ops>>(p, net, a, values, n);
    case ActivationKind::softsign:
      return multiply_derivative_of<T, Softsign<Ops>>(p, net, a, values, n);
    case ActivationKind::exp:
      return multiply_derivative_of<T, Exponential<Ops>>(p, net, a, values, n);
    case ActivationKind::gaussian:
      return multiply_derivative_of<T, Gaussian<Ops>>(p, net, a, values, n);
    case ActivationKind::hard_tanh:
      return multiply_derivative_of<T, HardTanh<Ops>>(p, net, a, values, n);
    case ActivationKind::gelu:
      for (std::size_t i = 0; i < n; ++i) values[i] *= gelu_slope(net[i]);
      return;
    case ActivationKind::sin:
      for (std::size_t i = 0; i < n; ++i) values[i] *= base::cos(net[i]);
      return;
    case ActivationKind::softmax:
    case ActivationKind::custom:
      return;  // a factor of one
  }
}

template <class T>
struct ExpBelow {
  T largest;
  HWY_INLINE void operator()(const T* net, T* a) const {
    using Ops = SimdOps<T>;
    Ops::store(exp_formula<Ops>(Ops::subtract(Ops::load(net), Ops::set(largest))), a);
  }
};
template <class T>
struct DivideBy {
  T sum;
  HWY_INLINE void operator()(T* a) const {
    SimdOps<T>::store(SimdOps<T>::divide(SimdOps<T>::load(a), SimdOps<T>::set(sum)), a);
  }
};

// Σ values[i], or Σ values[i]² with kSquares, in the eight-partial order.
template <class T, bool kSquares>
HWY_INLINE T eight_sum(const T* values, std::size_t n) {
  const typename Eight<T>::D d;
  typename Eight<T>::V sum[Eight<T>::kParts];
  for (auto& part : sum) part = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t part = 0; part < Eight<T>::kParts; ++part) {
      const auto x = hn::LoadU(d, values + i + part * Eight<T>::kLanes);
      sum[part] = kSquares ? hn::MulAdd(x, x, sum[part]) : hn::Add(sum[part], x);
    }
  }
  if (i == n) return join_eight<T>(sum);
  // The rest is a vector of zeros beyond n, which change no sum of squares and no sum that is not −0.
  alignas(64) T rest[8] = {};
  for (std::size_t k = 0; i + k < n; ++k) rest[k] = values[i + k];
  for (std::size_t part = 0; part < Eight<T>::kParts; ++part) {
    const auto x = hn::Load(d, rest + part * Eight<T>::kLanes);
    sum[part] = kSquares ? hn::MulAdd(x, x, sum[part]) : hn::Add(sum[part], x);
  }
  return join_eight<T>(sum);
}

template <class T>
SoftmaxSum<T> softmax_of(const T* net, T* a, std::size_t units) {
  T largest = net[0];
  for (std::size_t u = 1; u < units; ++u) largest = net[u] > largest ? net[u] : largest;
  for_each_vector<T>(units, ExpBelow<T>{largest}, net, a);
  const T sum = eight_sum<T, false>(a, units);
  for_each_vector<T>(units, DivideBy<T>{sum}, a);
  return {largest, sum};
}

template <class D>
HWY_INLINE hn::Vec<D> widened(D d, hn::Vec<hn::Rebind<float, D>> x) {
  return hn::PromoteTo(d, x);
}
template <class D>
HWY_INLINE hn::Vec<D> widened(D, hn::Vec<D> x) {
  return x;
}

// The largest of a vector's lanes.
template <class D>
HWY_INLINE hn::TFromD<D> largest_lane(D, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) == 2) {
    const auto low = hn::GetLane(x), high = hn::ExtractLane(x, 1);
    return high > low ? high : low;
  } else {
    const hn::Half<D> half;
    return largest_lane(half, hn::Max(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}

// softmax_of() for a row that may be read and written to the end of its last vector: no tail goes number by number. A
// NaN may hide among the largest; it comes out of its own exponential.
template <class T>
HWY_INLINE SoftmaxSum<T> softmax_of_padded(const T* net, T* a, std::size_t units) {
  using Ops = SimdOps<T>;
  const typename Ops::D d;
  auto largest = Ops::set(net[0]);
  for (std::size_t u = 0; u < units; u += Ops::kLanes) {
    const auto real = hn::FirstN(d, HWY_MIN(units - u, Ops::kLanes));
    largest = hn::Max(largest, hn::IfThenElse(real, Ops::load(net + u), largest));
  }
  const T most = largest_lane(d, largest);
  for (std::size_t u = 0; u < units; u += Ops::kLanes) {
    const auto real = hn::FirstN(d, HWY_MIN(units - u, Ops::kLanes));
    const auto below = Ops::subtract(Ops::load(net + u), Ops::set(most));
    Ops::store(hn::IfThenElseZero(real, exp_formula<Ops>(below)), a + u);
  }
  // Zeros of the padding, which change no sum that is not −0.
  typename Eight<T>::V sum[Eight<T>::kParts];
  for (auto& part : sum) part = hn::Zero(typename Eight<T>::D());
  for (std::size_t u = 0; u < units; u += 8) {
    DELTARULE_UNROLL for (std::size_t part = 0; part < Eight<T>::kParts; ++part) {
      sum[part] = hn::Add(sum[part], hn::LoadU(typename Eight<T>::D(), a + u + part * Eight<T>::kLanes));
    }
  }
  const T whole = join_eight<T>(sum);
  for (std::size_t u = 0; u < units; u += Ops::kLanes)
    Ops::store(Ops::divide(Ops::load(a + u), Ops::set(whole)), a + u);
  return {most, whole};
}

template <class T>
HWY_INLINE void softmax_rows(const T* net, std::size_t width, std::size_t units, std::size_t rows, T* a,
                             SoftmaxSum<T>* sums) {
  for (std::size_t r = 0; r < rows; ++r, net += width, a += width) sums[r] = softmax_of_padded<T>(net, a, units);
}

template <class D>
HWY_INLINE hn::Vec<hn::Rebind<float, D>> narrowed(D, hn::Vec<D> x, float) {
  return hn::DemoteTo(hn::Rebind<float, D>(), x);
}
template <class D>
HWY_INLINE hn::Vec<D> narrowed(D, hn::Vec<D> x, double) {
  return x;
}

template <class T>
HWY_INLINE void softmax_deltas_of(const T* t, const T* a, const double* target_sums, std::size_t width,
                                  std::size_t units, std::size_t rows, T* delta) {
  const hn::ScalableTag<double> wide;
  constexpr std::size_t lanes = hn::MaxLanes(hn::ScalableTag<double>());
  const hn::Rebind<T, hn::ScalableTag<double>> narrow;
  for (std::size_t r = 0; r < rows; ++r, t += width, a += width, delta += width) {
    const auto target_sum = hn::Set(wide, target_sums[r]);
    for (std::size_t u = 0; u < width; u += lanes) {
      const auto share = hn::Mul(widened(wide, hn::LoadU(narrow, a + u)), target_sum);
      const auto whole = hn::Sub(widened(wide, hn::LoadU(narrow, t + u)), share);
      const auto real = hn::FirstN(wide, units > u ? HWY_MIN(units - u, lanes) : 0);
      hn::StoreU(narrowed(wide, hn::IfThenElseZero(real, whole), T(0)), narrow, delta + u);
    }
  }
}

template <class T>
struct KeepMovable {
  HWY_INLINE void operator()(const T* movable, T* values) const {
    using Ops = SimdOps<T>;
    const auto still = hn::Eq(Ops::load(movable), Ops::set(T(0)));
    Ops::store(Ops::select(still, Ops::set(T(0)), Ops::load(values)), values);
  }
};

template <class T>
struct AddPart {
  HWY_INLINE void operator()(const T* part, T* total) const {
    SimdOps<T>::store(SimdOps<T>::add(SimdOps<T>::load(total), SimdOps<T>::load(part)), total);
  }
};

template <class T>
struct MultiplyBy {
  HWY_INLINE void operator()(const T* by, T* values) const {
    SimdOps<T>::store(SimdOps<T>::multiply(SimdOps<T>::load(values), SimdOps<T>::load(by)), values);
  }
};

// The numbers of a row that fill no panel. Where loads can be masked, vectors; elsewhere kSize numbers if `n` has that
// bit, and on to the next: no loop over what is left of a row.
template <std::size_t kSize, class T>
HWY_INLINE void copy_part(const T*& from, T*& to, std::size_t n) {
  if ((n & kSize) == 0) return;
  std::memcpy(to, from, kSize * sizeof(T));
  from += kSize;
  to += kSize;
}
template <class T>
HWY_INLINE typename SimdOps<T>::V copy_rest(const T* from, T* to, std::size_t n, typename SimdOps<T>::V squares) {
  using Ops = SimdOps<T>;
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  const typename Ops::D d;
  for (std::size_t u = 0; u < n; u += Ops::kLanes) {
    const auto x = hn::MaskedLoad(hn::FirstN(d, n - u), d, from + u);  // touches no lane beyond the mask on these
    Ops::store(x, to + u);
    squares = Ops::multiply_add(x, x, squares);
  }
#else
  T sum = 0;
  for (std::size_t u = 0; u < n; ++u) sum += from[u] * from[u];
  copy_part<16>(from, to, n);
  copy_part<8>(from, to, n);
  copy_part<4>(from, to, n);
  copy_part<2>(from, to, n);
  copy_part<1>(from, to, n);
  squares = Ops::add(squares, Ops::set(sum));  // in every lane: larger than it is
#endif
  return squares;
}

template <class T>
HWY_INLINE T gather(const T* from, const std::uint32_t* which, const Panels<T>& to) {
  using Ops = SimdOps<T>;
  constexpr std::size_t wide = Panels<T>::kWide;
  const std::size_t whole = to.units / wide, rest = to.units % wide;
  auto squares = Ops::set(T(0)), squares_of_rest = squares;
  for (std::size_t r = 0; r < to.rows; ++r) {
    const T* row = from + which[r] * to.units;
    T* place = to.data + (to.first + r) * wide;
    for (std::size_t p = 0; p < whole; ++p, row += wide, place += wide * to.capacity) {
      DELTARULE_UNROLL for (std::size_t u = 0; u < wide; u += Ops::kLanes) {
        const auto x = Ops::load(row + u);
        Ops::store(x, place + u);
        squares = Ops::multiply_add(x, x, squares);
      }
    }
    if (rest > 0) squares_of_rest = copy_rest<T>(row, to.panel(whole) + r * to.width(whole), rest, squares_of_rest);
  }
  return hn::GetLane(hn::SumOfLanes(typename Ops::D(), Ops::add(squares, squares_of_rest)));
}

// Σ x² in double, in eight strided partial sums, of numbers that are zero beyond n.
template <class T>
HWY_INLINE double squares_in_double(const T* values, std::size_t n) {
  const Eight<double>::D wide;
  const hn::Rebind<T, Eight<double>::D> narrow;
  Eight<double>::V sum[Eight<double>::kParts];
  for (auto& part : sum) part = hn::Zero(wide);
  for (std::size_t u = 0; u < n; u += 8) {
    for (std::size_t part = 0; part < Eight<double>::kParts; ++part) {
      const auto x = widened(wide, hn::LoadU(narrow, values + u + part * Eight<double>::kLanes));
      sum[part] = hn::MulAdd(x, x, sum[part]);
    }
  }
  return join_eight<double>(sum);
}

// One row of one panel, whole vectors of it.
template <class T>
HWY_INLINE double squared_error(const T* t, const T* a, std::size_t width, std::size_t units, T* difference) {
  using Ops = SimdOps<T>;
  const typename Ops::D d;
  for (std::size_t u = 0; u < width; u += Ops::kLanes) {
    const auto real = hn::FirstN(d, units > u ? units - u : 0);
    Ops::store(hn::IfThenElseZero(real, Ops::subtract(Ops::load(t + u), Ops::load(a + u))), difference + u);
  }
  return squares_in_double<T>(difference, units);
}

template <class T>
struct Scale {
  T factor;
  HWY_INLINE void operator()(T* values) const {
    SimdOps<T>::store(SimdOps<T>::multiply(SimdOps<T>::load(values), SimdOps<T>::set(factor)), values);
  }
};

template <class T>
struct AddPenalties {
  Penalties<SimdOps<T>> penalties;
  HWY_INLINE void operator()(const T* w, T* slope) const {
    auto s = SimdOps<T>::load(slope);
    penalties(SimdOps<T>::load(w), s);
    SimdOps<T>::store(s, slope);
  }
};

// Four chains, so that it runs at the speed of the loads.
template <class T>
HWY_INLINE T rough_sum_of_squares(const T* values, std::size_t n) {
  using Ops = SimdOps<T>;
  typename Ops::V sum[4] = {Ops::set(T(0)), Ops::set(T(0)), Ops::set(T(0)), Ops::set(T(0))};
  constexpr std::size_t lanes = Ops::kLanes;
  for (; n >= 4 * lanes; n -= 4 * lanes, values += 4 * lanes) {
    DELTARULE_UNROLL for (std::size_t i = 0; i < 4; ++i) {
      const auto x = Ops::load(values + i * lanes);
      sum[i] = Ops::multiply_add(x, x, sum[i]);
    }
  }
  for (; n >= lanes; n -= lanes, values += lanes) {
    const auto x = Ops::load(values);
    sum[0] = Ops::multiply_add(x, x, sum[0]);
  }
  T rest = 0;
  for (; n > 0; --n, ++values) rest += values[0] * values[0];
  const auto total = Ops::add(Ops::add(sum[0], sum[1]), Ops::add(sum[2], sum[3]));
  return hn::GetLane(hn::SumOfLanes(typename Ops::D(), total)) + rest;
}

// A rule of updates/ applied to vectors of weights, slopes and as many states as it has.
template <class T, class Rule>
struct Update {
  Rule rule;
  HWY_INLINE void operator()(T* w, const T* slope) const {
    auto weight = SimdOps<T>::load(w);
    rule(weight, SimdOps<T>::load(slope));
    SimdOps<T>::store(weight, w);
  }
  HWY_INLINE void operator()(T* w, const T* slope, T* state) const {
    auto weight = SimdOps<T>::load(w);
    auto s = SimdOps<T>::load(state);
    rule(weight, SimdOps<T>::load(slope), s);
    SimdOps<T>::store(weight, w);
    SimdOps<T>::store(s, state);
  }
  HWY_INLINE void operator()(T* w, const T* slope, T* first, T* second) const {
    auto weight = SimdOps<T>::load(w);
    auto one = SimdOps<T>::load(first);
    auto two = SimdOps<T>::load(second);
    rule(weight, SimdOps<T>::load(slope), one, two);
    SimdOps<T>::store(weight, w);
    SimdOps<T>::store(one, first);
    SimdOps<T>::store(two, second);
  }
};
