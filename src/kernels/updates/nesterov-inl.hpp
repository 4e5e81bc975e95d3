// v ← μ v − η g, Δw = μ v − η g with the new v, for any Ops. No include guard and no namespace: see
// base/exp_family-inl.hpp.
template <class Ops>
struct NesterovUpdate {
  using V = typename Ops::V;
  V rate;
  V momentum;

  DELTARULE_FORMULA void operator()(V& w, V slope, V& velocity) const {
    velocity = Ops::subtract_product(rate, slope, Ops::multiply(momentum, velocity));
    w = Ops::add(w, Ops::subtract_product(rate, slope, Ops::multiply(momentum, velocity)));
  }
};
