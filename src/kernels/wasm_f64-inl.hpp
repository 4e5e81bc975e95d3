// What Highway 1.0.3 lacks for double on WebAssembly, in its own namespace and under its own names: the processor's
// 128-bit vectors have it. Only the operations that the kernels use. Nothing on any other instruction set.

#if HWY_TARGET == HWY_WASM && !HWY_HAVE_FLOAT64 && !defined(DELTARULE_WASM_F64)
#define DELTARULE_WASM_F64  // no second set of instructions is compiled beside this one

HWY_BEFORE_NAMESPACE();
namespace hwy {
namespace HWY_NAMESPACE {

template <size_t N>
HWY_API Vec128<double, N> Set(Simd<double, N, 0>, double x) {
  return Vec128<double, N>{wasm_f64x2_splat(x)};
}
template <size_t N>
HWY_API Vec128<double, N> operator+(Vec128<double, N> x, Vec128<double, N> y) {
  return Vec128<double, N>{wasm_f64x2_add(x.raw, y.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> operator-(Vec128<double, N> x, Vec128<double, N> y) {
  return Vec128<double, N>{wasm_f64x2_sub(x.raw, y.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> operator*(Vec128<double, N> x, Vec128<double, N> y) {
  return Vec128<double, N>{wasm_f64x2_mul(x.raw, y.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> operator/(Vec128<double, N> x, Vec128<double, N> y) {
  return Vec128<double, N>{wasm_f64x2_div(x.raw, y.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> MulAdd(Vec128<double, N> x, Vec128<double, N> y, Vec128<double, N> z) {
  return x * y + z;
}
template <size_t N>
HWY_API Vec128<double, N> NegMulAdd(Vec128<double, N> x, Vec128<double, N> y, Vec128<double, N> z) {
  return z - x * y;
}
template <size_t N>
HWY_API Vec128<double, N> Sqrt(Vec128<double, N> x) {
  return Vec128<double, N>{wasm_f64x2_sqrt(x.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Abs(Vec128<double, N> x) {
  return Vec128<double, N>{wasm_f64x2_abs(x.raw)};
}
// Arguments swapped as in Highway's own for float: the second one comes out where the comparison is false.
template <size_t N>
HWY_API Vec128<double, N> Min(Vec128<double, N> x, Vec128<double, N> y) {
  return Vec128<double, N>{wasm_f64x2_pmin(y.raw, x.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Max(Vec128<double, N> x, Vec128<double, N> y) {
  return Vec128<double, N>{wasm_f64x2_pmax(y.raw, x.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator==(Vec128<double, N> x, Vec128<double, N> y) {
  return Mask128<double, N>{wasm_f64x2_eq(x.raw, y.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator!=(Vec128<double, N> x, Vec128<double, N> y) {
  return Mask128<double, N>{wasm_f64x2_ne(x.raw, y.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator>(Vec128<double, N> x, Vec128<double, N> y) {
  return Mask128<double, N>{wasm_f64x2_gt(x.raw, y.raw)};
}
template <size_t N>
HWY_API double GetLane(Vec128<double, N> x) {
  return wasm_f64x2_extract_lane(x.raw, 0);
}
HWY_API double ExtractLane(Vec128<double, 2> x, size_t lane) {
  return lane == 0 ? wasm_f64x2_extract_lane(x.raw, 0) : wasm_f64x2_extract_lane(x.raw, 1);
}
template <size_t N>
HWY_API Vec128<double, N> PromoteTo(Simd<double, N, 0>, Vec128<float, N> x) {
  return Vec128<double, N>{wasm_f64x2_promote_low_f32x4(x.raw)};
}
template <size_t N>
HWY_API Vec128<float, N> DemoteTo(Simd<float, N, 0>, Vec128<double, N> x) {
  return Vec128<float, N>{wasm_f32x4_demote_f64x2_zero(x.raw)};
}

}  // namespace HWY_NAMESPACE
}  // namespace hwy
HWY_AFTER_NAMESPACE();
#endif
