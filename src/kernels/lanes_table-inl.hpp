// Networks in the lanes of one vector, for the instruction set that is being compiled. Included once per set by
// lanes_f32.cpp and lanes_f64.cpp, after simd_table-inl.hpp, whose names and Ops it uses.

#ifdef DELTARULE_TABLE_NAME
#undef DELTARULE_LAMBDA_ATTR
#define DELTARULE_LAMBDA_ATTR HWY_ATTR
HWY_BEFORE_NAMESPACE();
namespace deltarule::kernels {
namespace HWY_NAMESPACE {

template <class Number>
struct LaneOps : SimdOps<Number> {
  using typename SimdOps<Number>::T;
  using typename SimdOps<Number>::D;
  using typename SimdOps<Number>::M;
  using SimdOps<Number>::kLanes;

  static HWY_INLINE bool all(M mask) { return hn::AllTrue(D(), mask); }

  /// E[l] = ½ Σ_j (t[j][l] − a[j][l])² in double, in the order of Kernels::squared_errors: eight strided partial sums
  /// for each panel of outputs.
  static HWY_INLINE void half_squared_error(const T* t, const T* a, std::size_t outputs, double* E) {
    const hn::ScalableTag<double> d;
    for (std::size_t l = 0; l < kLanes; l += HWY_MAX_BYTES / sizeof(double)) {
      auto sum = hn::Zero(d);
      for (std::size_t panel = 0; panel < outputs; panel += base::kPanel<T>) {
        hn::Vec<hn::ScalableTag<double>> p[8] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d),
                                                 hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
        for (std::size_t j = 0; j < base::kPanel<T> && panel + j < outputs; ++j) {
          const std::size_t at = (panel + j) * kLanes + l;
          const auto difference = widened(hn::Sub(hn::LoadU(Narrow(), t + at), hn::LoadU(Narrow(), a + at)));
          p[j % 8] = hn::MulAdd(difference, difference, p[j % 8]);
        }
        const auto even = hn::Add(hn::Add(p[0], p[4]), hn::Add(p[2], p[6]));
        sum = hn::Add(sum, hn::Add(even, hn::Add(hn::Add(p[1], p[5]), hn::Add(p[3], p[7]))));
      }
      hn::StoreU(hn::Mul(hn::Set(d, 0.5), sum), d, E + l);
    }
  }
  /// The same for one output, where there is nothing to join.
  static HWY_INLINE void half_squared_error(const T* t, const T* a, double* E) {
    const hn::ScalableTag<double> d;
    for (std::size_t l = 0; l < kLanes; l += HWY_MAX_BYTES / sizeof(double)) {
      const auto difference = widened(hn::Sub(hn::LoadU(Narrow(), t + l), hn::LoadU(Narrow(), a + l)));
      hn::StoreU(hn::Mul(hn::Set(d, 0.5), hn::Mul(difference, difference)), d, E + l);
    }
  }

 private:
  using Narrow = hn::Rebind<T, hn::ScalableTag<double>>;
  template <class Vector>
  static HWY_INLINE auto widened(Vector x) {
    if constexpr (sizeof(T) == sizeof(double))
      return x;
    else
      return hn::PromoteTo(hn::ScalableTag<double>(), x);
  }
};

#include "kernels/lanes-inl.hpp"

}  // namespace HWY_NAMESPACE
}  // namespace deltarule::kernels
HWY_AFTER_NAMESPACE();
#endif  // DELTARULE_TABLE_NAME
