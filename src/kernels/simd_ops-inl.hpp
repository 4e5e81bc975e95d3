// One Highway vector as the Ops that the formulas are written for (see base/scalar_ops.hpp, its scalar twin). Included
// once per instruction set inside that set's namespace; brings the formulas with it.

namespace hn = hwy::HWY_NAMESPACE;

template <class Number, std::size_t kBytes = HWY_MAX_BYTES>
struct SimdOps {
  using T = Number;
  using D = hn::CappedTag<T, kBytes / sizeof(T)>;
  using DI = hn::RebindToUnsigned<D>;
  using V = hn::Vec<D>;
  using I = hn::Vec<DI>;
  using M = hn::Mask<D>;
  static constexpr bool kFused = DELTARULE_FUSED;
  static constexpr std::size_t kLanes = kBytes / sizeof(T);

  static HWY_INLINE V set(T x) { return hn::Set(D(), x); }
  static HWY_INLINE V load(const T* from) { return hn::LoadU(D(), from); }
  static HWY_INLINE void store(V x, T* to) { hn::StoreU(x, D(), to); }
  static HWY_INLINE V add(V x, V y) { return hn::Add(x, y); }
  static HWY_INLINE V subtract(V x, V y) { return hn::Sub(x, y); }
  static HWY_INLINE V multiply(V x, V y) { return hn::Mul(x, y); }
  static HWY_INLINE V divide(V x, V y) { return hn::Div(x, y); }
  static HWY_INLINE V square_root(V x) { return hn::Sqrt(x); }
  static HWY_INLINE V multiply_add(V x, V y, V z) { return hn::MulAdd(x, y, z); }
  static HWY_INLINE V subtract_product(V x, V y, V z) { return hn::NegMulAdd(x, y, z); }
  static HWY_INLINE V absolute(V x) { return hn::Abs(x); }
  static HWY_INLINE V copy_sign(V size, V sign) { return hn::CopySign(size, sign); }
  static HWY_INLINE M less(V x, V y) { return hn::Lt(x, y); }
  static HWY_INLINE V select(M mask, V yes, V no) { return hn::IfThenElse(mask, yes, no); }
  // Min and Max of x86 and WebAssembly give their second operand where the comparison is false: NaN stays NaN, a zero
  // keeps its sign. Those of NEON give the number when the other one is NaN.
  static HWY_INLINE V at_most(V x, V high) {
    if constexpr (HWY_TARGET == HWY_NEON) return hn::IfThenElse(hn::Lt(high, x), high, x);
    return hn::Min(high, x);
  }
  static HWY_INLINE V at_least(V x, V low) {
    if constexpr (HWY_TARGET == HWY_NEON) return hn::IfThenElse(hn::Lt(x, low), low, x);
    return hn::Max(low, x);
  }
  static HWY_INLINE I bits(V x) { return hn::BitCast(DI(), x); }
  static HWY_INLINE V from_bits(I x) { return hn::BitCast(D(), x); }
  static HWY_INLINE I set_bits(int x) { return hn::Set(DI(), static_cast<hn::TFromD<DI>>(x)); }
  static HWY_INLINE I add_bits(I x, I y) { return hn::Add(x, y); }
  static HWY_INLINE I subtract_bits(I x, I y) { return hn::Sub(x, y); }
  template <int kBy>
  static HWY_INLINE I shift_left(I x) {
    return hn::ShiftLeft<kBy>(x);
  }
};

#include "base/exp_family-inl.hpp"
#include "kernels/activations-inl.hpp"
#include "kernels/sign-inl.hpp"
#include "kernels/updates/adadelta-inl.hpp"
#include "kernels/updates/adagrad-inl.hpp"
#include "kernels/updates/adam-inl.hpp"
#include "kernels/updates/delta_rule-inl.hpp"
#include "kernels/updates/lion-inl.hpp"
#include "kernels/updates/momentum-inl.hpp"
#include "kernels/updates/nesterov-inl.hpp"
#include "kernels/updates/penalties-inl.hpp"
#include "kernels/updates/quickprop-inl.hpp"
#include "kernels/updates/rmsprop-inl.hpp"
#include "kernels/updates/rprop-inl.hpp"
