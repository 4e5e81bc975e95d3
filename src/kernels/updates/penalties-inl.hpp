// What the penalties add to a slope before the rule sees it, l2 w and l1 sign(w), for any Ops. No include guard and no
// namespace: see base/exp_family-inl.hpp.
template <class Ops>
struct Penalties {
  using V = typename Ops::V;
  V l2;
  V l1;

  DELTARULE_FORMULA void operator()(V w, V& slope) const {
    const V zero = Ops::set(typename Ops::T(0));
    const V one = Ops::set(typename Ops::T(1));
    const V sign =
        Ops::select(Ops::less(zero, w), one, Ops::select(Ops::less(w, zero), Ops::subtract(zero, one), zero));
    slope = Ops::multiply_add(l1, sign, Ops::multiply_add(l2, w, slope));
  }
};
