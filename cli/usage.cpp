#include "cli/usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"
#include "cli/text/spelling.hpp"

namespace deltarule::cli {
namespace {

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", printable(text)); }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The whole text as a finite number.
std::optional<double> real_of(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> whole_of(std::string_view text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string for_example(std::string_view option, std::string_view example) {
  return fmt::format("for example {} {}", option, example);
}

}  // namespace

void refuse(std::string place, std::string got, std::string needed, std::string fix) {
  throw Exception(Error{ErrorCode::usage, std::move(place), std::move(got), std::move(needed), std::move(fix)});
}

double real_value(std::string_view option, const std::string& text, const RealRange& range) {
  const std::optional<double> value = real_of(text);
  const std::string needed(range.needed);
  if (!value)
    refuse(std::string(option), quoted(text) + " is not a number", needed, for_example(option, range.example));
  const bool above = range.with_low ? *value >= range.low : *value > range.low;
  const bool below = range.with_high ? *value <= range.high : *value < range.high;
  if (!above || !below) refuse(std::string(option), quoted(text), needed, for_example(option, range.example));
  return *value;
}

std::uint64_t whole_value(std::string_view option, const std::string& text, std::uint64_t least,
                          std::string_view needed, std::string_view example) {
  const std::optional<std::uint64_t> value = whole_of(text);
  if (!value || *value < least) {
    refuse(std::string(option), quoted(text), std::string(needed), for_example(option, example));
  }
  return *value;
}

bool is_number(std::string_view text) { return real_of(text).has_value(); }

double seconds_value(std::string_view option, const std::string& text) {
  constexpr double kMinute = 60.0, kHour = 3600.0, kMost = 1e9;
  std::string_view number = trimmed(text);
  double unit = 1.0;
  if (!number.empty() && std::string_view("smh").find(number.back()) != std::string_view::npos) {
    if (number.back() == 'm') unit = kMinute;
    if (number.back() == 'h') unit = kHour;
    number.remove_suffix(1);
  }
  const std::optional<double> value = real_of(number);
  if (!value || !(*value * unit > 0.0) || *value * unit > kMost) {
    refuse(std::string(option), quoted(text), "a time above 0 in seconds, minutes or hours",
           for_example(option, "60s, 1.5m or 2h"));
  }
  return *value * unit;
}

namespace {

constexpr std::string_view kEpochsOrSteps = "a whole number of epochs or steps from 1";

/// "5epochs", "1000steps"; nothing for another unit or none.
std::optional<RecordInterval> counted_interval(std::string_view option, const std::string& text) {
  const std::string_view whole = trimmed(text);
  for (const std::string_view unit : {"epochs", "epoch", "steps", "step"}) {
    if (!whole.ends_with(unit)) continue;
    const std::optional<std::uint64_t> count = whole_of(whole.substr(0, whole.size() - unit.size()));
    if (!count || *count == 0)
      refuse(std::string(option), quoted(text), std::string(kEpochsOrSteps), for_example(option, "5epochs"));
    return unit.starts_with('e') ? RecordInterval{.epochs = *count} : RecordInterval{.steps = *count};
  }
  return std::nullopt;
}

}  // namespace

CheckpointInterval interval_value(const std::string& text) {
  constexpr const char* kOption = "--checkpoint-every";
  if (const auto counted = counted_interval(kOption, text)) return {.epochs = counted->epochs, .steps = counted->steps};
  return {.seconds = seconds_value(kOption, text)};
}

RecordInterval record_interval_value(const std::string& text) {
  constexpr const char* kOption = "--every";
  if (const auto counted = counted_interval(kOption, text)) return *counted;
  return {.epochs = whole_value(kOption, text, 1, kEpochsOrSteps, "10, 10epochs or 1000steps")};
}

std::size_t record_rows_value(const std::string& text) {
  if (text == "all") return std::numeric_limits<std::size_t>::max();
  return whole_value("--record-rows", text, 1, "a whole number from 1, or all", "100");
}

void set_record(const std::vector<std::string>& given, RecordOptions& record) {
  for (const std::string& text : given)
    for (const std::string& part : split_at_commas(text)) {
      const std::string name = one_of("--record", part, {"weights", "activations", "deltas"});
      if (name == "weights") record.weights = true;
      if (name == "activations") record.activations = true;
      if (name == "deltas") record.deltas = true;
    }
}

std::string one_of(std::string_view option, const std::string& text, const std::vector<std::string>& words) {
  if (std::ranges::find(words, text) != words.end()) return text;
  std::string near = nearest(text, words);
  refuse(std::string(option), quoted(text), "one of " + joined(words),
         near.empty() ? for_example(option, words.front()) : fmt::format("did you mean {} {}?", option, near));
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (;;) {
    const std::size_t comma = text.find(',', from);
    parts.emplace_back(trimmed(std::string_view(text).substr(from, comma - from)));
    if (comma == std::string::npos) return parts;
    from = comma + 1;
  }
}

Hidden hidden_value(const std::string& text) {
  if (text == "none") return Hidden::none();
  constexpr std::uint64_t kMostUnits = 1'000'000;
  std::vector<std::size_t> units;
  for (const std::string& part : split_at_commas(text)) {
    const std::optional<std::uint64_t> count = whole_of(part);
    if (!count || *count < 1 || *count > kMostUnits) {
      refuse("--hidden", quoted(text), "the units of each hidden layer, from 1 to a million, or none",
             "for example --hidden 64,32, or --hidden none for the linear model");
    }
    units.push_back(*count);
  }
  return Hidden(std::move(units));
}

Dropout dropout_value(const std::string& text) {
  const std::string needed =
      "a probability from 0 up to, but not including, 1 for all hidden layers, or one for each: h1, h2, … and inputs";
  const std::string fix = "for example --dropout 0.5, or --dropout h1=0.5,inputs=0.2";
  constexpr std::uint64_t kMostLayers = 1000;
  Dropout dropout;
  std::vector<std::string> seen;
  for (const std::string& part : split_at_commas(text)) {
    const std::size_t sign = part.find('=');
    const std::string name = sign == std::string::npos ? "" : std::string(trimmed(part.substr(0, sign)));
    const std::optional<double> p = real_of(sign == std::string::npos ? part : part.substr(sign + 1));
    if (!p || !(*p >= 0 && *p < 1)) refuse("--dropout", quoted(part), needed, fix);
    if (std::ranges::find(seen, name) != seen.end())
      refuse("--dropout", name.empty() ? "two probabilities for all hidden layers" : quoted(name) + " twice", needed,
             fix);
    seen.push_back(name);
    const std::optional<std::uint64_t> layer = name.starts_with('h') ? whole_of(name.substr(1)) : std::nullopt;
    if (sign == std::string::npos) {
      dropout.hidden = *p;
    } else if (name == "inputs") {
      dropout.inputs = *p;
    } else if (layer && *layer >= 1 && *layer <= kMostLayers) {
      dropout.by_layer.resize(std::max<std::size_t>(dropout.by_layer.size(), *layer));
      dropout.by_layer[*layer - 1] = *p;
    } else {
      refuse("--dropout", quoted(name) + " is no layer", needed, fix);
    }
  }
  return dropout;
}

std::size_t batch_value(const std::string& text) {
  if (text == "all") return 0;
  return whole_value("--batch-size", text, 1, "a number from 1 (online), or all (full batch)", "32");
}

std::size_t threads_value(const std::string& text) {
  if (text == "auto") return hardware_threads();
  constexpr std::uint64_t kMostThreads = 1024;
  const std::uint64_t threads = whole_value("--threads", text, 1, "a number from 1, or auto", "auto");
  if (threads > kMostThreads) refuse("--threads", quoted(text), "at most 1024 threads", "for example --threads auto");
  return threads;
}

double until_value(const std::string& text) {
  const std::string needed = "tss<NUMBER: stop when the summed squared error of the training rows falls below it";
  const std::string fix = "for example --until 'tss<0.04', in quotes, since the shell takes < for itself";
  std::string_view rest = trimmed(text);
  if (!rest.starts_with("tss")) refuse("--until", quoted(text), needed, fix);
  rest = trimmed(rest.substr(3));
  if (!rest.starts_with('<') || rest.starts_with("<=")) refuse("--until", quoted(text), needed, fix);
  const std::optional<double> limit = real_of(rest.substr(1));
  if (!limit || *limit <= 0.0) refuse("--until", quoted(text), needed + "; the number is above 0", fix);
  return *limit;
}

char delimiter_value(const std::string& text) {
  if (text == "tab" || text == "\\t" || text == "\t") return '\t';
  if (text == "comma" || text == ",") return ',';
  if (text == "semicolon" || text == ";") return ';';
  if (text == "bar" || text == "|") return '|';
  refuse("--delimiter", quoted(text), "one of , ; | tab", "for example --delimiter ';' or --delimiter tab");
}

Names missing_value(const std::vector<std::string>& given) {
  Names markers;
  markers.emplace_back();  // an empty cell has no value whatever the user adds
  for (const std::string& text : given) {
    for (const std::string& marker : split_at_commas(text)) {
      if (std::ranges::find(markers, marker) == markers.end()) markers.push_back(marker);
    }
  }
  return markers;
}

std::vector<std::pair<std::string, double>> layer_rate_value(const std::vector<std::string>& given) {
  std::vector<std::pair<std::string, double>> rates;
  for (const std::string& text : given)
    for (const std::string& part : split_at_commas(text)) {
      const std::size_t sign = std::min(part.find('='), part.size());
      const std::optional<double> factor = real_of(std::string_view(part).substr(std::min(sign + 1, part.size())));
      if (!factor || *factor < 0)
        refuse("--layer-rate", quoted(part), "LAYER=FACTOR, the factor a number from 0",
               "for example --layer-rate h1=0.1,out=2");
      rates.emplace_back(trimmed(std::string_view(part).substr(0, sign)), *factor);
    }
  return rates;
}

ClassWeights class_weight_value(const std::vector<std::string>& given) {
  constexpr const char* kOption = "--class-weight";
  constexpr const char* kFix = "for example --class-weight balanced, or --class-weight no=1,yes=5";
  ClassWeights weights;
  for (const std::string& text : given) {
    if (text == "balanced") {
      weights.balanced = true;
      continue;
    }
    std::string name;  // as far as there is no =
    for (const std::string& part : split_at_commas(text)) {
      name += (name.empty() ? "" : ",") + part;
      const std::size_t equals = name.rfind('=');
      if (equals == std::string::npos) continue;
      const std::optional<double> weight = real_of(std::string_view(name).substr(equals + 1));
      if (!weight || *weight < 0.0) refuse(kOption, quoted(name), "CLASS=WEIGHT, the weight a number from 0", kFix);
      weights.by_class.emplace_back(trimmed(std::string_view(name).substr(0, equals)), *weight);
      name.clear();
    }
    if (!name.empty() || text.empty()) refuse(kOption, quoted(text), "balanced, or CLASS=WEIGHT,...", kFix);
  }
  if (weights.balanced && !weights.by_class.empty())
    refuse(kOption, "balanced and weights by class", "one of the two", "leave one out");
  return weights;
}

std::vector<std::string> column_list(const std::vector<std::string>& given, const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const std::string& text : given) {
    if (std::ranges::find(columns, text) != columns.end()) {
      add(text);
    } else {
      for (const std::string& name : split_at_commas(text)) add(name);
    }
  }
  return names;
}

}  // namespace deltarule::cli
