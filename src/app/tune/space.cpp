#include "app/tune/space.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numbers>

#include "base/math.hpp"
#include "io/number.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

using base::Random;

// The largest share of draws that go to one rule: the default, which is the best guess.
constexpr double kDefaultRule = 0.5;
constexpr std::array<double, 7> kWidths = {0.25, 0.375, 0.5, 0.75, 1.0, 1.5, 2.0};  // times the default
constexpr std::size_t kLeastWidth = 4, kLeastBatch = 4;
constexpr std::size_t kMostDense = 1000;  // weights of Levenberg-Marquardt
constexpr std::array<std::string_view, 2> kActivations = {"tanh", "relu"};
constexpr std::array<double, 8> kDropouts = {0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.5};
constexpr std::array<double, 3> kOtherRates = {0.1, 0.3, 3.0};  // times the default

/// Two significant digits: a rate of 0.0021372 is no better than 0.0021, and worse to type.
double brief(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 2);
  return io::parse_number({text.data(), static_cast<std::size_t>(end.ptr - text.data())}).value;
}

/// 10^low … 10^high, uniform in the exponent.
double power_of_ten(Random& random, double low, double high) {
  return base::exp(std::numbers::ln10 * random.uniform(low, high));
}

bool has_rate(const training::UpdateEntry& rule) { return training::find_setting(rule, "learning_rate") != nullptr; }

/// The rule of the options, settings in brackets left out of account.
const training::UpdateEntry& rule_of(const Ground& ground, const FitOptions& options) {
  const std::string name =
      options.optimizer ? *options.optimizer : (options.momentum ? "momentum" : ground.defaults.optimizer);
  return **training::find_update(std::string_view(name).substr(0, name.find('(')));
}

/// Weights of one hidden layer after the other, about: what decides how long a step of Levenberg-Marquardt takes.
std::size_t rough_weights(const Ground& ground) {
  std::size_t weights = 0, senders = ground.size.inputs;
  for (const std::size_t units : ground.given.hidden.units.value_or(ground.defaults.hidden)) {
    weights += senders * units;
    senders = units;
  }
  return weights;
}

bool is_dense(const training::UpdateEntry& rule) { return std::holds_alternative<LevenbergMarquardt>(rule.defaults); }

/// A rule that moves all weights together needs the same error at each step; Levenberg-Marquardt squares, and few
/// weights, or it would take longer than all others together.
bool suits_together(const training::UpdateEntry& rule, const Ground& ground) {
  const FitOptions& given = ground.given;
  if (given.dropout.any() || given.input_noise.value_or(0) != 0 || !given.monotone.empty()) return false;
  if (!is_dense(rule)) return true;
  if (given.network || ground.size.task != data::Task::regression) return false;
  return given.loss.value_or("half_squared_error") == "half_squared_error" && rough_weights(ground) <= kMostDense;
}

/// Refused by nothing that is given: a rate, and a schedule of it, needs a rule that has one, small batches one that
/// can do with them.
bool suits(const training::UpdateEntry& rule, const Ground& ground) {
  const FitOptions& given = ground.given;
  if (rule.together && !suits_together(rule, ground)) return false;
  if ((given.learning_rate || given.schedule) && !has_rate(rule)) return false;
  return !(rule.full_batch && given.batch_size.value_or(0) != 0);
}

void draw_hidden(Random& random, const Ground& ground, FitOptions& to) {
  const double deeper = random.uniform();
  const std::size_t depth = deeper < 0.5 ? 1 : (deeper < 0.85 ? 2 : 3);
  const double factor = kWidths[random.below(kWidths.size())];
  auto width = static_cast<std::size_t>(static_cast<double>(ground.defaults.hidden.front()) * factor);
  std::vector<std::size_t> units;
  for (std::size_t layer = 0; layer < depth; ++layer, width /= 2) units.push_back(std::max(width, kLeastWidth));
  to.hidden = Hidden(std::move(units));
}

void draw_activation(Random& random, const Ground& /*ground*/, FitOptions& to) {
  if (to.hidden.units && to.hidden.units->empty()) return;
  to.activation = std::string(kActivations[random.below(kActivations.size())]);
}

void draw_rule(Random& random, const Ground& ground, FitOptions& to) {
  std::vector<std::string_view> names;
  for (const training::UpdateEntry& rule : training::update_rules())
    if (suits(rule, ground) && !is_dense(rule)) names.push_back(rule.name);  // wider layers are drawn, too
  const bool is_default = random.uniform() < kDefaultRule;
  const std::string_view other = names[random.below(static_cast<std::uint32_t>(names.size()))];
  to.optimizer = is_default ? ground.defaults.optimizer : std::string(other);
}

void draw_rate(Random& random, const Ground& ground, FitOptions& to) {
  const training::UpdateEntry& rule = rule_of(ground, to);
  if (!has_rate(rule)) return;
  to.learning_rate = brief(default_rate(rule.defaults, ground.defaults) * power_of_ten(random, -1.0, 0.7));
}

/// Apart from the slope a decay is about as large as the default one; in the slope it is small, or none.
void draw_decay(Random& random, const Ground& ground, FitOptions& to) {
  const training::UpdateEntry& rule = rule_of(ground, to);
  if (decays_apart(rule.defaults)) {
    to.weight_decay = brief(default_decay(rule.defaults, ground.defaults) * power_of_ten(random, -2.0, 0.5));
  } else if (random.uniform() < 0.5) {
    to.weight_decay = brief(power_of_ten(random, -6.0, -2.0));
  }
}

void draw_batch(Random& random, const Ground& ground, FitOptions& to) {
  if (rule_of(ground, to).full_batch) return;
  const std::size_t size = ground.defaults.batch_size * (std::size_t{1} << random.below(5)) / 4;  // 1/4 … 4 times
  to.batch_size = std::clamp(size, kLeastBatch, std::max(kLeastBatch, ground.size.training_rows / 2));
}

/// Half of the networks go without. A rule for full batches wants the same error at each step.
void draw_dropout(Random& random, const Ground& ground, FitOptions& to) {
  const double share = kDropouts[random.below(kDropouts.size())];
  const bool is_linear = to.hidden.units && to.hidden.units->empty();
  if (!is_linear && !rule_of(ground, to).full_batch) to.dropout.hidden = share;
}

constexpr std::array<SpaceLine, 7> kSpace = {{
    {"hidden", [](const FitOptions& given) { return !given.hidden.units && !given.network; }, draw_hidden},
    {"activation", [](const FitOptions& given) { return !given.activation && !given.network; }, draw_activation},
    {"optimizer", [](const FitOptions& given) { return !given.optimizer && !given.momentum; }, draw_rule},
    {"learning rate", [](const FitOptions& given) { return !given.learning_rate; }, draw_rate},
    {"weight decay", [](const FitOptions& given) { return !given.weight_decay; }, draw_decay},
    {"batch size", [](const FitOptions& given) { return !given.batch_size; }, draw_batch},
    {"dropout", [](const FitOptions& given) { return !given.dropout.any() && !given.network; }, draw_dropout},
}};

}  // namespace

std::span<const SpaceLine> search_space() { return kSpace; }

FitOptions drawn(const Ground& ground, std::uint32_t number) {
  FitOptions options = ground.given;
  if (number == 0) return options;
  for (std::size_t k = 0; k < kSpace.size(); ++k) {
    if (!kSpace[k].is_free(ground.given)) continue;
    Random random(ground.given.seed, base::Stream::tune, number, static_cast<std::uint32_t>(k));
    kSpace[k].draw(random, ground, options);
  }
  return options;
}

std::vector<RuleSettings> rule_grid(const Ground& ground) {
  std::vector<RuleSettings> grid;
  for (const training::UpdateEntry& rule : training::update_rules()) {
    if (!suits(rule, ground)) continue;
    FitOptions options = ground.given;
    options.optimizer = std::string(rule.name);
    RuleSettings settings{std::string(rule.name), {options}};
    for (const double factor : kOtherRates) {
      if (!has_rate(rule)) break;
      options.learning_rate = brief(default_rate(rule.defaults, ground.defaults) * factor);
      settings.options.push_back(options);
    }
    grid.push_back(std::move(settings));
  }
  return grid;
}

}  // namespace deltarule::app
