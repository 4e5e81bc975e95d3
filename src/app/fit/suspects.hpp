// What may have made a training run away, each suspect with how far beyond the ordinary it is. Looks at the data as the
// network sees them, at the settings and at the first weights; runs no pass.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/fit/settings.hpp"
#include "base/graph.hpp"
#include "data/binding.hpp"
#include "deltarule/diagnosis.hpp"
#include "derivation/resolved.hpp"

namespace deltarule::app {

/// A training as it was before the step that failed.
struct Scene {
  const data::BoundTable& bound;
  std::span<const std::uint32_t> rows;  // pattern p is table row rows[p]
  const base::Graph& graph;
  const derivation::Resolved& resolved;
  std::span<const double> weights;        // in canonical order
  std::span<const double> first_weights;  // likewise
  const Settings& settings;
  std::vector<LayerHealth> layers;  // what the units do with `weights`
};

struct Suspect {
  double excess = 0.0;   // decimal logarithm of the factor by which steps are longer for it
  Diagnosis found = {};  // cause, column, cell, value, range; `likely` in words
  std::string fix = {};
};

/// Those that are beyond the ordinary, the worst first; the first of equals is the one that data explain.
[[nodiscard]] std::vector<Suspect> suspects(const Scene& scene);

/// When nothing stands out: the rate, or the steps of a rule without one.
[[nodiscard]] Suspect usual_suspect(const Scene& scene);

/// The decimal logarithm of a positive number.
[[nodiscard]] double log10_of(double value);

}  // namespace deltarule::app
