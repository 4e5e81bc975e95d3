// Checkpoint → file and back. The container has been checked against its digest, which proves nothing about who made
// it: every number is looked at before it is used.
#include "app/run/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "io/json.hpp"
#include "io/safetensors.hpp"
#include "model/little_endian.hpp"

namespace deltarule::app {
namespace {

using io::JsonCursor;

constexpr std::string_view kFormat = "deltarule-checkpoint";
constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kColumns = 6;  // of the history

bool is_share(double factor) { return factor >= 0.0 && factor <= 1.0; }

Error fault(const std::string& place, std::string got, std::string needed, std::string fix = {}) {
  if (fix.empty()) fix = "Use an undamaged copy of the run";
  return {ErrorCode::format, place, std::move(got), std::move(needed), std::move(fix)};
}

// ---- what is kept under which name ----

/// Of a state to go back to, "good" or "next".
template <class State, class Visit>
void visit_good_counts(const std::string& name, State& state, const Visit& visit) {
  auto& [trainer, epochs, best_loss, plateau] = state;
  visit(name + "_epochs", epochs);
  visit(name + "_trainer_steps", trainer.update.steps);
  visit(name + "_refused", trainer.refused);
  visit(name + "_plateau_waited", plateau.waited);
}
template <class State, class Visit>
void visit_good_numbers(State& state, const Visit& visit) {
  visit(state.best_loss);
  visit(state.trainer.update.errors.now);
  visit(state.trainer.update.errors.before);
  visit(state.trainer.update.rate_factor);
  visit(state.plateau.best);
  visit(state.plateau.factor);
}

// Taken apart by all members, so that a member that is added anywhere stops the compiler here: it must be kept, or be
// known to need no keeping (arrays and texts are kept elsewhere, and the constants of a step are made anew in each).

/// The counts of a state, in file order.
template <class State, class Visit>
void visit_counts(State& state, const Visit& visit) {
  auto& [trainer, ended, epoch, patterns, loss_sum, result, best, best_loss, rates, back] = state;
  auto& [parameters, update, refused] = trainer;
  auto& [trainer_steps, arrays, rule_numbers, errors, rate_factor, adam] = update;
  auto& [reason, epochs, best_epoch, steps, history, rollbacks] = result;
  auto& [best_goal, best_so_far_epoch, best_so_far_steps, best_parameters] = best;
  auto& [given, plateau, backed_off] = rates;
  auto& [plateau_best, plateau_waited, plateau_factor] = plateau;
  auto& [good, next, has_next, since_good, first_norm, first_loss] = back;
  visit("epoch", epoch);
  visit("patterns", patterns);
  visit("epochs", epochs);
  visit("best_epoch", best_epoch);
  visit("steps", steps);
  visit("best_so_far_epoch", best_so_far_epoch);
  visit("best_so_far_steps", best_so_far_steps);
  visit("trainer_steps", trainer_steps);
  visit("refused", refused);
  visit("plateau_waited", plateau_waited);
  visit_good_counts("good", good, visit);
  visit_good_counts("next", next, visit);
  visit("patterns_since_good", since_good);
}

/// The other numbers, in the order of their section.
template <class State, class Visit>
void visit_numbers(State& state, const Visit& visit) {
  auto& [now, before] = state.trainer.update.errors;
  visit(state.loss_sum);
  visit(state.best.loss);
  visit(state.best_loss);
  visit(now);
  visit(before);
  visit(state.trainer.update.rate_factor);
  visit(state.rates.given);
  visit(state.rates.plateau.best);
  visit(state.rates.plateau.factor);
  visit(state.rates.backed_off);
  visit(state.back.first_norm);
  visit(state.back.first_loss);
  visit_good_numbers(state.back.good, visit);
  visit_good_numbers(state.back.next, visit);
}

/// The numbers of an epoch.
template <class Report, class Visit>
void visit_columns(Report& report, const Visit& visit) {
  auto& [epoch, training_loss, validation_loss, best_validation_loss, score, best_score, steps, rate_factor] = report;
  visit(training_loss);
  visit(validation_loss);
  visit(best_validation_loss);
  visit(score);
  visit(best_score);
  visit(rate_factor);
}

constexpr std::array<std::string_view, 7> kReasons{"epochs", "patience", "error_below", "callback",
                                                   "steps",  "stopped",  "paused"};

// ---- writing ----

template <class T>
void add_section(io::Container& container, const std::string& name, std::span<const T> numbers,
                 std::vector<std::uint64_t> shape) {
  const char* const type = std::is_integral_v<T> ? "U64" : (sizeof(T) == 4 ? "F32" : "F64");
  container.sections.push_back({name, type, std::move(shape), model::to_little_endian<T>(numbers)});
}
template <class T>
void add_section(io::Container& container, const std::string& name, const std::vector<T>& numbers) {
  add_section<T>(container, name, numbers, {numbers.size()});
}

template <class T>
std::string counts_json(const training::FitState<T>& state) {
  std::string out = "{\"ended\":";
  out += state.ended ? "true" : "false";
  out += ",\"reason\":" + io::json_string(kReasons[static_cast<std::size_t>(state.result.reason)]);
  visit_counts(state, [&](const std::string& name, std::uint64_t value) {
    out += "," + io::json_string(name) + ":" + std::to_string(value);
  });
  return out + "}";
}

template <class T>
void add_good(io::Container& container, const std::string& name, const SavedGood<T>& saved,
              const training::GoodState<T>& state) {
  if (saved.weights.empty()) return;
  add_section(container, name, saved.weights);
  for (std::size_t k = 0; k < saved.rule.size(); ++k)
    add_section(container, name + "_rule." + std::to_string(k), saved.rule[k]);
  const std::vector<double>& numbers = state.trainer.update.numbers;
  if (!numbers.empty()) add_section(container, name + "_rule_numbers", numbers);
}

void add_rollbacks(io::Container& container, const std::string& name, const std::vector<Rollback>& rollbacks) {
  if (rollbacks.empty()) return;
  std::string why;
  std::vector<std::uint64_t> counts;
  std::vector<double> factors;
  for (const Rollback& one : rollbacks) {
    why += (why.empty() ? "[" : ",") + io::json_string(one.why);
    counts.insert(counts.end(), {one.epoch, one.step, one.back_to});
    factors.push_back(one.rate_factor);
  }
  container.metadata.emplace_back(name + "_rollbacks", why + "]");
  add_section<std::uint64_t>(container, name + ".rollbacks", counts, {rollbacks.size(), 3});
  add_section(container, name + ".rollback_factors", factors);
}

void add_moments(io::Container& container, const std::string& name, const MomentRanges& moments) {
  std::vector<std::uint64_t> ends;
  for (const auto& [first, last] : moments) ends.insert(ends.end(), {first, last});
  if (!ends.empty()) add_section<std::uint64_t>(container, name + ".moments", ends, {moments.size(), 2});
}

template <class T>
void add_phase(io::Container& container, const std::string& name, const SavedPhase<T>& phase) {
  container.metadata.emplace_back(name, counts_json(phase.state));
  std::vector<double> numbers, columns;
  std::vector<std::uint64_t> steps;
  visit_numbers(phase.state, [&](double value) { numbers.push_back(value); });
  for (const EpochReport& report : phase.state.result.history) {
    visit_columns(report, [&](double value) { columns.push_back(value); });
    steps.push_back(report.steps);
  }
  add_section(container, name + ".numbers", numbers);
  add_section<double>(container, name + ".history", columns, {steps.size(), kColumns});
  add_section(container, name + ".history_steps", steps);
  add_section(container, name + ".weights", phase.weights);
  for (std::size_t k = 0; k < phase.rule.size(); ++k)
    add_section(container, name + ".rule." + std::to_string(k), phase.rule[k]);
  const std::vector<double>& rule_numbers = phase.state.trainer.update.numbers;
  if (!rule_numbers.empty()) add_section(container, name + ".rule_numbers", rule_numbers);
  if (!phase.best.empty()) add_section(container, name + ".best", phase.best);
  add_good(container, name + ".good", phase.good, phase.state.back.good);
  add_good(container, name + ".next", phase.next, phase.state.back.next);
  add_rollbacks(container, name, phase.state.result.rollbacks);
  add_moments(container, name, phase.moments);
}

// ---- reading ----

class Reader {
 public:
  Reader(const io::Container& container, const std::string& name) : container_(container), name_(name) {}

  Result<Checkpoint> read() const {
    if (const std::string* format = container_.find_metadata("format"); format == nullptr || *format != kFormat)
      return fault(name_, "a file with a right digest, but no checkpoint", "the format " + io::json_string(kFormat));
    const std::string* version = container_.find_metadata("version");
    if (version == nullptr || *version != std::to_string(kCheckpointVersion))
      return fault(name_ + ", version", version == nullptr ? "none" : io::json_string(version->substr(0, 40)),
                   std::to_string(kCheckpointVersion), "Go on with the deltarule that began the run");
    const std::string* run = container_.find_metadata("run");
    const std::string* seconds = container_.find_metadata("seconds");
    const std::string* precision = container_.find_metadata("precision");
    if (run == nullptr || seconds == nullptr || precision == nullptr)
      return fault(name_ + ", metadata", "an entry is missing", "\"run\", \"seconds\" and \"precision\"");
    Checkpoint checkpoint{*run};
    auto used = read_seconds(*seconds);
    if (!used) return used.error();
    checkpoint.seconds = *used;
    if (*precision == "f32") return with_phases<float>(std::move(checkpoint));
    if (*precision == "f64") return with_phases<double>(std::move(checkpoint));
    return fault(name_ + ", precision", io::json_string(precision->substr(0, 40)), "f32 or f64");
  }

 private:
  Result<double> read_seconds(const std::string& text) const {
    auto json = io::parse_json(text, name_ + ", seconds");
    if (!json) return json.error();
    auto seconds = JsonCursor(*json, "", name_).number();
    if (!seconds) return seconds.error();
    if (!(*seconds >= 0.0)) return fault(name_ + ", seconds", text.substr(0, 40), "a number from 0");
    return seconds;
  }

  template <class T>
  Result<Checkpoint> with_phases(Checkpoint checkpoint) const {
    SavedPhases<T> phases;
    for (auto [name, phase] : {std::pair("training", &phases.training), std::pair("refit", &phases.refit)}) {
      if (container_.find_metadata(name) == nullptr) continue;
      auto read = read_phase<T>(name);
      if (!read) return read.error();
      *phase = std::move(*read);
    }
    if (!phases.training) return fault(name_ + ", metadata", "no \"training\"", "it must be there");
    if (phases.refit && !phases.training->state.ended)
      return fault(name_ + ", refit", "a refit of a training that has not ended", "one that has");
    checkpoint.phases = std::move(phases);
    return checkpoint;
  }

  template <class T>
  Result<SavedPhase<T>> read_phase(const std::string& phase) const {
    SavedPhase<T> saved;
    if (auto done = read_counts(phase, saved.state); !done) return done.error();
    if (auto done = read_numbers(phase, saved.state); !done) return done.error();
    if (auto done = read_history(phase, saved.state.result); !done) return done.error();
    auto weights = finite<T>(phase + ".weights");
    if (!weights) return weights.error();
    saved.weights = std::move(*weights);
    for (std::size_t k = 0; container_.find_section(phase + ".rule." + std::to_string(k)) != nullptr; ++k) {
      auto array = finite<T>(phase + ".rule." + std::to_string(k));
      if (!array) return array.error();
      if (array->size() != saved.weights.size()) return of_length(phase + ".rule", array->size(), saved.weights.size());
      saved.rule.push_back(std::move(*array));
    }
    if (container_.find_section(phase + ".rule_numbers") != nullptr) {
      auto numbers = section<double>(phase + ".rule_numbers");
      if (!numbers) return numbers.error();
      saved.state.trainer.update.numbers = std::move(*numbers);
    }
    if (auto done = read_rollbacks(phase, saved.state.result); !done) return done.error();
    if (auto done = read_moments(phase, saved.moments); !done) return done.error();
    if (!steps_agree(saved.state))
      return fault(name_ + ", " + phase, "counts that contradict each other", "a best epoch and steps that have been");
    const std::size_t weights_kept = saved.weights.size();
    auto& back = saved.state.back;
    if (auto done = read_good(phase + ".good", weights_kept, saved.good, back.good); !done) return done.error();
    if (auto done = read_good(phase + ".next", weights_kept, saved.next, back.next); !done) return done.error();
    back.has_next = !saved.next.weights.empty();
    if (container_.find_section(phase + ".best") == nullptr) return saved;
    auto best = finite<T>(phase + ".best");
    if (!best) return best.error();
    if (best->size() != saved.weights.size()) return of_length(phase + ".best", best->size(), saved.weights.size());
    saved.best = std::move(*best);
    return saved;
  }

  /// The rule remembers the steps since the last rollback at least.
  template <class T>
  static bool steps_agree(const training::FitState<T>& state) {
    const auto& rollbacks = state.result.rollbacks;
    const std::uint64_t before = rollbacks.empty() ? 0 : rollbacks.back().step;
    return before <= state.result.steps && (state.ended || state.result.steps - before <= state.trainer.update.steps);
  }

  template <class T>
  Result<void> read_good(const std::string& name, std::size_t weights, SavedGood<T>& saved,
                         training::GoodState<T>& state) const {
    if (container_.find_section(name) == nullptr) return {};
    auto good = finite<T>(name);
    if (!good) return good.error();
    if (good->size() != weights) return of_length(name, good->size(), weights);
    saved.weights = std::move(*good);
    for (std::size_t k = 0; container_.find_section(name + "_rule." + std::to_string(k)) != nullptr; ++k) {
      auto array = finite<T>(name + "_rule." + std::to_string(k));
      if (!array) return array.error();
      if (array->size() != weights) return of_length(name + "_rule", array->size(), weights);
      saved.rule.push_back(std::move(*array));
    }
    if (container_.find_section(name + "_rule_numbers") == nullptr) return {};
    auto numbers = section<double>(name + "_rule_numbers");
    if (!numbers) return numbers.error();
    state.trainer.update.numbers = std::move(*numbers);
    return {};
  }

  Result<void> read_rollbacks(const std::string& phase, FitResult& result) const {
    const std::string* text = container_.find_metadata(phase + "_rollbacks");
    if (text == nullptr) return {};
    auto json = io::parse_json(*text, name_ + ", " + phase + "_rollbacks");
    if (!json) return json.error();
    auto why = JsonCursor(*json, "", name_).strings();
    if (!why) return why.error();
    auto counts = section<std::uint64_t>(phase + ".rollbacks");
    if (!counts) return counts.error();
    auto factors = section<double>(phase + ".rollback_factors");
    if (!factors) return factors.error();
    if (counts->size() != 3 * why->size()) return of_length(phase + ".rollbacks", counts->size(), 3 * why->size());
    if (factors->size() != why->size()) return of_length(phase + ".rollback_factors", factors->size(), why->size());
    for (std::size_t k = 0; k < why->size(); ++k)
      result.rollbacks.push_back(
          {(*counts)[3 * k], (*counts)[3 * k + 1], (*counts)[3 * k + 2], (*factors)[k], std::move((*why)[k])});
    return {};
  }

  Result<void> read_moments(const std::string& phase, MomentRanges& moments) const {
    const std::string name = phase + ".moments";
    if (container_.find_section(name) == nullptr) return {};
    auto ends = section<std::uint64_t>(name);
    if (!ends) return ends.error();
    for (std::size_t k = 0; k < ends->size(); ++k)
      if ((k > 0 && (*ends)[k] <= (*ends)[k - 1]) || ends->size() % 2 != 0)
        return fault(name_ + ", section " + io::json_string(name), "numbers that do not ascend in pairs",
                     "where moments begin and end");
    for (std::size_t k = 0; k < ends->size(); k += 2) moments.emplace_back((*ends)[k], (*ends)[k + 1]);
    return {};
  }

  [[nodiscard]] Error of_length(const std::string& section, std::size_t got, std::size_t needed) const {
    return fault(name_ + ", section " + io::json_string(section), std::to_string(got) + " numbers",
                 std::to_string(needed));
  }

  template <class T>
  Result<void> read_counts(const std::string& phase, training::FitState<T>& state) const {
    const std::string where = name_ + ", " + phase;
    auto json = io::parse_json(*container_.find_metadata(phase), where);
    if (!json) return json.error();
    const JsonCursor root(*json, "", where);
    auto ended = root.member("ended");
    if (!ended) return ended.error();
    auto truth = ended->boolean();
    if (!truth) return truth.error();
    state.ended = *truth;
    auto reason = root.member("reason");
    if (!reason) return reason.error();
    auto word = reason->string();
    if (!word) return word.error();
    const auto known = std::find(kReasons.begin(), kReasons.end(), *word);
    if (known == kReasons.end()) return reason->fault(io::json_string(word->substr(0, 40)), "a reason to stop");
    state.result.reason = static_cast<StopReason>(known - kReasons.begin());
    Result<void> result;
    visit_counts(state, [&](const std::string& name, auto& value) {
      if (!result) return;
      auto member = root.member(name);
      auto count = member ? member->count(kAnyCount) : Result<std::uint64_t>(member.error());
      if (count)
        value = *count;
      else
        result = count.error();
    });
    if (!result) return result;
    const bool agrees = state.best.epoch <= state.result.epochs && state.best.steps <= state.result.steps &&
                        state.result.best_epoch <= state.result.epochs &&
                        state.back.good.epochs <= state.result.epochs &&
                        state.back.next.epochs <= state.result.epochs && state.result.reason != StopReason::paused;
    if (agrees) return {};
    return fault(where, "counts that contradict each other", "a best epoch and steps that have been");
  }

  template <class T>
  Result<void> read_numbers(const std::string& phase, training::FitState<T>& state) const {
    auto numbers = section<double>(phase + ".numbers");
    if (!numbers) return numbers.error();
    std::size_t needed = 0;
    visit_numbers(state, [&](double) { ++needed; });
    if (numbers->size() != needed) return of_length(phase + ".numbers", numbers->size(), needed);
    std::size_t next = 0;
    visit_numbers(state, [&](double& value) { value = (*numbers)[next++]; });
    const double factor = state.trainer.update.rate_factor;
    if (std::isfinite(state.loss_sum) && factor >= 0.0 && factor <= 1.0 && state.rates.factor() >= 0.0 &&
        state.rates.factor() <= 1.0 && is_share(state.back.good.trainer.update.rate_factor) &&
        is_share(state.back.next.trainer.update.rate_factor))
      return {};
    return fault(name_ + ", section " + io::json_string(phase + ".numbers"), "a number that makes no sense",
                 "a finite sum and factors from 0 to 1");
  }

  Result<void> read_history(const std::string& phase, FitResult& result) const {
    auto columns = section<double>(phase + ".history");
    if (!columns) return columns.error();
    auto steps = section<std::uint64_t>(phase + ".history_steps");
    if (!steps) return steps.error();
    if (steps->size() != result.epochs) return of_length(phase + ".history_steps", steps->size(), result.epochs);
    if (columns->size() != steps->size() * kColumns)
      return of_length(phase + ".history", columns->size(), steps->size() * kColumns);
    std::size_t next = 0;
    for (std::size_t e = 0; e < steps->size(); ++e) {
      EpochReport report{.epoch = e + 1, .steps = (*steps)[e]};
      visit_columns(report, [&](double& value) { value = (*columns)[next++]; });
      result.history.push_back(report);
    }
    return {};
  }

  template <class T>
  Result<std::vector<T>> section(const std::string& name) const {
    const std::string where = name_ + ", section " + io::json_string(name);
    const io::Section* const found = container_.find_section(name);
    if (found == nullptr) return fault(where, "it is missing", "a part of a checkpoint");
    const std::string_view type = std::is_integral_v<T> ? "U64" : (sizeof(T) == 4 ? "F32" : "F64");
    if (found->dtype != type) return fault(where, "numbers of the type " + found->dtype, std::string(type));
    std::vector<T> numbers(found->bytes.size() / sizeof(T));
    model::from_little_endian<T>(found->bytes, numbers);
    return numbers;
  }

  template <class T>
  Result<std::vector<T>> finite(const std::string& name) const {
    auto numbers = section<T>(name);
    if (!numbers) return numbers;
    for (const T number : *numbers)
      if (!std::isfinite(number))
        return fault(name_ + ", section " + io::json_string(name), "a number that is not finite", "finite numbers");
    return numbers;
  }

  const io::Container& container_;
  const std::string& name_;
};

}  // namespace

Result<std::vector<std::byte>> checkpoint_to_bytes(const Checkpoint& checkpoint) {
  io::Container container;
  std::string seconds;
  io::append_json_number(seconds, checkpoint.seconds);
  container.metadata = {{"format", std::string(kFormat)},
                        {"version", std::to_string(kCheckpointVersion)},
                        {"run", checkpoint.run},
                        {"precision", checkpoint.phases.index() == 0 ? "f32" : "f64"},
                        {"seconds", seconds}};
  std::visit(
      [&](const auto& phases) {
        if (phases.training) add_phase(container, "training", *phases.training);
        if (phases.refit) add_phase(container, "refit", *phases.refit);
      },
      checkpoint.phases);
  return io::container_to_bytes(container);
}

Result<Checkpoint> parse_checkpoint(std::span<const std::byte> bytes, const std::string& name) {
  const auto container = io::parse_container(bytes, name);
  if (!container) return container.error();
  return Reader(*container, name).read();
}

}  // namespace deltarule::app
