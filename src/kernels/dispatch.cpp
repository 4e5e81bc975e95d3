// Chooses the table for this machine, once. The only place that asks the processor what it can do.
#include "kernels/dispatch.hpp"

#include <algorithm>

#include "base/environment.hpp"
#include "kernels/table.hpp"

namespace deltarule::kernels {
namespace {

// What the compiler was allowed to use for each table (see HWY_TARGET_STR).
bool machine_can_run(std::string_view isa) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  const bool sse4 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") &&
                    __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
                    __builtin_cpu_supports("aes");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (isa == "sse4") return sse4;
  if (isa == "avx2") return avx2;
  if (isa == "avx512") {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd");
  }
  return false;
#elif defined(__aarch64__)
  return isa == "neon";  // part of every aarch64
#elif defined(__wasm_simd128__)
  return isa == "wasm";  // a module with it does not load where it is missing
#else
  return isa.empty();
#endif
}

template <class T>
std::span<const Kernels<T>* const> compiled();
template <>
std::span<const Kernels<float>* const> compiled() {
  return compiled_f32();
}
template <>
std::span<const Kernels<double>* const> compiled() {
  return compiled_f64();
}

const std::optional<std::string>& request() {
  static const std::optional<std::string> kRequest = base::environment_variable("DELTARULE_ISA");
  return kRequest;
}

}  // namespace

template <class T>
std::vector<const Kernels<T>*> runnable() {
  std::vector<const Kernels<T>*> tables;
  for (const Kernels<T>* table : compiled<T>()) {
    if (machine_can_run(table->name)) tables.push_back(table);
  }
  tables.push_back(&scalar_twin<T>(true));
  tables.push_back(&scalar_twin<T>(false));
  return tables;
}

template <class T>
const Kernels<T>& choose(const std::optional<std::string>& wanted) {
  const auto tables = runnable<T>();
  if (!wanted || wanted->empty()) return *tables.front();
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const Kernels<T>* t) { return t->name == *wanted; });
  return found == tables.end() ? scalar_twin<T>() : **found;
}

template <class T>
const Kernels<T>& kernels() {
  static const Kernels<T>& chosen = choose<T>(request());
  return chosen;
}

std::vector<std::string_view> isa_names() {
  std::vector<std::string_view> names;
  for (const Kernels<float>* table : runnable<float>()) names.emplace_back(table->name);
  return names;
}

bool isa_request_is_valid() {
  if (!request() || request()->empty()) return true;
  const auto names = isa_names();
  return std::find(names.begin(), names.end(), *request()) != names.end();
}

template std::vector<const Kernels<float>*> runnable();
template std::vector<const Kernels<double>*> runnable();
template const Kernels<float>& choose(const std::optional<std::string>&);
template const Kernels<double>& choose(const std::optional<std::string>&);
template const Kernels<float>& kernels();
template const Kernels<double>& kernels();

}  // namespace deltarule::kernels
