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

// (e^r − 1 − r) / r². For float pairs of terms first, then a chain over r²: half as long as one over r, and small
// networks wait for it. For double one chain, since erfc has no digit to spare.
template <class Ops>
DELTARULE_FORMULA typename Ops::V exp_polynomial(typename Ops::V r, typename Ops::V square) {
  constexpr const auto& c = deltarule::base::ExpConstants<typename Ops::T>::kPolynomial;
  constexpr std::size_t last = c.size() - 1;
  if constexpr (sizeof(typename Ops::T) == 8) {
    auto q = Ops::set(c[last]);
    for (std::size_t i = last; i > 0; --i) q = Ops::multiply_add(q, r, Ops::set(c[i - 1]));
    return q;
  } else {
    static_assert(c.size() % 2 == 0, "terms come in pairs");
    auto q = Ops::multiply_add(Ops::set(c[last]), r, Ops::set(c[last - 1]));
    for (std::size_t i = last - 1; i > 0; i -= 2)
      q = Ops::multiply_add(q, square, Ops::multiply_add(Ops::set(c[i - 1]), r, Ops::set(c[i - 2])));
    return q;
  }
}

template <class Ops>
DELTARULE_FORMULA ExpReduced<Ops> exp_reduce(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto rounder = Ops::set(C::kRounder);
  const auto k = Ops::subtract(Ops::multiply_add(x, Ops::set(C::kLog2e), rounder), rounder);
  auto r = Ops::subtract_product(k, Ops::set(C::kLn2High), x);
  r = Ops::subtract_product(k, Ops::set(C::kLn2Low), r);
  const auto square = Ops::multiply(r, r);
  return {k, Ops::multiply_add(square, exp_polynomial<Ops>(r, square), r)};
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

template <class Ops>
DELTARULE_FORMULA typename Ops::V at_least(typename Ops::V x, typename Ops::V low) {
  return Ops::at_least(x, low);
}
template <class Ops>
DELTARULE_FORMULA typename Ops::V at_most(typename Ops::V x, typename Ops::V high) {
  return Ops::at_most(x, high);
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

// t / (t + 2) with t = e^(2|x|) − 1 = 2^k (e^r − 1) + (2^k − 1). Both from e^r − 1 at once, so that neither waits for
// the other.
template <class Ops>
DELTARULE_FORMULA typename Ops::V tanh_formula(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  const auto one = Ops::set(typename Ops::T(1));
  const auto size = Ops::at_most(Ops::absolute(x), Ops::set(C::kTanhOne));
  const ExpReduced<Ops> reduced = exp_reduce<Ops>(Ops::add(size, size));
  const auto unit = power_of_two<Ops>(reduced.k);
  const auto above = Ops::multiply_add(reduced.exp_less1, unit, Ops::subtract(unit, one));
  const auto below = Ops::multiply_add(reduced.exp_less1, unit, Ops::add(unit, one));
  return Ops::copy_sign(Ops::divide(above, below), x);
}

// 1 / (1 + e^−x) with e^−x = 2^k e^r, both sides of the fraction times 2^−s: neither tail loses digits, nothing
// overflows, a denormal result is rounded once, and from x to the division there is one short chain.
template <class Ops>
DELTARULE_FORMULA typename Ops::V sigmoid_formula(typename Ops::V x) {
  using C = deltarule::base::ExpConstants<typename Ops::T>;
  x = Ops::at_most(Ops::at_least(x, Ops::set(C::kUnderflow)), Ops::set(C::kSigmoidOne));
  const auto rounder = Ops::set(C::kRounder);
  const auto rounded = Ops::subtract_product(x, Ops::set(C::kLog2e), rounder);  // k in the low bits
  const auto k = Ops::subtract(rounded, rounder);
  auto r = Ops::subtract_product(k, Ops::set(C::kLn2High), Ops::subtract(Ops::set(typename Ops::T(0)), x));
  r = Ops::subtract_product(k, Ops::set(C::kLn2Low), r);
  const auto square = Ops::multiply(r, r);
  const auto e = Ops::multiply_add(square, exp_polynomial<Ops>(r, square), Ops::add(Ops::set(typename Ops::T(1)), r));
  const auto exponent = Ops::add_bits(Ops::bits(rounded), Ops::set_bits(C::kBias - C::kSigmoidScale));
  const auto power = Ops::from_bits(Ops::template shift_left<C::kMantissaBits>(exponent));  // 2^(k − s)
  const auto unit = Ops::set(C::kSigmoidUnit);
  return Ops::divide(unit, Ops::multiply_add(e, power, unit));
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
