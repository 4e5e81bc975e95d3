// The program of a pattern for networks in lanes, for any Ops with lanes (lanes_twin.cpp has one number per vector,
// lanes_table-inl.hpp a vector): forward (4), the output deltas (9) and (10), (11) and (12), and the weight change. The
// order of every sum is canonical (kernels.hpp). No include guard and no namespace: see base/exp_family-inl.hpp.

// Activations without formulas for Ops, number by number.
template <class Ops, typename Ops::T (*kFunction)(typename Ops::T)>
DELTARULE_FORMULA typename Ops::V in_each_lane(typename Ops::V x) {
  alignas(64) typename Ops::T numbers[Ops::kLanes];
  Ops::store(x, numbers);
  for (auto& number : numbers) number = kFunction(number);
  return Ops::load(numbers);
}
template <class Ops>
struct Gelu : Numbers<Ops> {
  using typename Numbers<Ops>::T;
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return in_each_lane<Ops, &gelu<T>>(x); }
  static DELTARULE_FORMULA V slope(V x, V, V) { return in_each_lane<Ops, &gelu_slope<T>>(x); }
};
template <class Ops>
struct Softplus : SoftplusSlope<Ops> {
  using typename Numbers<Ops>::T;
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return in_each_lane<Ops, &softplus<T>>(x); }
};
template <class Ops>
struct Sine : Numbers<Ops> {
  using typename Numbers<Ops>::T;
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return in_each_lane<Ops, &deltarule::base::sin<T>>(x); }
  static DELTARULE_FORMULA V slope(V x, V, V) { return in_each_lane<Ops, &deltarule::base::cos<T>>(x); }
};

// Two vectors as one, so that their chains run side by side: f of one vector is a hundred cycles of waiting, and the
// processor's window holds too few instructions to find the next vector's by itself (32 cycles per tanh alone, 13 in
// fours).
template <class Base>
struct Pair {
  using T = typename Base::T;
  struct V {
    typename Base::V a, b;
  };
  struct I {
    typename Base::I a, b;
  };
  struct M {
    typename Base::M a, b;
  };
  static constexpr bool kFused = Base::kFused;
  static constexpr std::size_t kLanes = 2 * Base::kLanes;

  static DELTARULE_FORMULA V set(T x) { return {Base::set(x), Base::set(x)}; }
  static DELTARULE_FORMULA V load(const T* from) { return {Base::load(from), Base::load(from + Base::kLanes)}; }
  static DELTARULE_FORMULA void store(V x, T* to) {
    Base::store(x.a, to);
    Base::store(x.b, to + Base::kLanes);
  }
  static DELTARULE_FORMULA V add(V x, V y) { return {Base::add(x.a, y.a), Base::add(x.b, y.b)}; }
  static DELTARULE_FORMULA V subtract(V x, V y) { return {Base::subtract(x.a, y.a), Base::subtract(x.b, y.b)}; }
  static DELTARULE_FORMULA V multiply(V x, V y) { return {Base::multiply(x.a, y.a), Base::multiply(x.b, y.b)}; }
  static DELTARULE_FORMULA V divide(V x, V y) { return {Base::divide(x.a, y.a), Base::divide(x.b, y.b)}; }
  static DELTARULE_FORMULA V multiply_add(V x, V y, V z) {
    return {Base::multiply_add(x.a, y.a, z.a), Base::multiply_add(x.b, y.b, z.b)};
  }
  static DELTARULE_FORMULA V subtract_product(V x, V y, V z) {
    return {Base::subtract_product(x.a, y.a, z.a), Base::subtract_product(x.b, y.b, z.b)};
  }
  static DELTARULE_FORMULA V absolute(V x) { return {Base::absolute(x.a), Base::absolute(x.b)}; }
  static DELTARULE_FORMULA V copy_sign(V x, V y) { return {Base::copy_sign(x.a, y.a), Base::copy_sign(x.b, y.b)}; }
  static DELTARULE_FORMULA V at_most(V x, V high) { return {Base::at_most(x.a, high.a), Base::at_most(x.b, high.b)}; }
  static DELTARULE_FORMULA V at_least(V x, V low) { return {Base::at_least(x.a, low.a), Base::at_least(x.b, low.b)}; }
  static DELTARULE_FORMULA M less(V x, V y) { return {Base::less(x.a, y.a), Base::less(x.b, y.b)}; }
  static DELTARULE_FORMULA V select(M mask, V yes, V no) {
    return {Base::select(mask.a, yes.a, no.a), Base::select(mask.b, yes.b, no.b)};
  }
  static DELTARULE_FORMULA I bits(V x) { return {Base::bits(x.a), Base::bits(x.b)}; }
  static DELTARULE_FORMULA V from_bits(I x) { return {Base::from_bits(x.a), Base::from_bits(x.b)}; }
  static DELTARULE_FORMULA I set_bits(int x) { return {Base::set_bits(x), Base::set_bits(x)}; }
  static DELTARULE_FORMULA I add_bits(I x, I y) { return {Base::add_bits(x.a, y.a), Base::add_bits(x.b, y.b)}; }
  static DELTARULE_FORMULA I subtract_bits(I x, I y) {
    return {Base::subtract_bits(x.a, y.a), Base::subtract_bits(x.b, y.b)};
  }
  template <int kBy>
  static DELTARULE_FORMULA I shift_left(I x) {
    return {Base::template shift_left<kBy>(x.a), Base::template shift_left<kBy>(x.b)};
  }
};

// work.template run<A>() for the activation A of a kind that acts on one unit.
template <class Work>
DELTARULE_FORMULA void with_activation(ActivationKind kind, const Work& work) {
  switch (kind) {
    case ActivationKind::identity:
      return work.template run<Identity>();
    case ActivationKind::sigmoid:
      return work.template run<Sigmoid>();
    case ActivationKind::tanh:
      return work.template run<Tanh>();
    case ActivationKind::scaled_tanh:
      return work.template run<ScaledTanh>();
    case ActivationKind::relu:
      return work.template run<Relu>();
    case ActivationKind::leaky_relu:
      return work.template run<LeakyRelu>();
    case ActivationKind::elu:
      return work.template run<Elu>();
    case ActivationKind::selu:
      return work.template run<Selu>();
    case ActivationKind::gelu:
      return work.template run<Gelu>();
    case ActivationKind::swish:
      return work.template run<Swish>();
    case ActivationKind::softplus:
      return work.template run<Softplus>();
    case ActivationKind::exp:
      return work.template run<Exponential>();
    case ActivationKind::softsign:
      return work.template run<Softsign>();
    case ActivationKind::gaussian:
      return work.template run<Gaussian>();
    case ActivationKind::sin:
      return work.template run<Sine>();
    case ActivationKind::hard_tanh:
      return work.template run<HardTanh>();
    case ActivationKind::softmax:
    case ActivationKind::custom:
      return;  // no program has them here
  }
}

// f over n units.
template <class Ops>
struct LaneActivate {
  using T = typename Ops::T;
  T parameter;
  const T* net;
  T* a;
  std::size_t n;

  template <class Several, template <class> class A>
  DELTARULE_FORMULA void at(std::size_t unit) const {
    const std::size_t i = unit * Ops::kLanes;
    Several::store(A<Several>::value(Several::load(net + i), Several::set(parameter)), a + i);
  }
  template <template <class> class A>
  void run() const {
    std::size_t unit = 0;
    for (; unit + 4 <= n; unit += 4) at<Pair<Pair<Ops>>, A>(unit);
    if (unit + 2 <= n) at<Pair<Ops>, A>(unit), unit += 2;
    if (unit < n) at<Ops, A>(unit);
  }
};

// values *= f′ over n units.
template <class Ops>
struct LaneMultiplyDerivative {
  using T = typename Ops::T;
  T parameter;
  const T* net;
  const T* a;
  T* values;
  std::size_t n;

  template <class Several, template <class> class A>
  DELTARULE_FORMULA void at(std::size_t unit) const {
    const std::size_t i = unit * Ops::kLanes;
    const auto slope = A<Several>::slope(Several::load(net + i), Several::load(a + i), Several::set(parameter));
    Several::store(Several::multiply(Several::load(values + i), slope), values + i);
  }
  template <template <class> class A>
  void run() const {
    std::size_t unit = 0;
    for (; unit + 2 <= n; unit += 2) at<Pair<Ops>, A>(unit);
    if (unit < n) at<Ops, A>(unit);
  }
};

// The tree of eight partial sums when only the first kPartials of them exist: the others are +0, which is nothing but
// the sign of a zero.
template <class Ops, std::size_t kPartials>
DELTARULE_FORMULA typename Ops::V join_lanes(const typename Ops::V (&p)[kPartials]) {
  auto left = p[0];
  if constexpr (kPartials > 4) left = Ops::add(left, p[4]);
  if constexpr (kPartials > 2) {
    auto part = p[2];
    if constexpr (kPartials > 6) part = Ops::add(part, p[6]);
    left = Ops::add(left, part);
  }
  if constexpr (kPartials > 1) {
    auto right = p[1];
    if constexpr (kPartials > 5) right = Ops::add(right, p[5]);
    if constexpr (kPartials > 3) {
      auto part = p[3];
      if constexpr (kPartials > 7) part = Ops::add(part, p[7]);
      right = Ops::add(right, part);
    }
    left = Ops::add(left, right);
  }
  if constexpr (kPartials < 8) left = Ops::add(left, Ops::set(typename Ops::T(0)));
  return left;
}

// A rule of updates/ on one weight of every lane; weights may decay, biases do not. kCareful: only lanes that take part
// change, and the rule's state with them.
template <class Ops, class Rule, int kStates, bool kCareful>
struct LaneStep {
  using T = typename Ops::T;
  using V = typename Ops::V;
  Rule rule, bias_rule;
  typename Ops::M active;
  LaneMemory<T> memory;

  static DELTARULE_FORMULA V load(const T* from, std::size_t i) { return Ops::load(from + i * Ops::kLanes); }
  DELTARULE_FORMULA void keep(V after, V before, T* to, std::size_t i) const {
    if constexpr (kCareful) after = Ops::select(active, after, before);
    Ops::store(after, to + i * Ops::kLanes);
  }
  DELTARULE_FORMULA void change(const Rule& by, V slope, V before, std::size_t e) const {
    V w = before;
    if constexpr (kStates == 0) {
      by(w, slope);
    } else if constexpr (kStates == 1) {
      const V old = load(memory.first_state, e);
      V state = old;
      by(w, slope, state);
      keep(state, old, memory.first_state, e);
    } else {
      const V old_first = load(memory.first_state, e), old_second = load(memory.second_state, e);
      V first = old_first, second = old_second;
      by(w, slope, first, second);
      keep(first, old_first, memory.first_state, e);
      keep(second, old_second, memory.second_state, e);
    }
    keep(w, before, memory.weights, e);
  }
};

template <class Ops>
struct LaneProgram {
  using T = typename Ops::T;
  using V = typename Ops::V;
  using M = typename Ops::M;
  using Plan = LanePlan<T>;
  using Memory = LaneMemory<T>;
  static constexpr std::size_t kLanes = Ops::kLanes;

  static DELTARULE_FORMULA V load(const T* from, std::size_t i) { return Ops::load(from + i * kLanes); }
  static DELTARULE_FORMULA void store(V x, T* to, std::size_t i) { Ops::store(x, to + i * kLanes); }
  static DELTARULE_FORMULA V zero() { return Ops::set(T(0)); }
  static DELTARULE_FORMULA M active(const Memory& m) { return Ops::less(zero(), Ops::load(m.active)); }
  static DELTARULE_FORMULA const T* senders(const LaneBlock& block, const Memory& m, const T* x) {
    return block.from_input ? x : m.activations + block.first_unit * kLanes;
  }

  // ---- forward ----

  // Some units side by side, so that one chain's latency hides behind the others'.
  template <std::size_t kUnits>
  static DELTARULE_FORMULA void net_tile(const LaneLayer& layer, const Memory& m, const T* x, std::size_t unit) {
    V net[kUnits];
    DELTARULE_UNROLL for (std::size_t n = 0; n < kUnits; ++n) {
      net[n] = layer.bias ? load(m.weights, layer.first_bias + unit + n) : zero();
    }
    for (const LaneBlock& block : layer.blocks) {
      const T* a = senders(block, m, x);
      const T* w = m.weights + (block.first_weight + unit * block.senders) * kLanes;
      const std::size_t row = block.senders * kLanes;
      for (const T* const end = a + row; a != end; a += kLanes, w += kLanes) {
        const V sender = Ops::load(a);
        DELTARULE_UNROLL for (std::size_t n = 0; n < kUnits; ++n) {
          net[n] = Ops::multiply_add(sender, Ops::load(w + n * row), net[n]);
        }
      }
    }
    DELTARULE_UNROLL for (std::size_t n = 0; n < kUnits; ++n) store(net[n], m.net, layer.first_unit + unit + n);
  }

  static void nets(const LaneLayer& layer, const Memory& m, const T* x) {
    std::size_t unit = 0;
    for (; unit + 8 <= layer.units; unit += 8) net_tile<8>(layer, m, x, unit);
    const std::size_t left = layer.units - unit;
    if ((left & 4) != 0) net_tile<4>(layer, m, x, unit), unit += 4;
    if ((left & 2) != 0) net_tile<2>(layer, m, x, unit), unit += 2;
    if ((left & 1) != 0) net_tile<1>(layer, m, x, unit);
  }

  static void softmax(const Memory& m, const T* net, T* a, std::size_t units) {
    V largest = load(net, 0);
    for (std::size_t u = 1; u < units; ++u) {
      const V one = load(net, u);
      largest = Ops::select(Ops::less(largest, one), one, largest);
    }
    V partial[8] = {zero(), zero(), zero(), zero(), zero(), zero(), zero(), zero()};
    for (std::size_t u = 0; u < units; ++u) {
      const V one = exp_formula<Ops>(Ops::subtract(load(net, u), largest));
      store(one, a, u);
      partial[u % 8] = Ops::add(partial[u % 8], one);
    }
    const V sum = join_lanes<Ops>(partial);
    for (std::size_t u = 0; u < units; ++u) store(Ops::divide(load(a, u), sum), a, u);
    store(largest, m.softmax, 0);
    store(sum, m.softmax, 1);
  }

  static void run_forward(const Plan& plan, const Memory& m, const T* x) {
    for (const LaneLayer& layer : plan.layers) {
      nets(layer, m, x);
      const T* const net = m.net + layer.first_unit * kLanes;
      T* const a = m.activations + layer.first_unit * kLanes;
      if (layer.activation == ActivationKind::softmax)
        softmax(m, net, a, layer.units);
      else
        with_activation(layer.activation, LaneActivate<Ops>{static_cast<T>(layer.parameter), net, a, layer.units});
    }
  }

  static void half_squared_error(const Plan& plan, const Memory& m, const T* t) {
    const T* const a = m.activations + plan.layers.back().first_unit * kLanes;
    if (plan.outputs == 1) return Ops::half_squared_error(t, a, m.loss);
    Ops::half_squared_error(t, a, plan.outputs, m.loss);
  }

  static void forward(const Plan& plan, const Memory& m, const T* x, const T* t) {
    run_forward(plan, m, x);
    if (t == nullptr) return;
    if (plan.loss == nullptr) return half_squared_error(plan, m, t);
    const std::size_t first = plan.layers.back().first_unit * kLanes;
    plan.loss(plan.loss_context, m.net + first, m.activations + first, t, m.deltas + first, m.loss);
  }

  // ---- deltas ----

  static void multiply_derivative(const LaneLayer& layer, const Memory& m) {
    const std::size_t first = layer.first_unit * kLanes;
    with_activation(layer.activation,
                    LaneMultiplyDerivative<Ops>{static_cast<T>(layer.parameter), m.net + first, m.activations + first,
                                                m.deltas + first, layer.units});
  }

  // Σ_k ∂E/∂a_k a_k comes off every slope, which is then multiplied by its own a: softmax's Jacobian.
  static void softmax_slopes(const T* a, T* slopes, std::size_t units) {
    V mean = zero();
    for (std::size_t u = 0; u < units; ++u) mean = Ops::add(mean, Ops::multiply(load(slopes, u), load(a, u)));
    for (std::size_t u = 0; u < units; ++u)
      store(Ops::multiply(load(a, u), Ops::subtract(load(slopes, u), mean)), slopes, u);
  }

  // E, then (9) and (10), or the deltas that a loss from net inputs has.
  static void output_deltas(const Plan& plan, const Memory& m, const T* t) {
    const LaneLayer& layer = plan.layers.back();
    const std::size_t first = layer.first_unit * kLanes;
    const T* const a = m.activations + first;
    T* const delta = m.deltas + first;
    if (plan.loss == nullptr) {
      half_squared_error(plan, m, t);
      for (std::size_t j = 0; j < layer.units; ++j) store(Ops::subtract(load(t, j), load(a, j)), delta, j);
      return multiply_derivative(layer, m);
    }
    plan.loss(plan.loss_context, m.net + first, a, t, delta, m.loss);
    if (plan.loss_gives_deltas) return;
    const bool group = layer.activation == ActivationKind::softmax;
    if (group) softmax_slopes(a, delta, layer.units);
    for (std::size_t j = 0; j < layer.units; ++j) store(Ops::multiply(load(delta, j), Ops::set(T(-1))), delta, j);
    if (!group) multiply_derivative(layer, m);
  }

  // (11) of one pattern alone: eight strided partial sums over the units of one layer above.
  template <std::size_t kPartials>
  static void sum_strided(const LaneLayer& layer, const LaneAbove& above, const Memory& m, bool is_first) {
    const T* const delta = m.deltas + above.first_unit * kLanes;
    const T* w = m.weights + above.first_weight * kLanes;
    T* sums = m.deltas + layer.first_unit * kLanes;
    const std::size_t row = layer.units * kLanes;
    for (const T* const end = w + row; w != end; w += kLanes, sums += kLanes) {
      V p[kPartials];
      DELTARULE_UNROLL for (std::size_t k = 0; k < kPartials; ++k) {
        p[k] = Ops::multiply_add(load(delta, k), Ops::load(w + k * row), zero());
      }
      for (std::size_t k = kPartials; k < above.units; k += kPartials) {
        DELTARULE_UNROLL for (std::size_t l = 0; l < kPartials; ++l) {
          if (k + l < above.units) p[l] = Ops::multiply_add(load(delta, k + l), Ops::load(w + (k + l) * row), p[l]);
        }
      }
      const V sum = join_lanes<Ops>(p);
      Ops::store(Ops::add(is_first ? zero() : Ops::load(sums), sum), sums);
    }
  }

  static void sum_strided_above(const LaneLayer& layer, const LaneAbove& above, const Memory& m, bool is_first) {
    switch (above.units) {
      case 1:
        return sum_strided<1>(layer, above, m, is_first);
      case 2:
        return sum_strided<2>(layer, above, m, is_first);
      case 3:
        return sum_strided<3>(layer, above, m, is_first);
      case 4:
        return sum_strided<4>(layer, above, m, is_first);
      case 5:
        return sum_strided<5>(layer, above, m, is_first);
      case 6:
        return sum_strided<6>(layer, above, m, is_first);
      case 7:
        return sum_strided<7>(layer, above, m, is_first);
      default:
        return sum_strided<8>(layer, above, m, is_first);
    }
  }

  // (11) in a mini-batch: one chain over all layers above.
  template <std::size_t kSenders>
  static DELTARULE_FORMULA void sum_tile(const LaneLayer& layer, const Memory& m, std::size_t j) {
    V sum[kSenders];
    DELTARULE_UNROLL for (std::size_t n = 0; n < kSenders; ++n) sum[n] = zero();
    for (const LaneAbove& above : layer.above) {
      const T* const w = m.weights + (above.first_weight + j) * kLanes;
      for (std::size_t k = 0; k < above.units; ++k) {
        const V delta = load(m.deltas, above.first_unit + k);
        DELTARULE_UNROLL for (std::size_t n = 0; n < kSenders; ++n) {
          sum[n] = Ops::multiply_add(delta, load(w, k * layer.units + n), sum[n]);
        }
      }
    }
    DELTARULE_UNROLL for (std::size_t n = 0; n < kSenders; ++n) store(sum[n], m.deltas, layer.first_unit + j + n);
  }
  static void sum_chained(const LaneLayer& layer, const Memory& m) {
    std::size_t j = 0;
    for (; j + 8 <= layer.units; j += 8) sum_tile<8>(layer, m, j);
    const std::size_t left = layer.units - j;
    if ((left & 4) != 0) sum_tile<4>(layer, m, j), j += 4;
    if ((left & 2) != 0) sum_tile<2>(layer, m, j), j += 2;
    if ((left & 1) != 0) sum_tile<1>(layer, m, j);
  }

  // (11) and (12), last hidden layer first.
  template <bool kOnline>
  static void hidden_deltas(const Plan& plan, const Memory& m) {
    for (std::size_t l = plan.layers.size() - 1; l-- > 0;) {
      const LaneLayer& layer = plan.layers[l];
      if constexpr (kOnline) {
        bool is_first = true;
        for (const LaneAbove& above : layer.above) {
          sum_strided_above(layer, above, m, is_first);
          is_first = false;
        }
      } else {
        sum_chained(layer, m);
      }
      multiply_derivative(layer, m);
    }
  }

  // ---- the refusal rule, from above ----

  static V squares(const T* values, std::size_t n) {
    V sum[4] = {zero(), zero(), zero(), zero()};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      DELTARULE_UNROLL for (std::size_t k = 0; k < 4; ++k) {
        const V x = load(values, i + k);
        sum[k] = Ops::multiply_add(x, x, sum[k]);
      }
    }
    for (; i < n; ++i) {
      const V x = load(values, i);
      sum[0] = Ops::multiply_add(x, x, sum[0]);
    }
    return Ops::add(Ops::add(sum[0], sum[1]), Ops::add(sum[2], sum[3]));
  }
  static V size_of_pattern(const Plan& plan, const Memory& m) {
    return Ops::add(squares(m.activations, plan.units), squares(m.deltas, plan.units));
  }
  // With l2 the slope has a part of the weight's size.
  static bool all_small(const Plan& plan, const Memory& m, V size) {
    if (plan.l2) size = Ops::add(size, squares(m.weights, plan.weights));
    size = Ops::select(active(m), size, zero());
    store(size, m.size, 0);
    return Ops::all(Ops::less(size, Ops::set(kLaneLimit<T>)));
  }

  // ---- the weight change ----

  static DELTARULE_FORMULA V setting(const Memory& m, LaneSetting which) { return load(m.settings, which); }
  static bool moves(const Plan& plan, std::size_t e) { return plan.movable.empty() || plan.movable[e] != 0; }

  // Equation (6) as it stands: Δw = (η δ) a. Units in fours: layers of two or three senders would else be all loop.
  template <bool kCareful, std::size_t kUnits>
  static DELTARULE_FORMULA void delta_rule_tile(const Plan& plan, const Memory& m, const LaneBlock& block, const T* a,
                                                const T* deltas, std::size_t unit) {
    const V rate = setting(m, kLaneRate);
    const M takes_part = active(m);
    V d[kUnits];
    DELTARULE_UNROLL for (std::size_t n = 0; n < kUnits; ++n) d[n] = Ops::multiply(rate, load(deltas, unit + n));
    const std::size_t first = block.first_weight + unit * block.senders, row = block.senders * kLanes;
    T* w = m.weights + first * kLanes;
    const T* const end = a + row;
    for (std::size_t e = first; a != end; a += kLanes, w += kLanes, ++e) {
      const V sender = Ops::load(a);
      DELTARULE_UNROLL for (std::size_t n = 0; n < kUnits; ++n) {
        if (kCareful && !moves(plan, e + n * block.senders)) continue;
        const V before = Ops::load(w + n * row);
        V after = Ops::multiply_add(sender, d[n], before);
        if (kCareful) after = Ops::select(takes_part, after, before);
        Ops::store(after, w + n * row);
      }
    }
  }

  template <bool kCareful>
  static void delta_rule_biases(const LaneLayer& layer, const Memory& m) {
    const V rate = setting(m, kLaneRate);
    const M takes_part = active(m);
    for (std::size_t u = 0; u < layer.units; ++u) {
      const V before = load(m.weights, layer.first_bias + u);
      V w = Ops::add(before, Ops::multiply(rate, load(m.deltas, layer.first_unit + u)));
      if (kCareful) w = Ops::select(takes_part, w, before);
      store(w, m.weights, layer.first_bias + u);
    }
  }

  template <bool kCareful>
  static void delta_rule_online(const Plan& plan, const Memory& m, const T* x) {
    for (const LaneLayer& layer : plan.layers) {
      const T* const deltas = m.deltas + layer.first_unit * kLanes;
      for (const LaneBlock& block : layer.blocks) {
        const T* const a = senders(block, m, x);
        std::size_t u = 0;
        for (; u + 4 <= layer.units; u += 4) delta_rule_tile<kCareful, 4>(plan, m, block, a, deltas, u);
        for (; u < layer.units; ++u) delta_rule_tile<kCareful, 1>(plan, m, block, a, deltas, u);
      }
      if (layer.train_bias) delta_rule_biases<kCareful>(layer, m);
    }
  }

  // v ← μ v + (η δ) a, Δw = v.
  template <bool kCareful>
  static void momentum_online(const Plan& plan, const Memory& m, const T* x) {
    const V rate = setting(m, kLaneRate), mu = setting(m, kLaneMomentum);
    const M takes_part = active(m);
    const auto change = [&](std::size_t e, V a, V d) DELTARULE_LAMBDA_ATTR {
      const V w = load(m.weights, e), v = load(m.first_state, e);
      V velocity = Ops::multiply_add(a, d, Ops::multiply(mu, v));
      V after = Ops::add(w, velocity);
      if (kCareful) {
        velocity = Ops::select(takes_part, velocity, v);
        after = Ops::select(takes_part, after, w);
      }
      store(velocity, m.first_state, e);
      store(after, m.weights, e);
    };
    for (const LaneLayer& layer : plan.layers) {
      for (const LaneBlock& block : layer.blocks) {
        const T* const a = senders(block, m, x);
        std::size_t e = block.first_weight;
        for (std::size_t u = 0; u < layer.units; ++u) {
          const V d = Ops::multiply(rate, load(m.deltas, layer.first_unit + u));
          for (std::size_t i = 0; i < block.senders; ++i, ++e)
            if (!kCareful || moves(plan, e)) change(e, load(a, i), d);
        }
      }
      if (!layer.train_bias) continue;
      const V one = Ops::set(T(1));
      for (std::size_t u = 0; u < layer.units; ++u)
        change(layer.first_bias + u, one, Ops::multiply(rate, load(m.deltas, layer.first_unit + u)));
    }
  }

  static DELTARULE_FORMULA V penalised(const Plan& plan, const Memory& m, V slope, V w) {
    if (plan.l1 || plan.l2) Penalties<Ops>{setting(m, kLaneL2), setting(m, kLaneL1)}(w, slope);
    return slope;
  }

  // Any rule from the slopes of one pattern.
  template <bool kCareful, class Step>
  static void change_online(const Plan& plan, const Memory& m, const T* x, const Step& step) {
    for (const LaneLayer& layer : plan.layers) {
      for (const LaneBlock& block : layer.blocks) {
        const T* const a = senders(block, m, x);
        std::size_t e = block.first_weight;
        for (std::size_t u = 0; u < layer.units; ++u) {
          const V delta = load(m.deltas, layer.first_unit + u);
          for (std::size_t i = 0; i < block.senders; ++i, ++e) {
            if (kCareful && !moves(plan, e)) continue;
            const V w = load(m.weights, e);
            const V slope = Ops::subtract_product(load(a, i), delta, zero());
            step.change(step.rule, penalised(plan, m, slope, w), w, e);
          }
        }
      }
      if (!layer.train_bias) continue;
      for (std::size_t u = 0; u < layer.units; ++u) {
        const std::size_t e = layer.first_bias + u;
        const V slope = Ops::subtract(zero(), load(m.deltas, layer.first_unit + u));
        step.change(step.bias_rule, slope, load(m.weights, e), e);
      }
    }
  }

  // Any rule from the slopes that a mini-batch left in memory.
  template <bool kCareful, class Step>
  static void change_batch(const Plan& plan, const Memory& m, const Step& step) {
    for (const LaneLayer& layer : plan.layers) {
      for (std::size_t e = layer.first_weight; e < layer.first_bias; ++e) {
        if (kCareful && !moves(plan, e)) continue;
        const V w = load(m.weights, e);
        step.change(step.rule, penalised(plan, m, load(m.slopes, e), w), w, e);
      }
      if (!layer.train_bias) continue;
      for (std::size_t e = layer.first_bias; e < layer.first_bias + layer.units; ++e)
        step.change(step.bias_rule, load(m.slopes, e), load(m.weights, e), e);
    }
  }

  // x null: a mini-batch.
  template <bool kCareful, int kStates, class Rule>
  static void change_with(const Plan& plan, const Memory& m, const T* x, const Rule& rule, const Rule& bias_rule) {
    const LaneStep<Ops, Rule, kStates, kCareful> step{rule, bias_rule, active(m), m};
    if (x != nullptr)
      change_online<kCareful>(plan, m, x, step);
    else
      change_batch<kCareful>(plan, m, step);
  }

  template <bool kCareful>
  static void change_any(const Plan& plan, const Memory& m, const T* x) {
    const V rate = setting(m, kLaneRate), mu = setting(m, kLaneMomentum);
    switch (plan.rule) {
      case LaneRule::delta_rule: {
        const DeltaRuleUpdate<Ops> rule{rate};
        return change_with<kCareful, 0>(plan, m, x, rule, rule);
      }
      case LaneRule::momentum: {
        const MomentumUpdate<Ops> rule{rate, mu};
        return change_with<kCareful, 1>(plan, m, x, rule, rule);
      }
      case LaneRule::nesterov: {
        const NesterovUpdate<Ops> rule{rate, mu};
        return change_with<kCareful, 1>(plan, m, x, rule, rule);
      }
      case LaneRule::rmsprop: {
        const RMSPropUpdate<Ops> rule{rate, setting(m, kLaneBeta2), setting(m, kLaneRest2), setting(m, kLaneEpsilon)};
        return change_with<kCareful, 1>(plan, m, x, rule, rule);
      }
      case LaneRule::adam: {
        AdamUpdate<Ops> rule{rate,
                             setting(m, kLaneBeta1),
                             setting(m, kLaneRest1),
                             setting(m, kLaneBeta2),
                             setting(m, kLaneRest2),
                             setting(m, kLaneInverseRootCorrection),
                             setting(m, kLaneEpsilon),
                             setting(m, kLaneDecay)};
        AdamUpdate<Ops> bias_rule = rule;
        bias_rule.decay = zero();
        return change_with<kCareful, 2>(plan, m, x, rule, bias_rule);
      }
    }
  }

  template <bool kCareful>
  static void change_after_pattern(const Plan& plan, const Memory& m, const T* x) {
    const bool plain = !plan.l1 && !plan.l2;
    if (plain && plan.rule == LaneRule::delta_rule) return delta_rule_online<kCareful>(plan, m, x);
    if (plain && plan.rule == LaneRule::momentum) return momentum_online<kCareful>(plan, m, x);
    change_any<kCareful>(plan, m, x);
  }

  static bool learn_one(const Plan& plan, const Memory& m, const T* x, const T* t, bool partial) {
    run_forward(plan, m, x);
    output_deltas(plan, m, t);
    hidden_deltas<true>(plan, m);
    if (!all_small(plan, m, size_of_pattern(plan, m))) return false;
    if (partial || !plan.movable.empty())
      change_after_pattern<true>(plan, m, x);
    else
      change_after_pattern<false>(plan, m, x);
    return true;
  }

  // ---- mini-batches ----

  template <bool kPartial>
  static void add_slopes(const Plan& plan, const Memory& m, const T* x) {
    const M takes_part = active(m);
    for (const LaneLayer& layer : plan.layers) {
      for (const LaneBlock& block : layer.blocks) {
        const T* const a = senders(block, m, x);
        std::size_t e = block.first_weight;
        for (std::size_t u = 0; u < layer.units; ++u) {
          const V delta = load(m.deltas, layer.first_unit + u);
          for (std::size_t i = 0; i < block.senders; ++i, ++e) {
            const V before = load(m.slopes, e);
            V slope = Ops::subtract_product(load(a, i), delta, before);
            if (kPartial) slope = Ops::select(takes_part, slope, before);
            store(slope, m.slopes, e);
          }
        }
      }
      if (!layer.bias) continue;
      for (std::size_t u = 0; u < layer.units; ++u) {
        const V before = load(m.slopes, layer.first_bias + u);
        V slope = Ops::subtract(before, load(m.deltas, layer.first_unit + u));
        if (kPartial) slope = Ops::select(takes_part, slope, before);
        store(slope, m.slopes, layer.first_bias + u);
      }
    }
  }

  static void add_pattern(const Plan& plan, const Memory& m, const T* x, const T* t, bool partial) {
    run_forward(plan, m, x);
    output_deltas(plan, m, t);
    const V share = setting(m, kLaneShare);
    for (std::size_t u = plan.units - plan.outputs; u < plan.units; ++u)
      store(Ops::multiply(load(m.deltas, u), share), m.deltas, u);
    hidden_deltas<false>(plan, m);
    const V size = Ops::select(active(m), size_of_pattern(plan, m), zero());
    store(Ops::add(load(m.size, 0), size), m.size, 0);
    if (partial)
      add_slopes<true>(plan, m, x);
    else
      add_slopes<false>(plan, m, x);
  }

  static void add_chunk(const Plan& plan, const Memory& m, const T* part) {
    const M takes_part = active(m);
    for (std::size_t e = 0; e < plan.weights; ++e) {
      const V before = load(m.slopes, e);
      store(Ops::select(takes_part, Ops::add(before, load(part, e)), before), m.slopes, e);
    }
  }

  static bool change_weights(const Plan& plan, const Memory& m, bool partial) {
    if (!all_small(plan, m, load(m.size, 0))) return false;
    if (partial || !plan.movable.empty())
      change_any<true>(plan, m, nullptr);
    else
      change_any<false>(plan, m, nullptr);
    return true;
  }

  static void add_squared_errors(const Plan& plan, const Memory& m, const T* t, double* errors) {
    const T* const a = m.activations + plan.layers.back().first_unit * kLanes;
    for (std::size_t j = 0; j < plan.outputs * kLanes; ++j) {
      const double d = static_cast<double>(t[j]) - static_cast<double>(a[j]);
      if (m.active[j % kLanes] != T(0)) errors[j % kLanes] += d * d;
    }
  }
};

template <class Ops>
constexpr LaneKernels<typename Ops::T> make_lane_table(const char* name) {
  using Program = LaneProgram<Ops>;
  return {name,
          Ops::kFused,
          Ops::kLanes,
          &Program::forward,
          &Program::learn_one,
          &Program::add_pattern,
          &Program::add_chunk,
          &Program::change_weights,
          &Program::add_squared_errors};
}
