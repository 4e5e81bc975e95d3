#include "training/full_batch/gauss_newton.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "training/full_batch/limits.hpp"

namespace deltarule::training {
namespace {

using network::kChunk;

constexpr std::size_t kPanelSize = kChunk * kBlock;

/// One factor of the elements of a column, pattern by pattern.
template <class T>
struct Factor {
  const T* from = nullptr;
  std::size_t stride = 0;

  Factor() = default;
  Factor(const base::Panels<T>& values, std::size_t unit)
      : from(&values(0, unit)), stride(values.width(unit / base::kPanel<T>)) {}
  explicit Factor(const T* constant) : from(constant) {}
};

template <class T>
constexpr T kZero = T{0};
template <class T>
constexpr T kOne = T{1};

}  // namespace

template <class T>
GaussNewton<T>::GaussNewton(const network::Network<T>& network, const TrainerOptions& options)
    : sum_(movable_count(network.graph(), options)) {
  const std::span<const T> movable = network.movable();
  const T* const flat = network.parameters().data();
  for (const network::View& view : network.views()) {
    if (view.frozen || is_frozen(options, view.layer)) continue;
    const auto panels = view.in(flat);
    for (std::size_t p = 0; p < panels.count(); ++p)
      for (std::size_t i = 0; i < view.senders; ++i)
        for (std::size_t u = p * base::kPanel<T>; u < p * base::kPanel<T> + panels.units_in(p); ++u) {
          const auto place = static_cast<std::size_t>(&panels(i, u) - flat);
          if (!movable.empty() && movable[place] == T{0}) continue;
          columns_.push_back({view.layer, u, view.source, i, view.kind});
          places_.push_back(place);
        }
  }
  rows_ = base::AlignedBuffer<double>(sum_.panels() * kPanelSize);
}

template <class T>
double GaussNewton<T>::bytes(std::size_t columns) {
  const double panels = std::ceil(static_cast<double>(columns) / static_cast<double>(kBlock));
  const double rows = panels * static_cast<double>(kPanelSize * sizeof(double));
  return 2 * SymmetricMatrix::bytes(columns) + rows +
         static_cast<double>(columns) * static_cast<double>(sizeof(Column) + sizeof(std::size_t));
}

/// Up to the sign, which products do not have: δ a, with (3) to (5); for gains δ_y Î.
template <class T>
void GaussNewton<T>::fill_panel(network::Workspace<T>& workspace, std::size_t rows, std::size_t panel) {
  std::array<Factor<T>, kBlock> deltas, activations;
  for (std::size_t c = 0; c < kBlock; ++c) {
    const std::size_t number = panel * kBlock + c;
    if (number >= columns_.size()) {
      deltas[c] = activations[c] = Factor<T>(&kZero<T>);
      continue;
    }
    const Column& column = columns_[number];
    const bool is_weight = column.kind == network::ParameterKind::weights;
    deltas[c] = {is_weight ? workspace.deltas(column.layer) : workspace.deltas_seen(column.layer), column.unit};
    if (is_weight)
      activations[c] = {workspace.source(column.source), column.sender};
    else if (column.kind == network::ParameterKind::gains)
      activations[c] = {workspace.normal(column.layer), column.unit};
    else
      activations[c] = Factor<T>(&kOne<T>);
  }
  double* to = rows_.data() + panel * kPanelSize;
  for (std::size_t r = 0; r < rows; ++r, to += kBlock)
    for (std::size_t c = 0; c < kBlock; ++c)
      to[c] = static_cast<double>(deltas[c].from[r * deltas[c].stride]) *
              static_cast<double>(activations[c].from[r * activations[c].stride]);
}

template <class T>
void GaussNewton<T>::add(network::Workspace<T>& workspace, std::size_t rows, const Share& share) {
  share(sum_.panels(), sum_.panels() * kBlock * rows * 4, [&](std::size_t first, std::size_t last) {
    for (std::size_t p = first; p < last; ++p) fill_panel(workspace, rows, p);
  });
  sum_.add_products(rows_.data(), kPanelSize, rows, share);
}

template class GaussNewton<float>;
template class GaussNewton<double>;

}  // namespace deltarule::training
