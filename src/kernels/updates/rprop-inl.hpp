// The Rprop family for any Ops: deltarule/rules.hpp has the formulas. The last change of a weight need not be
// remembered: where the slope turns, it was −sign(g') Δ with the Δ that has not been changed yet. No include guard and
// no namespace: see base/exp_family-inl.hpp. Needs kernels/sign-inl.hpp.
template <class Ops, RpropTurn kTurn>
struct RpropUpdate {
  using V = typename Ops::V;
  V eta_plus, eta_minus;
  V delta_min, delta_max;

  DELTARULE_FORMULA void operator()(V& w, V slope, V& previous, V& delta) const {
    const V zero = Ops::set(typename Ops::T(0));
    const V before = sign_of<Ops>(previous), now = sign_of<Ops>(slope);
    const V agreement = Ops::multiply(before, now);  // of signs: the product of small slopes would be 0
    const V taken = Ops::multiply(before, delta);    // −Δw' where the slope turns
    const V grown =
        Ops::select(Ops::less(zero, agreement), Ops::at_most(Ops::multiply(delta, eta_plus), delta_max), delta);
    const auto turns = Ops::less(agreement, zero);
    delta = Ops::select(turns, Ops::at_least(Ops::multiply(delta, eta_minus), delta_min), grown);
    const V onward = Ops::subtract(w, Ops::multiply(now, delta));
    if constexpr (kTurn == RpropTurn::go_on) {
      w = onward;
      previous = slope;
    } else {
      w = Ops::select(turns, kTurn == RpropTurn::go_back ? Ops::add(w, taken) : w, onward);
      previous = Ops::select(turns, zero, slope);
    }
  }
};

template <class Ops, RpropTurn kTurn, class Step>
DELTARULE_FORMULA RpropUpdate<Ops, kTurn> rprop_update(const Step& step) {
  return {Ops::set(step.eta_plus), Ops::set(step.eta_minus), Ops::set(step.delta_min), Ops::set(step.delta_max)};
}
