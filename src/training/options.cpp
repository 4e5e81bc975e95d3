#include "training/options.hpp"

#include <cmath>
#include <string>

#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

Result<void> check_penalty(const char* name, double value) {
  if (std::isfinite(value) && value >= 0) return {};
  return Error{ErrorCode::spec, name, std::to_string(value), "a finite number that is not negative", {}};
}

/// The settings as the kernels will see them: 0.99999999999 is 1 in f32, 1e-60 is 0.
template <class T>
Optimizer rounded_to(Optimizer optimizer) {
  for (const UpdateSetting& setting : entry_of(optimizer).settings) {
    double& value = *setting.field(optimizer);
    value = static_cast<double>(static_cast<T>(value));
  }
  return optimizer;
}

}  // namespace

template <class T>
Result<void> check_options(const TrainerOptions& options) {
  if (auto checked = check_settings(options.optimizer); !checked) return checked;
  if (auto checked = check_settings(rounded_to<T>(options.optimizer)); !checked) {
    Error error = checked.error();
    error.place += ", rounded to the number type of the run";
    return error;
  }
  if (auto checked = check_penalty("l2", options.l2); !checked) return checked;
  if (auto checked = check_penalty("l1", options.l1); !checked) return checked;
  if (options.threads == 0) return Error{ErrorCode::spec, "threads", "0", "at least one thread", {}};
  return {};
}

template Result<void> check_options<float>(const TrainerOptions&);
template Result<void> check_options<double>(const TrainerOptions&);

}  // namespace deltarule::training
