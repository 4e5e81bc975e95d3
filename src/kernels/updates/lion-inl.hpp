// c = β₁m + (1−β₁)g, Δw = −η sign(c) − decay w, m ← β₂m + (1−β₂)g, for any Ops. No include guard and no namespace: see
// base/exp_family-inl.hpp. Needs kernels/sign-inl.hpp.
template <class Ops>
struct LionUpdate {
  using V = typename Ops::V;
  V rate;
  V beta1, rest1;  // β₁ and 1 − β₁
  V beta2, rest2;
  V decay;  // η λ

  DELTARULE_FORMULA void operator()(V& w, V slope, V& mean) const {
    const V direction = Ops::multiply_add(beta1, mean, Ops::multiply(rest1, slope));
    mean = Ops::multiply_add(beta2, mean, Ops::multiply(rest2, slope));
    const V decayed = Ops::subtract_product(decay, w, w);
    w = Ops::subtract_product(rate, sign_of<Ops>(direction), decayed);
  }
};

template <class Ops, class Step>
DELTARULE_FORMULA LionUpdate<Ops> lion_update(const Step& step) {
  using T = typename Ops::T;
  return {Ops::set(step.rate),  Ops::set(step.beta1),        Ops::set(T(1) - step.beta1),
          Ops::set(step.beta2), Ops::set(T(1) - step.beta2), Ops::set(step.decay)};
}
