// The table of built-in activations and losses: names, ranges, what they suit. Holds no formulas and looks nothing up.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/kinds.hpp"

namespace deltarule::derivation {

/// Other names that are understood; empty places are none.
using Aliases = std::array<std::string_view, 2>;

struct ActivationEntry {
  base::ActivationKind kind;
  std::string_view name;
  Aliases aliases;
  std::optional<double> parameter;  // its default, where there is one
  double low, high;                 // output range, at the default parameter
  std::string_view suits;           // suitable targets or places
};

struct LossEntry {
  base::LossKind kind;
  std::string_view name;
  Aliases aliases;
  std::optional<double> parameter;
  std::string_view suits;
};

[[nodiscard]] std::span<const ActivationEntry> activation_entries();
[[nodiscard]] std::span<const LossEntry> loss_entries();

}  // namespace deltarule::derivation
