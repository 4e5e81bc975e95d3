#include "explain/page/sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace deltarule::explain {
namespace {

/// A number that takes `from` to `to` in one addition, if there is one.
std::optional<double> step_between(double from, double to) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double near = to - from;
  for (const double rest : {near, std::nextafter(near, kInfinity), std::nextafter(near, -kInfinity)})
    if (from + rest == to) return rest;
  return std::nullopt;
}

}  // namespace

double added(std::span<const double> terms, const ShownTerms& shown) {
  std::vector<std::size_t> places = shown.shown;
  std::sort(places.begin(), places.end());
  double sum = 0;
  for (const std::size_t place : places) sum += terms[place];
  return shown.more > 0 ? sum + shown.rest : sum;
}

ShownTerms shown_terms(std::span<const double> terms, double value, std::size_t most) {
  std::vector<std::size_t> order(terms.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // What is no number comes first, where it is seen.
  const auto size = [&](std::size_t place) {
    return std::isnan(terms[place]) ? std::numeric_limits<double>::infinity() : std::fabs(terms[place]);
  };
  std::sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    return size(one) != size(other) ? size(one) > size(other) : one < other;
  });
  for (std::size_t count = std::min(most, terms.size()); count < terms.size(); count += 1 + count / 4) {
    ShownTerms shown{{order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count)}, 0, 0.0};
    const auto rest = step_between(added(terms, shown), value);
    if (!rest) continue;
    shown.more = terms.size() - count;
    shown.rest = *rest;
    return shown;
  }
  return {std::move(order), 0, 0.0};
}

}  // namespace deltarule::explain
