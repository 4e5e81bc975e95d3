#include "app/fit/class_weights.hpp"

#include <algorithm>

#include "app/engine/unwrap.hpp"
#include "base/text.hpp"
#include "data/row_weights.hpp"
#include "io/number.hpp"

namespace deltarule::app {
namespace {

constexpr const char* kOption = "--class-weight";

[[noreturn]] void refuse(std::string got, std::string needed, std::string fix) {
  throw Exception({ErrorCode::usage, kOption, std::move(got), std::move(needed), std::move(fix)});
}

void check_given(const ClassFactors& given, const std::vector<std::string>& classes) {
  std::vector<std::string> named;
  for (const auto& [name, weight] : given) {
    const std::string near = base::did_you_mean(name, classes);
    if (std::find(classes.begin(), classes.end(), name) == classes.end())
      refuse("the class " + base::quoted(name) + ", which no training row has",
             "classes of the target: " + base::listed(classes, 20),
             near.empty() ? "Use one of these names, or balanced" : near);
    if (std::find(named.begin(), named.end(), name) != named.end())
      refuse("the class " + base::quoted(name) + " twice", "one weight for each class", "Name it once");
    if (!data::is_weight(weight))
      refuse(io::to_text(weight) + " for the class " + base::quoted(name), data::weight_in_words(),
             "For example " + std::string(kOption) + " balanced");
    named.push_back(name);
  }
  const bool any = named.size() < classes.size() ||
                   std::any_of(given.begin(), given.end(), [](const auto& one) { return one.second > 0.0; });
  if (!any) refuse("weights that are all 0", "a weight above 0", "For example " + std::string(kOption) + " balanced");
}

void add_to(ClassFactors& factors, const std::string& name, double weight) {
  for (auto& factor : factors)
    if (factor.first == name) factor.second += weight;
}

}  // namespace

void check_class_weights(const ClassWeights& weights, data::Task task, const std::vector<std::string>& classes) {
  if (!weights.any()) return;
  if (!data::has_classes(task))
    refuse("weights of classes for " + std::string(data::task_name(task)) + " targets", "a target with classes",
           "Use --weight COLUMN for weights of rows, or --task multiclass if the target means classes");
  if (weights.balanced && !weights.by_class.empty())
    refuse("balanced and weights by class", "one of the two", "Leave one out");
  if (!weights.balanced) check_given(weights.by_class, classes);
}

ClassFactors class_factors(const ClassWeights& weights, const std::vector<std::string>& classes,
                           const data::Schema& schema, std::span<const std::uint32_t> rows) {
  ClassFactors factors;
  if (!weights.any()) return factors;
  for (const std::string& name : classes) factors.emplace_back(name, 0.0);
  if (!weights.balanced) {
    for (auto& [name, factor] : factors) {
      const auto given = std::find_if(weights.by_class.begin(), weights.by_class.end(),
                                      [&](const auto& one) { return one.first == name; });
      factor = given == weights.by_class.end() ? 1.0 : given->second;
    }
    return factors;
  }
  for (const std::uint32_t row : rows)
    add_to(factors, schema.classes[static_cast<std::size_t>(schema.row_class[row])],
           data::weight_of(schema.weights, row));
  const double all = data::weight_of(schema.weights, rows), count = static_cast<double>(classes.size());
  for (auto& [name, weight] : factors) {
    if (weight == 0.0)
      throw Exception({ErrorCode::data, kOption, "no training row of the class " + base::quoted(name),
                       "rows of every class to balance", "Give the weights by name: CLASS=WEIGHT,…"});
    weight = all / (count * weight);
  }
  return factors;
}

template <class T>
std::vector<T> pattern_weights(const data::BoundTable& bound, std::span<const double> row_weights,
                               const ClassFactors& factors, std::span<const std::uint32_t> rows) {
  std::vector<T> weights;
  if (factors.empty() && row_weights.empty()) return weights;
  weights.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    double weight = data::weight_of(row_weights, row);
    if (!factors.empty()) weight *= factors[static_cast<std::size_t>(bound.targets()[0].classes[row])].second;
    weights.push_back(static_cast<T>(weight));
  }
  return weights;
}
template std::vector<float> pattern_weights<float>(const data::BoundTable&, std::span<const double>,
                                                   const ClassFactors&, std::span<const std::uint32_t>);
template std::vector<double> pattern_weights<double>(const data::BoundTable&, std::span<const double>,
                                                     const ClassFactors&, std::span<const std::uint32_t>);

std::string text_of(const ClassFactors& factors) {
  std::string text;
  for (const auto& [name, weight] : factors) text += (text.empty() ? "" : ",") + name + "=" + io::to_text(weight);
  return text;
}

std::string text_of(const ClassWeights& weights) { return weights.balanced ? "balanced" : text_of(weights.by_class); }

}  // namespace deltarule::app
