// Equation (6), Δw = −η g, for any Ops. No include guard and no namespace: see base/exp_family-inl.hpp.
template <class Ops>
struct DeltaRuleUpdate {
  using V = typename Ops::V;
  V rate;

  DELTARULE_FORMULA void operator()(V& w, V slope) const { w = Ops::subtract_product(rate, slope, w); }
};
