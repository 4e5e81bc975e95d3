// The scalar twin of networks in lanes, one lane wide, and the choice of a table for this machine.
#include <array>
#include <string_view>

#include "kernels/kernels.hpp"
#include "kernels/lanes.hpp"
#include "kernels/lanes_tables.hpp"
#include "kernels/scalar_twin.hpp"

namespace deltarule::kernels {
namespace twin {

template <class Number, bool kFusedClass>
struct LaneOps : base::ScalarOps<Number, kFusedClass> {
  static constexpr std::size_t kLanes = 1;
  static Number load(const Number* from) { return *from; }
  static void store(Number x, Number* to) { *to = x; }
  static bool all(bool mask) { return mask; }
  static void half_squared_error(const Number* t, const Number* a, std::size_t outputs, double* E) {
    double sum = 0;
    for (std::size_t panel = 0; panel < outputs; panel += base::kPanel<Number>) {
      std::array<double, 8> partial{};
      for (std::size_t j = panel; j < outputs && j < panel + base::kPanel<Number>; ++j) {
        const double d = static_cast<double>(t[j] - a[j]);
        partial[j % 8] = base::ScalarOps<double, kFusedClass>::multiply_add(d, d, partial[j % 8]);
      }
      sum += join(partial);
    }
    *E = 0.5 * sum;
  }
  static void half_squared_error(const Number* t, const Number* a, double* E) { half_squared_error(t, a, 1, E); }
};

#define DELTARULE_FORMULA inline
#define DELTARULE_UNROLL
#define DELTARULE_LAMBDA_ATTR
#include "kernels/lanes-inl.hpp"
#undef DELTARULE_LAMBDA_ATTR
#undef DELTARULE_UNROLL
#undef DELTARULE_FORMULA

}  // namespace twin

namespace {

template <class T>
std::span<const LaneKernels<T>* const> compiled_lanes();
template <>
std::span<const LaneKernels<float>* const> compiled_lanes() {
  return compiled_lanes_f32();
}
template <>
std::span<const LaneKernels<double>* const> compiled_lanes() {
  return compiled_lanes_f64();
}

}  // namespace

template <class T>
const LaneKernels<T>& lane_twin(bool fused) {
  static constexpr LaneKernels<T> kFused = twin::make_lane_table<twin::LaneOps<T, true>>("scalar");
  static constexpr LaneKernels<T> kUnfused = twin::make_lane_table<twin::LaneOps<T, false>>("scalar-unfused");
  return fused ? kFused : kUnfused;
}

template <class T>
std::vector<const LaneKernels<T>*> runnable_lanes() {
  std::vector<const LaneKernels<T>*> tables;
  for (const Kernels<T>* kernels : runnable<T>())
    for (const LaneKernels<T>* lanes : compiled_lanes<T>())
      if (std::string_view(lanes->name) == kernels->name) tables.push_back(lanes);
  tables.push_back(&lane_twin<T>(true));
  tables.push_back(&lane_twin<T>(false));
  return tables;
}

template <class T>
const LaneKernels<T>& lane_kernels(std::size_t networks) {
  const Kernels<T>& used = kernels<T>();
  const LaneKernels<T>* best = &lane_twin<T>(used.fused);
  bool found = false;
  for (const LaneKernels<T>* table : runnable_lanes<T>()) {
    if (std::string_view(table->name) == used.name) best = table, found = true;
    // Half-empty vectors of 512 bits cost twice what full ones of 256 do where the machine makes two passes of them.
    else if (found && table->fused == used.fused && table->lanes > 1 && table->lanes >= networks)
      best = table;
  }
  return *best;
}

template const LaneKernels<float>& lane_twin(bool);
template const LaneKernels<double>& lane_twin(bool);
template std::vector<const LaneKernels<float>*> runnable_lanes();
template std::vector<const LaneKernels<double>*> runnable_lanes();
template const LaneKernels<float>& lane_kernels(std::size_t);
template const LaneKernels<double>& lane_kernels(std::size_t);

}  // namespace deltarule::kernels
