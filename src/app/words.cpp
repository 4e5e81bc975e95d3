#include "app/words.hpp"

#include <cmath>

namespace deltarule::app {

std::string_view normalised_in_words(base::Normalisation how) {
  switch (how) {
    case base::Normalisation::layer:
      return "layer-normalised";
    case base::Normalisation::batch:
      return "batch-normalised";
    case base::Normalisation::none:
      break;
  }
  return "";
}

std::string network_in_words(const base::Graph& graph) {
  std::string sizes = std::to_string(graph.inputs());
  std::string names;
  std::string_view last;
  std::string_view how;  // what is normalised, in one word, or that it is not alike
  for (const base::Layer& layer : graph.layers()) {
    sizes.append("-").append(std::to_string(layer.units));
    if (layer.activation != last) names.append(", ").append(layer.activation);
    last = layer.activation;
    if (!layer.is_normalised()) continue;
    const std::string_view own = normalised_in_words(layer.normalisation);
    how = how.empty() || how == own ? own : "normalised";
  }
  return sizes + names + (how.empty() ? "" : ", " + std::string(how));
}

std::string metric_in_words(const Metric& metric) {
  if (std::isnan(metric.value)) return metric.name + " undefined";
  if (std::isnan(metric.low)) return metric.name + " " + rounded(metric.value);
  return metric.name + " " + rounded(metric.value) + " (95 %: " + rounded(metric.low) + " to " + rounded(metric.high) +
         ")";
}

std::string thousands(std::size_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += between;
    text += part;
  }
  return text;
}

std::string wrapped(std::string_view text, std::size_t used, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = used;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const bool first = out.empty();
    if (!first && column + 1 + word.size() > width) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace deltarule::app
