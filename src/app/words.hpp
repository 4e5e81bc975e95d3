// Small pieces of prose that reports, plans and models share: networks and numbers in words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/graph.hpp"
#include "base/text.hpp"
#include "deltarule/model.hpp"

namespace deltarule::app {

/// "layer-normalised"; empty for none.
[[nodiscard]] std::string_view normalised_in_words(base::Normalisation how);
/// "9-32-3, tanh, softmax, layer-normalised": units of the input and each layer, then the activations, equal neighbours
/// once, then whether layers are normalised.
[[nodiscard]] std::string network_in_words(const base::Graph& graph);
using base::rounded;
/// "accuracy 0.985 (95 %: 0.9213 to 0.9974)".
[[nodiscard]] std::string metric_in_words(const Metric& metric);
/// 1234567 as "1,234,567".
[[nodiscard]] std::string thousands(std::size_t value);
/// Parts with ", " between them.
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ");
/// The text broken at spaces so that no line is wider than `width`; every line after the first begins with `indent`
/// spaces. `used` columns of the first line are taken already.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t used, std::size_t indent, std::size_t width = 80);

}  // namespace deltarule::app
