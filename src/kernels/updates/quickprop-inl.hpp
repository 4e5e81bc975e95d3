// Quickprop for any Ops: deltarule/rules.hpp has the case analysis. Both cases of both signs are computed and one is
// chosen. Where the parabola is chosen, s' − s is not 0: there Δw' is not 0, s' has the other sign, so s = s' would be
// beyond the shrink factor. No include guard and no namespace: see base/exp_family-inl.hpp.
template <class Ops>
struct QuickpropUpdate {
  using V = typename Ops::V;
  V rate;
  V mu;
  V shrink;  // μ / (1 + μ)
  V decay;

  DELTARULE_FORMULA void operator()(V& w, V slope, V& previous, V& change) const {
    const V zero = Ops::set(typename Ops::T(0));
    const V s = Ops::multiply_add(decay, w, slope);
    const V linear = Ops::multiply(rate, s);
    const V parabola = Ops::multiply(change, Ops::divide(s, Ops::subtract(previous, s)));
    const V longest = Ops::multiply(mu, change);
    const V bound = Ops::multiply(shrink, previous);
    const V falling = Ops::subtract(Ops::select(Ops::less(s, bound), parabola, longest),
                                    Ops::select(Ops::less(zero, s), linear, zero));
    const V rising = Ops::subtract(Ops::select(Ops::less(bound, s), parabola, longest),
                                   Ops::select(Ops::less(s, zero), linear, zero));
    change = Ops::select(Ops::less(change, zero), falling,
                         Ops::select(Ops::less(zero, change), rising, Ops::subtract(zero, linear)));
    previous = s;
    w = Ops::add(w, change);
  }
};

template <class Ops, class Step>
DELTARULE_FORMULA QuickpropUpdate<Ops> quickprop_update(const Step& step) {
  return {Ops::set(step.rate), Ops::set(step.mu), Ops::set(step.shrink), Ops::set(step.decay)};
}
