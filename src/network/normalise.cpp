#include "network/normalise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "derivation/normalisation.hpp"

namespace deltarule::network {
namespace {

using base::kPanel;
using base::Normalisation;
using base::Panels;

// ---- sums over the units of a row ----

constexpr std::size_t kParts = 8;

/// Σ over units, part l over u ≡ l mod 8, ascending; panels are whole multiples of 8.
template <class T>
struct Parts {
  T part[kParts] = {};
  [[nodiscard]] T joined() const {
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
  }
  /// Adds term(u) for n units.
  template <class Term>
  void add(std::size_t n, const Term& term) {
    const std::size_t whole = n / kParts * kParts;
    for (std::size_t u = 0; u < whole; u += kParts)
      for (std::size_t l = 0; l < kParts; ++l) part[l] += term(u + l);
    for (std::size_t u = whole; u < n; ++u) part[u - whole] += term(u);
  }
};

template <class T>
T* row_of(const Panels<T>& values, std::size_t row, std::size_t p) {
  return values.panel(p) + row * values.width(p);
}

/// 1/√(σ² + ε). A variance that overflowed is no variance: 0 would hide it.
template <class T>
T inverse_of(T variance) {
  if (!(variance <= std::numeric_limits<T>::max())) return std::numeric_limits<T>::quiet_NaN();
  return T{1} / std::sqrt(variance + static_cast<T>(derivation::kNormalisationEpsilon));
}

/// The numbers of a layer's units side by side, or null.
template <class T>
const T* row_of_units(const Network<T>& network, const T* parameters, std::size_t layer, ParameterKind kind) {
  const View* view = network.row_view(layer, kind);
  return view != nullptr ? parameters + view->offset : nullptr;  // one sender: panels follow each other
}

/// Gains and biases of a layer's units, side by side.
template <class T>
struct Scale {
  const T* gains;
  const T* biases;  // or null

  Scale(const Network<T>& network, const T* parameters, std::size_t layer)
      : gains(row_of_units(network, parameters, layer, ParameterKind::gains)),
        biases(row_of_units(network, parameters, layer, ParameterKind::biases)) {}

  /// y = γ Î + β for n units from `first` on.
  void apply(const T* normal, std::size_t first, std::size_t n, T* y) const {
    const T* const gain = gains + first;
    if (biases == nullptr) {
      for (std::size_t u = 0; u < n; ++u) y[u] = gain[u] * normal[u];
      return;
    }
    const T* const bias = biases + first;
    for (std::size_t u = 0; u < n; ++u) y[u] = gain[u] * normal[u] + bias[u];
  }
};

// ---- over the units of a layer ----

/// One row from I in `net` to Î in `normal` (which may be net) and y in net; 1/√(σ² + ε). Deviations are taken from the
/// first unit, then from their mean: units that are all alike have Î = 0 whatever they are.
template <class T>
T normalise_units(const Scale<T>& scale, const Panels<T>& net, const Panels<T>& normal, std::size_t row) {
  const T first = net.panel(0)[row * net.width(0)], n = static_cast<T>(net.units);
  Parts<T> sum;
  for (std::size_t p = 0; p < net.count(); ++p) {
    const T* const I = row_of(net, row, p);
    T* const d = row_of(normal, row, p);
    for (std::size_t u = 0; u < net.units_in(p); ++u) d[u] = I[u] - first;
    sum.add(net.units_in(p), [d](std::size_t u) { return d[u]; });
  }
  const T mean = sum.joined() / n;
  Parts<T> squares;
  for (std::size_t p = 0; p < net.count(); ++p) {
    T* const d = row_of(normal, row, p);
    for (std::size_t u = 0; u < net.units_in(p); ++u) d[u] -= mean;
    squares.add(net.units_in(p), [d](std::size_t u) { return d[u] * d[u]; });
  }
  const T inverse = inverse_of(squares.joined() / n);
  for (std::size_t p = 0; p < net.count(); ++p) {
    T* const d = row_of(normal, row, p);
    for (std::size_t u = 0; u < net.units_in(p); ++u) d[u] *= inverse;
    scale.apply(d, p * kPanel<T>, net.units_in(p), row_of(net, row, p));
  }
  return inverse;
}

/// The way back: δ = (g − mean(g) − Î mean(g Î)) / √(σ² + ε) in place of g.
template <class T>
void denormalise_units(const Panels<T>& g, const Panels<T>& normal, std::size_t row, T inverse) {
  Parts<T> sum, product;
  for (std::size_t p = 0; p < g.count(); ++p) {
    const T* const one = row_of(g, row, p);
    const T* const other = row_of(normal, row, p);
    sum.add(g.units_in(p), [one](std::size_t u) { return one[u]; });
    product.add(g.units_in(p), [one, other](std::size_t u) { return one[u] * other[u]; });
  }
  const T n = static_cast<T>(g.units), mean = sum.joined() / n, along = product.joined() / n;
  for (std::size_t p = 0; p < g.count(); ++p) {
    T* const one = row_of(g, row, p);
    const T* const other = row_of(normal, row, p);
    for (std::size_t u = 0; u < g.units_in(p); ++u) one[u] = ((one[u] - mean) - other[u] * along) * inverse;
  }
}

// ---- over the patterns of a batch ----

/// μ, σ² and 1/√(σ² + ε) of the units of a panel; I of the first pattern that counts, and μ as seen from there.
template <class T>
struct PanelStatistics {
  T first[kPanel<T>], mean[kPanel<T>], variance[kPanel<T>], inverse[kPanel<T>];
};

/// Weights of patterns: null for 1 each.
template <class T>
T weight_of(const T* weights, std::size_t row) {
  return weights == nullptr ? T{1} : weights[row];
}
template <class T>
T sum_of(const T* weights, std::size_t rows) {
  T sum = 0;
  for (std::size_t r = 0; r < rows; ++r) sum += weight_of(weights, r);
  return sum;
}

/// A pattern of weight 0 is not there, whatever its numbers are. At least one has a weight.
template <class T>
void measure(const Panels<T>& net, std::size_t p, const T* weights, PanelStatistics<T>& s) {
  const std::size_t n = net.units_in(p);
  const T total = sum_of(weights, net.rows);
  std::size_t start = 0;
  while (weight_of(weights, start) == T{0}) ++start;
  std::copy_n(row_of(net, start, p), n, s.first);
  std::fill_n(s.mean, n, T{0});
  std::fill_n(s.variance, n, T{0});
  for (std::size_t r = start; r < net.rows; ++r) {
    const T k = weight_of(weights, r);
    const T* const I = row_of(net, r, p);
    for (std::size_t u = 0; k != T{0} && u < n; ++u) s.mean[u] += k * (I[u] - s.first[u]);
  }
  for (std::size_t u = 0; u < n; ++u) s.mean[u] /= total;
  for (std::size_t r = start; r < net.rows; ++r) {
    const T k = weight_of(weights, r);
    const T* const I = row_of(net, r, p);
    for (std::size_t u = 0; k != T{0} && u < n; ++u) {
      const T d = (I[u] - s.first[u]) - s.mean[u];
      s.variance[u] += k * d * d;
    }
  }
  for (std::size_t u = 0; u < n; ++u) {
    s.variance[u] /= total;
    s.inverse[u] = inverse_of(s.variance[u]);
  }
}

/// From I in `net` to Î in `normal` (which may be net) and y in net, for all rows of a panel.
template <class T>
void normalise_panel(const Scale<T>& scale, const PanelStatistics<T>& s, const Panels<T>& net, const Panels<T>& normal,
                     std::size_t p) {
  const std::size_t n = net.units_in(p);
  for (std::size_t r = 0; r < net.rows; ++r) {
    T* const I = row_of(net, r, p);
    T* const to = row_of(normal, r, p);
    for (std::size_t u = 0; u < n; ++u) to[u] = ((I[u] - s.first[u]) - s.mean[u]) * s.inverse[u];
    scale.apply(to, p * kPanel<T>, n, I);
  }
}

template <class T>
void normalise_by_batch(const Scale<T>& scale, const Panels<T>& net, const Panels<T>& normal, const T* weights,
                        NormalisedLayer<T>& kept) {
  PanelStatistics<T> s;
  for (std::size_t p = 0; p < net.count(); ++p) {
    measure(net, p, weights, s);
    normalise_panel(scale, s, net, normal, p);
    const std::size_t at = p * kPanel<T>;
    for (std::size_t u = 0; u < net.units_in(p); ++u) {
      kept.means[at + u] = s.first[u] + s.mean[u];
      kept.variances[at + u] = s.variance[u];
      kept.inverses[at + u] = s.inverse[u];
    }
  }
}

/// By running statistics; `inverses` (may be null) keeps 1/√(σ² + ε).
template <class T>
void normalise_by_running(const Network<T>& network, const T* parameters, std::size_t layer, const Panels<T>& net,
                          const Panels<T>& normal, T* inverses) {
  const Scale<T> scale(network, parameters, layer);
  const T* const means = row_of_units(network, parameters, layer, ParameterKind::running_means);
  const T* const variances = row_of_units(network, parameters, layer, ParameterKind::running_variances);
  PanelStatistics<T> s;
  std::fill_n(s.mean, kPanel<T>, T{0});
  for (std::size_t p = 0; p < net.count(); ++p) {
    const std::size_t at = p * kPanel<T>;
    for (std::size_t u = 0; u < net.units_in(p); ++u) {
      s.first[u] = means[at + u];
      s.inverse[u] = inverse_of(variances[at + u]);
      if (inverses != nullptr) inverses[at + u] = s.inverse[u];
    }
    normalise_panel(scale, s, net, normal, p);
  }
}

/// δ_p = (g_p − k_p/Σk Σ g − k_p/Σk Î_p Σ g Î) / √(σ² + ε) in place of g, for one panel; without sums where μ and σ are
/// held.
template <class T>
void denormalise_panel(const Panels<T>& g, const Panels<T>& normal, std::size_t p, const T* inverses, bool held,
                       const T* weights) {
  const std::size_t n = g.units_in(p);
  T sum[kPanel<T>] = {}, product[kPanel<T>] = {};
  for (std::size_t r = 0; !held && r < g.rows; ++r) {
    const T* const one = row_of(g, r, p);
    const T* const other = row_of(normal, r, p);
    for (std::size_t u = 0; u < n; ++u) {
      sum[u] += one[u];
      product[u] += one[u] * other[u];
    }
  }
  const T total = sum_of(weights, g.rows);
  for (std::size_t r = 0; r < g.rows; ++r) {
    const T share = held ? T{0} : weight_of(weights, r) / total;
    T* const one = row_of(g, r, p);
    const T* const other = row_of(normal, r, p);
    for (std::size_t u = 0; u < n; ++u)
      one[u] = ((one[u] - share * sum[u]) - other[u] * (share * product[u])) * inverses[u];
  }
}

}  // namespace

template <class T>
void normalise(const Network<T>& network, const T* parameters, Workspace<T>& workspace, std::size_t layer,
               RowRange rows) {
  const Normalisation how = network.graph().layers()[layer].normalisation;
  const Panels<T> net = workspace.net(layer).slice(rows.first, rows.count);
  NormalisedLayer<T>& kept = workspace.normalised(layer);
  const bool learning = kept.normal.size() > 0;
  const Panels<T> normal = learning ? workspace.normal(layer).slice(rows.first, rows.count) : net;
  const Scale<T> scale(network, parameters, layer);
  if (how == Normalisation::layer) {
    for (std::size_t r = 0; r < rows.count; ++r) {
      const T inverse = normalise_units(scale, net, normal, r);
      if (learning) kept.inverses[rows.first + r] = inverse;
    }
  } else if (workspace.has_own_statistics()) {
    normalise_by_batch(scale, net, normal, workspace.batch_weights(), kept);
  } else {
    normalise_by_running(network, parameters, layer, net, normal, learning ? kept.inverses.data() : nullptr);
  }
}

template <class T>
void normalise_row(const Network<T>& network, const T* parameters, std::size_t layer, T* I) {
  const Panels<T> net{I, 1, network.graph().layers()[layer].units, 0, 1};
  if (network.graph().layers()[layer].normalisation == Normalisation::layer)
    normalise_units(Scale<T>(network, parameters, layer), net, net, 0);
  else
    normalise_by_running<T>(network, parameters, layer, net, net, nullptr);
}

template <class T>
void denormalise(const Network<T>& network, Workspace<T>& workspace, std::size_t layer, RowRange rows) {
  const Normalisation how = network.graph().layers()[layer].normalisation;
  if (how == Normalisation::none) return;
  const Panels<T> delta = workspace.deltas(layer).slice(rows.first, rows.count);
  const Panels<T> seen = workspace.deltas_seen(layer).slice(rows.first, rows.count);
  const Panels<T> normal = workspace.normal(layer).slice(rows.first, rows.count);
  NormalisedLayer<T>& kept = workspace.normalised(layer);
  const T* const gains = row_of_units(network, network.parameters().data(), layer, ParameterKind::gains);
  for (std::size_t p = 0; p < delta.count(); ++p)
    for (std::size_t r = 0; r < rows.count; ++r) {
      T* const from = row_of(delta, r, p);
      std::copy_n(from, delta.units_in(p), row_of(seen, r, p));
      for (std::size_t u = 0; u < delta.units_in(p); ++u) from[u] *= gains[p * kPanel<T> + u];
    }
  if (how == Normalisation::layer) {
    for (std::size_t r = 0; r < rows.count; ++r) denormalise_units(delta, normal, r, kept.inverses[rows.first + r]);
    return;
  }
  for (std::size_t p = 0; p < delta.count(); ++p)
    denormalise_panel(delta, normal, p, kept.inverses.data() + p * kPanel<T>, !workspace.has_own_statistics(),
                      workspace.batch_weights());
}

template <class T>
void gain_slopes(Workspace<T>& workspace, std::size_t rows, std::size_t layer, const Tile& tile, T* slopes) {
  const T* delta = workspace.deltas_seen(layer).panel(tile.panel);
  const T* normal = workspace.normal(layer).panel(tile.panel);
  std::fill_n(slopes, tile.width, T{0});
  for (std::size_t r = 0; r < rows; ++r, delta += tile.width, normal += tile.width)
    for (std::size_t u = 0; u < tile.units; ++u) slopes[u] -= delta[u] * normal[u];
}

template void normalise<float>(const Network<float>&, const float*, Workspace<float>&, std::size_t, RowRange);
template void normalise<double>(const Network<double>&, const double*, Workspace<double>&, std::size_t, RowRange);
template void normalise_row<float>(const Network<float>&, const float*, std::size_t, float*);
template void normalise_row<double>(const Network<double>&, const double*, std::size_t, double*);
template void denormalise<float>(const Network<float>&, Workspace<float>&, std::size_t, RowRange);
template void denormalise<double>(const Network<double>&, Workspace<double>&, std::size_t, RowRange);
template void gain_slopes<float>(Workspace<float>&, std::size_t, std::size_t, const Tile&, float*);
template void gain_slopes<double>(Workspace<double>&, std::size_t, std::size_t, const Tile&, double*);

}  // namespace deltarule::network
