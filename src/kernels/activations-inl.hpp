// The activations for any Ops: f and f′ stand together, f′ taken from a = f(I) where it follows from it. NaN gives NaN
// in both. No include guard and no namespace: see base/exp_family-inl.hpp, which the includer brings.

template <class Ops>
struct Numbers {
  using T = typename Ops::T;
  using V = typename Ops::V;
  static DELTARULE_FORMULA V zero() { return Ops::set(T(0)); }
  static DELTARULE_FORMULA V one() { return Ops::set(T(1)); }
  // yes where x > 0; elsewhere no, or NaN where x is.
  static DELTARULE_FORMULA V positive(V x, V yes, V no) {
    return Ops::select(Ops::less(zero(), x), yes, Ops::select(Ops::less(x, one()), no, x));
  }
};

template <class Ops>
struct Identity : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return x; }
  static DELTARULE_FORMULA V slope(V x, V, V) {
    return Numbers<Ops>::positive(x, Numbers<Ops>::one(), Numbers<Ops>::one());
  }
};

template <class Ops>
struct Sigmoid : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return sigmoid_formula<Ops>(x); }
  static DELTARULE_FORMULA V slope(V, V a, V) { return Ops::multiply(a, Ops::subtract(Numbers<Ops>::one(), a)); }
};

template <class Ops>
struct Tanh : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return tanh_formula<Ops>(x); }
  static DELTARULE_FORMULA V slope(V, V a, V) { return Ops::subtract_product(a, a, Numbers<Ops>::one()); }
};

// A tanh(2I/3) with A = 1.7159; f′ = ⅔ (A − a)(A + a) / A.
template <class Ops>
struct ScaledTanh : Numbers<Ops> {
  using typename Numbers<Ops>::T;
  using typename Numbers<Ops>::V;
  static constexpr double kSize = 1.7159;
  static constexpr double kRate = 2.0 / 3.0;
  static DELTARULE_FORMULA V value(V x, V) {
    return Ops::multiply(Ops::set(T(kSize)), tanh_formula<Ops>(Ops::multiply(x, Ops::set(T(kRate)))));
  }
  static DELTARULE_FORMULA V slope(V, V a, V) {
    const V size = Ops::set(T(kSize));
    return Ops::multiply(Ops::multiply(Ops::subtract(size, a), Ops::add(size, a)), Ops::set(T(kRate / kSize)));
  }
};

template <class Ops>
struct Relu : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return Numbers<Ops>::positive(x, x, Numbers<Ops>::zero()); }
  static DELTARULE_FORMULA V slope(V x, V, V) {
    return Numbers<Ops>::positive(x, Numbers<Ops>::one(), Numbers<Ops>::zero());
  }
};

template <class Ops>
struct LeakyRelu : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V p) { return Numbers<Ops>::positive(x, x, Ops::multiply(p, x)); }
  static DELTARULE_FORMULA V slope(V x, V, V p) { return Numbers<Ops>::positive(x, Numbers<Ops>::one(), p); }
};

// I above zero, p (e^I − 1) below, where f′ = p e^I = a + p.
template <class Ops>
struct Elu : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V p) {
    return Numbers<Ops>::positive(x, x, Ops::multiply(p, expm1_formula<Ops>(x)));
  }
  static DELTARULE_FORMULA V slope(V x, V a, V p) {
    return Numbers<Ops>::positive(x, Numbers<Ops>::one(), Ops::add(a, p));
  }
};

// λ times elu with α (Klambauer, Unterthiner, Mayr & Hochreiter 2017).
template <class Ops>
struct Selu : Numbers<Ops> {
  using typename Numbers<Ops>::T;
  using typename Numbers<Ops>::V;
  static constexpr double kLambda = 1.0507009873554804934193349852946;
  static constexpr double kAlpha = 1.6732632423543772848170429916717;
  static DELTARULE_FORMULA V value(V x, V) {
    return Numbers<Ops>::positive(x, Ops::multiply(Ops::set(T(kLambda)), x),
                                  Ops::multiply(Ops::set(T(kLambda * kAlpha)), expm1_formula<Ops>(x)));
  }
  static DELTARULE_FORMULA V slope(V x, V a, V) {
    return Numbers<Ops>::positive(x, Ops::set(T(kLambda)), Ops::add(a, Ops::set(T(kLambda * kAlpha))));
  }
};

// I s(I) with the sigmoid s; f′ = s + a (1 − s).
template <class Ops>
struct Swish : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return Ops::multiply(x, sigmoid_formula<Ops>(x)); }
  static DELTARULE_FORMULA V slope(V x, V a, V) {
    const V s = sigmoid_formula<Ops>(x);
    return Ops::multiply_add(a, Ops::subtract(Numbers<Ops>::one(), s), s);
  }
};

// e^I, which is its own f′.
template <class Ops>
struct Exponential : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return exp_formula<Ops>(x); }
  static DELTARULE_FORMULA V slope(V, V a, V) { return a; }
};

// I / (1 + |I|), f′ = 1 / (1 + |I|)².
template <class Ops>
struct Softsign : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return Ops::divide(x, Ops::add(Numbers<Ops>::one(), Ops::absolute(x))); }
  static DELTARULE_FORMULA V slope(V x, V, V) {
    const V below = Ops::add(Numbers<Ops>::one(), Ops::absolute(x));
    return Ops::divide(Numbers<Ops>::one(), Ops::multiply(below, below));
  }
};

// e^(−I²), f′ = −2 I a.
template <class Ops>
struct Gaussian : Numbers<Ops> {
  using typename Numbers<Ops>::T;
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) { return gaussian_formula<Ops>(x); }
  static DELTARULE_FORMULA V slope(V x, V a, V) { return Ops::multiply(Ops::multiply(Ops::set(T(-2)), x), a); }
};

// I held to [−1, 1]; f′ is 1 inside and 0 at the kinks and outside.
template <class Ops>
struct HardTanh : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V value(V x, V) {
    const V one = Numbers<Ops>::one();
    return at_most<Ops>(at_least<Ops>(x, Ops::subtract(Numbers<Ops>::zero(), one)), one);
  }
  static DELTARULE_FORMULA V slope(V x, V, V) {
    return Numbers<Ops>::positive(Ops::subtract(Numbers<Ops>::one(), Ops::absolute(x)), Numbers<Ops>::one(),
                                  Numbers<Ops>::zero());
  }
};

template <class Ops>
struct SoftplusSlope : Numbers<Ops> {
  using typename Numbers<Ops>::V;
  static DELTARULE_FORMULA V slope(V x, V, V) { return sigmoid_formula<Ops>(x); }
};
