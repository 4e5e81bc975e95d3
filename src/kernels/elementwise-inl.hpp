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
void softmax_of(const T* net, T* a, std::size_t units) {
  if (units == 0) return;
  T largest = net[0];
  for (std::size_t u = 1; u < units; ++u) largest = net[u] > largest ? net[u] : largest;
  for_each_vector<T>(units, ExpBelow<T>{largest}, net, a);
  for_each_vector<T>(units, DivideBy<T>{eight_sum<T, false>(a, units)}, a);
}

template <class T>
struct AddPart {
  HWY_INLINE void operator()(const T* part, T* total) const {
    SimdOps<T>::store(SimdOps<T>::add(SimdOps<T>::load(total), SimdOps<T>::load(part)), total);
  }
};

template <class T>
struct Finish {
  FinishSlope<SimdOps<T>> finish;
  HWY_INLINE void operator()(const T* w, T* slope) const {
    auto s = SimdOps<T>::load(slope);
    finish(SimdOps<T>::load(w), s);
    SimdOps<T>::store(s, slope);
  }
};

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
