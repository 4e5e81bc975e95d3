// s ← s + g², Δw = −η g / (√s + ε), for any Ops. s stays at the largest number rather than become infinite. No include
// guard and no namespace: see base/exp_family-inl.hpp.
template <class Ops>
struct AdagradUpdate {
  using V = typename Ops::V;
  V rate;
  V epsilon;
  V largest;  // of all numbers

  DELTARULE_FORMULA void operator()(V& w, V slope, V& square) const {
    square = Ops::at_most(Ops::multiply_add(slope, slope, square), largest);
    const V below = Ops::add(Ops::square_root(square), epsilon);
    w = Ops::subtract(w, Ops::divide(Ops::multiply(rate, slope), below));
  }
};

template <class Ops>
DELTARULE_FORMULA AdagradUpdate<Ops> adagrad_update(typename Ops::T rate, typename Ops::T epsilon) {
  return {Ops::set(rate), Ops::set(epsilon), Ops::set(std::numeric_limits<typename Ops::T>::max())};
}
