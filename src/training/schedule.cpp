#include "training/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "base/math.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

template <class Kind, double Kind::* member>
double* field(Schedule& schedule) {
  return &(std::get<Kind>(schedule).*member);
}

bool is_count(double value) { return std::isfinite(value) && value >= 1 && std::floor(value) == value; }
bool is_factor(double value) { return value > 0 && value <= 1; }
bool is_share(double value) { return value >= 0 && value <= 1; }
bool is_inner(double value) { return value > 0 && value < 1; }
bool is_length(double value) { return std::isfinite(value) && value >= 0; }

constexpr std::string_view kCount = "a whole number from 1";
constexpr std::string_view kFactor = "a number above 0, at most 1";
constexpr std::string_view kShare = "a number from 0 to 1";
constexpr std::string_view kLength = "a finite number of epochs that is not negative";

const std::vector<ScheduleEntry>& entries() {
  static const std::vector<ScheduleEntry> all{
      {"constant", {}, ConstantRate{}, {}},
      {"step",
       {},
       StepRate{},
       {{"every", field<StepRate, &StepRate::every>, is_count, kCount},
        {"factor", field<StepRate, &StepRate::factor>, is_factor, kFactor}}},
      {"exponential",
       {},
       ExponentialRate{},
       {{"factor", field<ExponentialRate, &ExponentialRate::factor>, is_factor, kFactor}}},
      {"cosine",
       {},
       CosineRate{},
       {{"warmup", field<CosineRate, &CosineRate::warmup>, is_length, kLength},
        {"minimum", field<CosineRate, &CosineRate::minimum>, is_share, kShare},
        {"epochs", field<CosineRate, &CosineRate::epochs>, is_length, kLength}}},
      {"one-cycle",
       {"onecycle"},
       OneCycleRate{},
       {{"rise", field<OneCycleRate, &OneCycleRate::rise>, is_inner, "a number above 0 and below 1"},
        {"start", field<OneCycleRate, &OneCycleRate::start>, is_share, kShare},
        {"end", field<OneCycleRate, &OneCycleRate::end>, is_share, kShare},
        {"epochs", field<OneCycleRate, &OneCycleRate::epochs>, is_length, kLength}}},
      {"plateau",
       {"reduce-on-plateau"},
       PlateauRate{},
       {{"patience", field<PlateauRate, &PlateauRate::patience>, is_count, kCount},
        {"factor", field<PlateauRate, &PlateauRate::factor>, is_inner, "a number above 0 and below 1"},
        {"minimum", field<PlateauRate, &PlateauRate::minimum>, is_share, kShare}}},
  };
  return all;
}

std::string place_of(const Schedule& schedule) { return "schedule " + std::string(entry_of(schedule).name); }

/// From `from` to `to` along half a cosine, p from 0 to 1.
double along_cosine(double from, double to, double p) {
  constexpr double kPi = 3.14159265358979323846;
  return to + (from - to) * (0.5 * (1.0 + base::cos(kPi * std::min(p, 1.0))));
}

// ---- the factors, one overload each ----

double factor_of(const ConstantRate&, const StepPlace&) { return 1.0; }
double factor_of(const PlateauRate&, const StepPlace&) { return 1.0; }
double factor_of(const StepRate& s, const StepPlace& place) {
  return base::pow(s.factor, std::floor(static_cast<double>(place.epoch - 1) / s.every));
}
double factor_of(const ExponentialRate& s, const StepPlace& place) {
  return base::pow(s.factor, static_cast<double>(place.epoch - 1));
}

template <class Kind>
double length_of(const Kind& s, const StepPlace& place) {
  return s.epochs > 0 ? s.epochs : static_cast<double>(place.run_epochs);
}
double factor_of(const CosineRate& s, const StepPlace& place) {
  if (place.begin < s.warmup) return std::min(1.0, place.end / s.warmup);
  return along_cosine(1.0, s.minimum, (place.begin - s.warmup) / (length_of(s, place) - s.warmup));
}
double factor_of(const OneCycleRate& s, const StepPlace& place) {
  const double length = length_of(s, place), top = s.rise * length;
  if (place.begin < top) return along_cosine(s.start, 1.0, place.begin / top);
  return along_cosine(1.0, s.end, (place.begin - top) / (length - top));
}

}  // namespace

std::span<const ScheduleEntry> schedules() { return entries(); }

Result<const ScheduleEntry*> find_schedule(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', '-');
  std::string names;
  for (const ScheduleEntry& entry : entries()) {
    const bool alias = std::find(entry.aliases.begin(), entry.aliases.end(), text) != entry.aliases.end();
    if (text == entry.name || alias) return &entry;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  return Error{ErrorCode::spec, "schedule", "\"" + std::string(name) + "\"", "one of " + names, {}};
}

const ScheduleEntry& entry_of(const Schedule& schedule) { return entries()[schedule.index()]; }

const ScheduleSetting* find_setting(const ScheduleEntry& entry, std::string_view name) {
  for (const ScheduleSetting& setting : entry.settings)
    if (setting.name == name) return &setting;
  return nullptr;
}

std::vector<std::pair<std::string_view, double>> settings_of(const Schedule& schedule) {
  Schedule copy = schedule;
  std::vector<std::pair<std::string_view, double>> values;
  for (const ScheduleSetting& setting : entry_of(copy).settings)
    values.emplace_back(setting.name, *setting.field(copy));
  return values;
}

Result<void> check_schedule(const Schedule& schedule, std::size_t epochs, const Optimizer& rule) {
  if (std::holds_alternative<ConstantRate>(schedule)) return {};
  if (!has_rate(rule))
    return Error{ErrorCode::spec, place_of(schedule), "the optimizer " + std::string(name_of(rule)),
                 "an optimizer that has a learning rate",
                 "leave the schedule out: " + std::string(name_of(rule)) + " finds the size of its steps itself"};
  Schedule copy = schedule;
  for (const ScheduleSetting& setting : entry_of(copy).settings) {
    const double value = *setting.field(copy);
    if (!setting.allows(value))
      return Error{ErrorCode::spec,
                   place_of(copy),
                   std::string(setting.name) + " " + std::to_string(value),
                   std::string(setting.needed),
                   {}};
  }
  const auto* cosine = std::get_if<CosineRate>(&schedule);
  const double length = cosine != nullptr ? length_of(*cosine, {.run_epochs = epochs}) : 0.0;
  if (cosine != nullptr && cosine->warmup >= length && epochs > 0)
    return Error{ErrorCode::spec, place_of(schedule),
                 "a warm-up of " + std::to_string(cosine->warmup) + " epochs in " + std::to_string(length),
                 "a warm-up that is shorter than the run", "lower warmup, or train for more epochs"};
  return {};
}

Schedule for_length(Schedule schedule, std::size_t epochs) {
  std::visit(
      [epochs]<class Kind>(Kind& kind) {
        if constexpr (requires { kind.epochs; })
          if (kind.epochs == 0) kind.epochs = static_cast<double>(epochs);
      },
      schedule);
  return schedule;
}

double rate_factor(const Schedule& schedule, const StepPlace& place) {
  return std::visit([&](const auto& kind) { return factor_of(kind, place); }, schedule);
}

bool changes_within_epochs(const Schedule& schedule) {
  return std::visit([](const auto& kind) { return requires { kind.epochs; }; }, schedule);
}

void observe(const PlateauRate& plateau, double goal, double min_improvement, PlateauState& state) {
  if (goal < state.best - min_improvement) {
    state.best = goal;
    state.waited = 0;
    return;
  }
  if (static_cast<double>(++state.waited) < plateau.patience) return;
  state.factor = std::max(state.factor * plateau.factor, std::min(plateau.minimum, state.factor));
  state.waited = 0;
}

}  // namespace deltarule::training
