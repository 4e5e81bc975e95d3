// Names and checks that the writer and the reader of model files share; docs/formats.md is the specification.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "model/model.hpp"

namespace deltarule::model::file {

inline constexpr std::string_view kFormat = "deltarule-model";
/// The model's own metadata, in file order (after the digest).
inline constexpr std::array<std::string_view, 8> kKeys{"format",        "version",  "precision",  "network",
                                                       "preprocessing", "settings", "provenance", "metrics"};
/// Follows them in models that know how they were trained; files without it are of the same version.
inline constexpr std::string_view kHistoryKey = "history";

[[nodiscard]] inline bool is_own_key(std::string_view key) {
  return key == "digest" || key == kHistoryKey || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

/// "layer3.…": the names of weights. No other section may be called like this.
[[nodiscard]] inline bool is_weight_name(std::string_view name) {
  constexpr std::string_view kStart = "layer";
  return name.size() > kStart.size() && name.substr(0, kStart.size()) == kStart && name[kStart.size()] >= '0' &&
         name[kStart.size()] <= '9';
}

/// What must hold for every model, written or read: the preprocessing is one and fits the network, the weights are as
/// many as the network has places, finite, and zero where there is no connection; names are given once.
Result<void> check_model(const Model& model, const base::Graph& graph, const std::string& name);

}  // namespace deltarule::model::file
