// Schedules of the learning rate by name, and the factor that each gives a step: a function of where in the run the
// step is, and of nothing else, except for the plateau, which remembers what plain data can. Knows no trainer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/rules.hpp"
#include "deltarule/schedule.hpp"

namespace deltarule::training {

/// One setting of a schedule. Whether a value makes sense is `allows`, in words `needed`.
struct ScheduleSetting {
  std::string_view name;
  double* (*field)(Schedule&);  // where it lies; the schedule must be of this kind
  bool (*allows)(double);
  std::string_view needed;
};

struct ScheduleEntry {
  std::string_view name;                  // "one-cycle"
  std::vector<std::string_view> aliases;  // "onecycle"
  Schedule defaults;
  std::vector<ScheduleSetting> settings;  // in the order of the struct
};

/// Every schedule, in the order of the variant.
[[nodiscard]] std::span<const ScheduleEntry> schedules();
/// By name or alias, '_' for '-' understood. Spec error that lists the names otherwise.
Result<const ScheduleEntry*> find_schedule(std::string_view name);
/// The entry of the kind that this one is of.
[[nodiscard]] const ScheduleEntry& entry_of(const Schedule& schedule);
/// By name; null for one that the schedule does not have.
[[nodiscard]] const ScheduleSetting* find_setting(const ScheduleEntry& entry, std::string_view name);
/// Every setting with its value.
[[nodiscard]] std::vector<std::pair<std::string_view, double>> settings_of(const Schedule& schedule);

/// Spec error for settings that make no sense, a warm-up that is as long as the whole run of `epochs`, or a rule that
/// has no rate.
Result<void> check_schedule(const Schedule& schedule, std::size_t epochs, const Optimizer& rule);
/// The same schedule for a run that is cut short: what goes by the length of the run goes by `epochs` all the same.
[[nodiscard]] Schedule for_length(Schedule schedule, std::size_t epochs);

/// Where in a run a step is, in epochs with their fractions: the first step of 4 in the first epoch is 0 to 0.25.
struct StepPlace {
  std::size_t epoch = 1;       // counting from 1
  double begin = 0, end = 0;   // from the beginning of the run
  std::size_t run_epochs = 0;  // planned
};
/// The factor of a step; 1 for a plateau, whose factor is in its state.
[[nodiscard]] double rate_factor(const Schedule& schedule, const StepPlace& place);
/// True for a schedule whose factor changes within an epoch.
[[nodiscard]] bool changes_within_epochs(const Schedule& schedule);

/// What a plateau remembers. Copying it is all that saving and going back take.
struct PlateauState {
  double best = std::numeric_limits<double>::infinity();
  std::uint64_t waited = 0;  // epochs since the best, or since the factor changed
  double factor = 1.0;
};
/// After an epoch, with what is to become small. NaN is never better.
void observe(const PlateauRate& plateau, double goal, double min_improvement, PlateauState& state);

/// What the rate of a run is made of, beside its schedule: all that a run carries of it from step to step.
struct RateCourse {
  double given = 1.0;  // the trainer's factor when the run began
  PlateauState plateau = {};
  double backed_off = 1.0;  // halved when the run goes back
  [[nodiscard]] double factor() const { return given * plateau.factor * backed_off; }
};

}  // namespace deltarule::training
