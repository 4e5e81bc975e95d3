// The schedule of the learning rate of a run: its name, with settings in brackets.
#include <string>
#include <string_view>

#include "app/engine/unwrap.hpp"
#include "app/fit/bracketed.hpp"
#include "app/fit/settings.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "io/number.hpp"
#include "training/schedule.hpp"

namespace deltarule::app {
namespace {

constexpr const char* kExample = "For example --schedule 'cosine(warmup=5)'";

void take_setting(std::string_view name, std::string_view value, Schedule& schedule) {
  const training::ScheduleEntry& entry = training::entry_of(schedule);
  const training::ScheduleSetting* setting = training::find_setting(entry, name);
  if (setting == nullptr) {
    std::vector<std::string> names;
    for (const training::ScheduleSetting& one : entry.settings) names.emplace_back(one.name);
    throw Exception({ErrorCode::usage, "--schedule " + std::string(entry.name), "setting " + base::quoted(name),
                     names.empty() ? "no settings" : "one of " + joined(names), kExample});
  }
  const io::ParsedNumber number = io::parse_number(value);
  if (number.status != io::NumberStatus::ok)
    throw Exception({ErrorCode::usage, "--schedule", std::string(name) + " " + base::quoted(value),
                     std::string(setting->needed), kExample});
  *setting->field(schedule) = number.value;
}

/// `cosine(warmup=5, minimum=0, epochs=0)`: with all settings, for the list of choices.
std::string in_words(const Schedule& schedule) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : training::settings_of(schedule))
    texts.push_back(std::string(name) + "=" + io::to_text(value));
  const std::string name(training::entry_of(schedule).name);
  return texts.empty() ? name : name + "(" + joined(texts, ", ") + ")";
}

}  // namespace

void choose_schedule(const FitOptions& options, Settings& settings, ChoiceList& choices) {
  if (!options.schedule) return;
  const Bracketed given = bracketed(*options.schedule, "--schedule", kExample);
  Schedule schedule = unwrap(training::find_schedule(given.name))->defaults;
  for (const auto& [name, value] : given.settings) take_setting(name, value, schedule);
  const auto checked = training::check_schedule(schedule, settings.training.epochs, settings.trainer.optimizer);
  if (!checked) throw Exception(checked.error());
  settings.training.schedule = training::for_length(schedule, settings.training.epochs);
  choices.add("schedule", in_words(settings.training.schedule), "--schedule", true);
}

}  // namespace deltarule::app
