// Adam and AdamW for any Ops: m ← β₁m + (1−β₁)g, s ← β₂s + (1−β₂)g², Δw = −rate m / (√s · correction + ε) − decay w.
// No include guard and no namespace: see base/exp_family-inl.hpp.
template <class Ops>
struct AdamUpdate {
  using V = typename Ops::V;
  V rate;
  V beta1, rest1;  // β₁ and 1 − β₁
  V beta2, rest2;
  V inverse_root_correction;
  V epsilon;
  V decay;

  DELTARULE_FORMULA void operator()(V& w, V slope, V& mean, V& square) const {
    mean = Ops::multiply_add(beta1, mean, Ops::multiply(rest1, slope));
    square = Ops::multiply_add(beta2, square, Ops::multiply(rest2, Ops::multiply(slope, slope)));
    const V below = Ops::multiply_add(Ops::square_root(square), inverse_root_correction, epsilon);
    const V decayed = Ops::subtract_product(decay, w, w);
    w = Ops::subtract(decayed, Ops::divide(Ops::multiply(rate, mean), below));
  }
};

template <class Ops, class Step>
DELTARULE_FORMULA AdamUpdate<Ops> adam_update(const Step& step) {
  using T = typename Ops::T;
  return {Ops::set(step.rate),    Ops::set(step.beta1),        Ops::set(T(1) - step.beta1),
          Ops::set(step.beta2),   Ops::set(T(1) - step.beta2), Ops::set(step.inverse_root_correction),
          Ops::set(step.epsilon), Ops::set(step.decay)};
}
