// −1, 0 or 1, for any Ops. No include guard and no namespace: see base/exp_family-inl.hpp.
template <class Ops>
DELTARULE_FORMULA typename Ops::V sign_of(typename Ops::V x) {
  using T = typename Ops::T;
  const auto zero = Ops::set(T(0));
  return Ops::select(Ops::less(zero, x), Ops::set(T(1)), Ops::select(Ops::less(x, zero), Ops::set(T(-1)), zero));
}
