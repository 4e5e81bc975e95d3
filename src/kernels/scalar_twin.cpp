// The two scalar tables of each number type.
#include "kernels/scalar_twin.hpp"

#include "kernels/table.hpp"

namespace deltarule::kernels {

template <class T>
const Kernels<T>& scalar_twin(bool fused) {
  static constexpr Kernels<T> kFused = make_table<T, twin::Twin<T, true>>("scalar", true);
  static constexpr Kernels<T> kUnfused = make_table<T, twin::Twin<T, false>>("scalar-unfused", false);
  return fused ? kFused : kUnfused;
}

template const Kernels<float>& scalar_twin(bool);
template const Kernels<double>& scalar_twin(bool);

}  // namespace deltarule::kernels
