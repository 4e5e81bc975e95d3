#include "app/fit/monotone.hpp"

#include <algorithm>
#include <cmath>

#include "app/engine/unwrap.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "derivation/resolved.hpp"
#include "network/monotone.hpp"

namespace deltarule::app {
namespace {

constexpr const char* kOption = "--monotone";
constexpr const char* kExample = "For example --monotone income:+,age:-";

[[noreturn]] void refuse(std::string got, std::string needed, std::string fix) {
  throw Exception({ErrorCode::usage, kOption, std::move(got), std::move(needed), std::move(fix)});
}

std::string text_of(const MonotoneColumn& one) { return one.column + (one.rises ? ":+" : ":-"); }

std::string text_of(const std::vector<MonotoneColumn>& columns) {
  std::vector<std::string> texts;
  for (const MonotoneColumn& one : columns) texts.push_back(text_of(one));
  return joined(texts, ",");
}

bool ends_a_column(const std::string& text) { return text.ends_with(":+") || text.ends_with(":-"); }

/// "income:+,age:-": a comma ends a column only after its sign, so that names may have commas of their own.
void read(const std::string& text, std::vector<MonotoneColumn>& columns) {
  std::string part;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool ends = i == text.size() || (text[i] == ',' && ends_a_column(part));
    if (!ends) {
      if (!(part.empty() && text[i] == ' ')) part += text[i];
      continue;
    }
    if (!ends_a_column(part) || part.size() < 3)
      refuse(base::quoted(part), "COLUMN:+ for a prediction that never falls, COLUMN:- for one that never rises",
             kExample);
    columns.push_back({part.substr(0, part.size() - 2), part.back() == '+'});
    part.clear();
  }
}

std::vector<MonotoneColumn> columns_in(const std::vector<std::string>& texts) {
  std::vector<MonotoneColumn> columns;
  for (const std::string& text : texts) read(text, columns);
  return columns;
}

const MonotoneColumn* find(const std::vector<MonotoneColumn>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.column == name; });
  return found == columns.end() ? nullptr : &*found;
}

void check_column(const MonotoneColumn& one, const data::Preprocessing& rules) {
  std::vector<std::string> numeric;
  for (const data::FeatureRule& rule : rules.features) {
    if (rule.type == data::ColumnType::numeric) {
      numeric.push_back(rule.name);
    } else if (rule.name == one.column) {
      refuse("the column " + base::quoted(one.column) + ", which is categorical: its values do not rise",
             "a numeric column", "Leave it out, or give the column numbers that have an order");
    }
  }
  if (std::find(numeric.begin(), numeric.end(), one.column) != numeric.end()) return;
  const std::string near = base::did_you_mean(one.column, numeric);
  refuse("the column " + base::quoted(one.column) + ", which is none that is predicted from",
         "a numeric feature: " + (numeric.empty() ? std::string("there is none") : base::listed(numeric, 20)),
         near.empty() ? kExample : near);
}

void check_columns(const std::vector<MonotoneColumn>& columns, const data::Preprocessing& rules) {
  if (rules.task == data::Task::multiclass)
    refuse("a target of several classes", "two classes, labels or numbers: probabilities that sum to 1 cannot all rise",
           "Leave it out, or predict one class against the others");
  for (const MonotoneColumn& one : columns) {
    if (find(columns, one.column) != &one)
      refuse("the column " + base::quoted(one.column) + " twice", "one sign for each", "Name it once");
    check_column(one, rules);
  }
}

/// For each input unit. What says that a value is missing is no value, and free.
std::vector<std::int8_t> input_signs(const std::vector<MonotoneColumn>& columns, const data::Preprocessing& rules) {
  std::vector<std::int8_t> signs;
  for (const data::FeatureRule& rule : rules.features) {
    const std::size_t first = signs.size();
    signs.resize(first + rule.units());
    if (const MonotoneColumn* one = find(columns, rule.name); one != nullptr) signs[first] = one->rises ? 1 : -1;
  }
  return signs;
}

Result<std::vector<std::int8_t>> found_signs(const std::vector<MonotoneColumn>& columns,
                                             const data::Preprocessing& rules, const base::Graph& graph) {
  const auto resolved = derivation::resolve(graph);
  if (!resolved) return resolved.error();
  return network::monotone_signs(graph, *resolved, input_signs(columns, rules));
}

}  // namespace

void choose_monotone(const FitOptions& options, const data::Preprocessing& rules, Settings& settings,
                     ChoiceList& choices) {
  if (options.monotone.empty()) return;
  settings.monotone = columns_in(options.monotone);
  check_columns(settings.monotone, rules);
  const auto signs = found_signs(settings.monotone, rules, unwrap(base::Graph::create(settings.network)));
  if (!signs) {
    const auto& layers = settings.network.layers;
    const bool normalised =
        std::any_of(layers.begin(), layers.end(), [](const LayerSpec& l) { return !l.normalise.empty(); });
    refuse(signs.error().got + " (" + signs.error().place + ")", signs.error().needed,
           normalised ? "Leave the normalisation out, or --monotone" : "For example --activation tanh");
  }
  settings.trainer.signs = *signs;
  choices.add("monotone", text_of(settings.monotone), kOption, true);
}

std::vector<std::int8_t> signs_of(const std::vector<MonotoneColumn>& columns, const data::Preprocessing& rules,
                                  const base::Graph& graph) {
  if (columns.empty()) return {};
  return unwrap(found_signs(columns, rules, graph));
}

template <class T>
void give_signs(network::Network<T>& network, const std::vector<std::int8_t>& signs) {
  if (signs.empty()) return;
  std::vector<T> weights = network.weights();
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (signs[i] != 0) weights[i] = static_cast<T>(signs[i]) * std::fabs(weights[i]);
  if (const auto set = network.set_weights(weights); !set) throw Exception(set.error());
}
template void give_signs<float>(network::Network<float>&, const std::vector<std::int8_t>&);
template void give_signs<double>(network::Network<double>&, const std::vector<std::int8_t>&);

std::vector<std::string> with_monotone_of(const model::Model& model, const std::vector<std::string>& given) {
  std::vector<MonotoneColumn> columns = columns_in(given);
  const std::size_t own = columns.size();
  for (const auto& [name, value] : model.settings) {
    if (name != "monotone") continue;
    for (const MonotoneColumn& one : columns_in({value})) {
      const MonotoneColumn* same = find(columns, one.column);
      if (same != nullptr && same->rises != one.rises)
        refuse(text_of(*same) + " with a model trained with " + text_of(one), "the same sign",
               "Leave the column out, or train a new model");
      if (same == nullptr) columns.push_back(one);
    }
  }
  if (columns.size() == own) return given;
  return {text_of(columns)};
}

}  // namespace deltarule::app
