// exp, expm1, tanh, sigmoid and e^(−x²) as straight lines, for any Ops (scalar_ops.hpp says what that is): no table, no
// branch, no libm. Has no include guard and no namespace on purpose: SIMD code includes it once per instruction set, in
// that set's namespace. The includer
// brings base/exp_constants.hpp and its Ops, and says with DELTARULE_FORMULA how functions are declared (inline, …).

// x = k ln 2 + r with |r| ≤ ½ ln 2 (Cody & Waite 1980).
template <class Ops>
struct ExpReduced {
  typename Ops::V k;          // an integer
  typename Ops::V exp_less1;  // e^r − 1
};

template <class Ops>
DELTARULE_FORMULA ExpReduced<Ops> exp_reduce(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto rounder = Ops::set(C::kRounder);
  const auto k = Ops::subtract(Ops::multiply_add(x, Ops::set(C::kLog2e), rounder), rounder);
  auto r = Ops::subtract_product(k, Ops::set(C::kLn2High), x);
  r = Ops::subtract_product(k, Ops::set(C::kLn2Low), r);
  auto q = Ops::set(C::kPolynomial.back());
  for (std::size_t i = C::kPolynomial.size() - 1; i-- > 0;) q = Ops::multiply_add(q, r, Ops::set(C::kPolynomial[i]));
  return {k, Ops::multiply_add(Ops::multiply(r, r), q, r)};
}

// 2^k for an integer k that is the exponent of a normal number.
template <class Ops>
DELTARULE_FORMULA typename Ops::V power_of_two(typename Ops::V k) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto rounder = Ops::set(C::kRounder);
  const auto integer = Ops::subtract_bits(Ops::bits(Ops::add(k, rounder)), Ops::bits(rounder));
  return Ops::from_bits(Ops::template shift_left<C::kMantissaBits>(Ops::add_bits(integer, Ops::set_bits(C::kBias))));
}

// x 2^k in two steps, so that a denormal result is rounded once and 2^k itself need not be representable.
template <class Ops>
DELTARULE_FORMULA typename Ops::V scale(typename Ops::V x, typename Ops::V k) {
  const auto rounder = Ops::set(deltarule::base::ExpConstants<typename Ops::T>::kRounder);
  const auto half = Ops::subtract(Ops::multiply_add(k, Ops::set(typename Ops::T(0.5)), rounder), rounder);
  return Ops::multiply(Ops::multiply(x, power_of_two<Ops>(half)), power_of_two<Ops>(Ops::subtract(k, half)));
}

// Limits keep NaN: its comparisons are false.
template <class Ops>
DELTARULE_FORMULA typename Ops::V at_least(typename Ops::V x, typename Ops::V low) {
  return Ops::select(Ops::less(x, low), low, x);
}
template <class Ops>
DELTARULE_FORMULA typename Ops::V at_most(typename Ops::V x, typename Ops::V high) {
  return Ops::select(Ops::less(high, x), high, x);
}

template <class Ops>
DELTARULE_FORMULA typename Ops::V exp_formula(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  x = at_most<Ops>(at_least<Ops>(x, Ops::set(C::kUnderflow)), Ops::set(C::kOverflow));
  const ExpReduced<Ops> reduced = exp_reduce<Ops>(x);
  return scale<Ops>(Ops::add(Ops::set(typename Ops::T(1)), reduced.exp_less1), reduced.k);
}

// 2^k (e^r − 1 + (1 − 2^−k)): nothing cancels that was not exact.
template <class Ops>
DELTARULE_FORMULA typename Ops::V expm1_formula(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto limited = at_most<Ops>(at_least<Ops>(x, Ops::set(C::kMinusOne)), Ops::set(C::kOverflow));
  const ExpReduced<Ops> reduced = exp_reduce<Ops>(limited);
  const auto minus_k =
      Ops::subtract(Ops::set(typename Ops::T(0)), at_most<Ops>(reduced.k, Ops::set(C::kInverseScaleLimit)));
  const auto offset = Ops::subtract(Ops::set(typename Ops::T(1)), power_of_two<Ops>(minus_k));
  return Ops::copy_sign(scale<Ops>(Ops::add(reduced.exp_less1, offset), reduced.k), x);  // the sign of a zero
}

// t / (t + 2) with t = e^(2|x|) − 1.
template <class Ops>
DELTARULE_FORMULA typename Ops::V tanh_formula(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto size = at_most<Ops>(Ops::absolute(x), Ops::set(C::kTanhOne));
  const auto t = expm1_formula<Ops>(Ops::add(size, size));
  return Ops::copy_sign(Ops::divide(t, Ops::add(t, Ops::set(typename Ops::T(2)))), x);
}

// 1 / (1 + e^−x) for x ≥ 0, e^x / (1 + e^x) below: no tail loses digits.
template <class Ops>
DELTARULE_FORMULA typename Ops::V sigmoid_formula(typename Ops::V x) {
  const auto zero = Ops::set(typename Ops::T(0));
  const auto one = Ops::set(typename Ops::T(1));
  const auto e = exp_formula<Ops>(Ops::subtract(zero, Ops::absolute(x)));
  return Ops::divide(Ops::select(Ops::less(x, zero), e, one), Ops::add(one, e));
}

// e^(−x²), with what rounding x² lost put back (only the fused class can know it).
template <class Ops>
DELTARULE_FORMULA typename Ops::V gaussian_formula(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto size = at_most<Ops>(Ops::absolute(x), Ops::set(C::kGaussianZero));
  const auto square = Ops::multiply(size, size);
  const auto e = exp_formula<Ops>(Ops::subtract(Ops::set(typename Ops::T(0)), square));
  if constexpr (!Ops::kFused) return e;
  const auto excess = Ops::subtract_product(size, size, square);  // rounded x² − x²
  return Ops::multiply_add(e, excess, e);
}
