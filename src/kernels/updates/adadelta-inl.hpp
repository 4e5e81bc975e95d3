// s ← ρ s + (1−ρ) g², u = √(d + ε) / √(s + ε) · g, d ← ρ d + (1−ρ) u², Δw = −η u, for any Ops. No include guard and no
// namespace: see base/exp_family-inl.hpp.
template <class Ops>
struct AdadeltaUpdate {
  using V = typename Ops::V;
  V rate;
  V rho, rest;  // ρ and 1 − ρ
  V epsilon;

  DELTARULE_FORMULA void operator()(V& w, V slope, V& square, V& change_square) const {
    square = Ops::multiply_add(rho, square, Ops::multiply(rest, Ops::multiply(slope, slope)));
    const V above = Ops::square_root(Ops::add(change_square, epsilon));
    const V below = Ops::square_root(Ops::add(square, epsilon));
    const V change = Ops::multiply(Ops::divide(above, below), slope);
    change_square = Ops::multiply_add(rho, change_square, Ops::multiply(rest, Ops::multiply(change, change)));
    w = Ops::subtract_product(rate, change, w);
  }
};

template <class Ops>
DELTARULE_FORMULA AdadeltaUpdate<Ops> adadelta_update(typename Ops::T rate, typename Ops::T rho,
                                                      typename Ops::T epsilon) {
  using T = typename Ops::T;
  return {Ops::set(rate), Ops::set(rho), Ops::set(T(1) - rho), Ops::set(epsilon)};
}
