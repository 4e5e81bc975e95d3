#include "network/targets.hpp"

#include <string>

namespace deltarule::network {

using base::LossKind;

std::string_view TargetRange::in_words() const {
  if (above_zero) return "a target above 0";
  return from_zero ? "a target from 0 up" : "a finite target";
}

TargetRange target_range(const derivation::Loss& loss) {
  const bool amounts = loss.kind == LossKind::gamma_deviance;
  return {amounts || loss.kind == LossKind::poisson_deviance, amounts};
}

template <class T>
bool targets_are_in_range(const derivation::Loss& loss, Workspace<T>& workspace, std::size_t row) {
  const TargetRange range = target_range(loss);
  if (!range.is_limited()) return true;
  const auto targets = workspace.targets();
  for (std::size_t u = 0; u < targets.units; ++u)
    if (!range.holds(static_cast<double>(targets(row, u)))) return false;
  return true;
}

Result<LabelSmoothing> label_smoothing(const derivation::Loss& loss, std::size_t outputs, double epsilon) {
  const auto refuse = [&](std::string got, std::string needed, std::string fix) -> Error {
    return {ErrorCode::spec, "label_smoothing", std::move(got), std::move(needed), std::move(fix)};
  };
  if (!(epsilon >= 0 && epsilon < 1))
    return refuse(std::to_string(epsilon), "a number from 0 up to, not with, 1", "0.1 is usual");
  if (epsilon == 0) return LabelSmoothing{};
  const bool softmax = loss.kind == LossKind::softmax_cross_entropy;
  if (!softmax && loss.kind != LossKind::binary_cross_entropy)
    return refuse(std::to_string(epsilon) + " with the loss " + loss.name,
                  "softmax_cross_entropy or binary_cross_entropy, whose targets are labels",
                  "Leave labels as they are");
  return LabelSmoothing{1.0 - epsilon, epsilon / (softmax ? static_cast<double>(outputs) : 2.0)};
}

template <class T>
void smooth_targets(const LabelSmoothing& smoothing, Workspace<T>& workspace, RowRange rows) {
  if (!smoothing.is_on()) return;
  const auto targets = workspace.targets();
  for (std::size_t r = rows.first; r < rows.first + rows.count; ++r)
    for (std::size_t u = 0; u < targets.units; ++u) targets(r, u) = smoothing.of(targets(r, u));
}

template bool targets_are_in_range<float>(const derivation::Loss&, Workspace<float>&, std::size_t);
template bool targets_are_in_range<double>(const derivation::Loss&, Workspace<double>&, std::size_t);
template void smooth_targets<float>(const LabelSmoothing&, Workspace<float>&, RowRange);
template void smooth_targets<double>(const LabelSmoothing&, Workspace<double>&, RowRange);

}  // namespace deltarule::network
