// s ← ρ s + (1−ρ) g², Δw = −η g / (√s + ε), for any Ops. No include guard and no namespace: see
// base/exp_family-inl.hpp.
template <class Ops>
struct RMSPropUpdate {
  using V = typename Ops::V;
  V rate;
  V rho, rest;  // ρ and 1 − ρ
  V epsilon;

  DELTARULE_FORMULA void operator()(V& w, V slope, V& square) const {
    square = Ops::multiply_add(rho, square, Ops::multiply(rest, Ops::multiply(slope, slope)));
    const V below = Ops::add(Ops::square_root(square), epsilon);
    w = Ops::subtract(w, Ops::divide(Ops::multiply(rate, slope), below));
  }
};

template <class Ops>
DELTARULE_FORMULA RMSPropUpdate<Ops> rmsprop_update(typename Ops::T rate, typename Ops::T rho,
                                                    typename Ops::T epsilon) {
  using T = typename Ops::T;
  return {Ops::set(rate), Ops::set(rho), Ops::set(T(1) - rho), Ops::set(epsilon)};
}
