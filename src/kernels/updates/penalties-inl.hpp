// What the penalties add to a slope before the rule sees it, l2 w and l1 sign(w), for any Ops. No include guard and no
// namespace: see base/exp_family-inl.hpp. Needs kernels/sign-inl.hpp.
template <class Ops>
struct Penalties {
  using V = typename Ops::V;
  V l2;
  V l1;

  DELTARULE_FORMULA void operator()(V w, V& slope) const {
    slope = Ops::multiply_add(l1, sign_of<Ops>(w), Ops::multiply_add(l2, w, slope));
  }
};
