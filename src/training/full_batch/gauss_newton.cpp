#include "training/full_batch/gauss_newton.hpp"

#include <algorithm>
#include <cmath>

#include "training/full_batch/limits.hpp"

namespace deltarule::training {
namespace {

using network::kChunk;
using network::ParameterKind;

constexpr std::size_t kPanelSize = kChunk * kBlock;

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
          add_column(view, i, u, place);
        }
  }
  rows_ = base::AlignedBuffer<double>(sum_.panels() * kPanelSize);
  first_run_.push_back(runs_.size());
}

template <class T>
void GaussNewton<T>::add_column(const network::View& view, std::size_t sender, std::size_t unit, std::size_t place) {
  const std::size_t column = places_.size();
  if (column % kBlock == 0) first_run_.push_back(runs_.size());
  const bool follows = column % kBlock != 0 && places_.back() + 1 == place && unit % base::kPanel<T> != 0 &&
                       runs_.back().layer == view.layer && runs_.back().kind == view.kind &&
                       runs_.back().source == view.source && runs_.back().sender == sender;
  if (follows)
    ++runs_.back().length;
  else
    runs_.push_back({column, 1, view.layer, unit, view.source, sender, view.kind});
  kinds_.push_back(view.kind);
  places_.push_back(place);
}

template <class T>
double GaussNewton<T>::bytes(std::size_t columns) {
  const double panels = std::ceil(static_cast<double>(columns) / static_cast<double>(kBlock));
  const double rows = panels * static_cast<double>(kPanelSize * sizeof(double));
  return 2 * SymmetricMatrix::bytes(columns) + rows +
         static_cast<double>(columns) * static_cast<double>(sizeof(Run) + sizeof(std::size_t));
}

/// Up to the sign, which products do not have: δ a, with (3) to (5); for gains δ_y Î. Units that follow each other are
/// in one panel.
template <class T>
void GaussNewton<T>::fill_run(network::Workspace<T>& workspace, std::size_t rows, const Run& run, double* to) {
  constexpr T one = T{1};
  const bool is_weight = run.kind == ParameterKind::weights, is_gain = run.kind == ParameterKind::gains;
  const auto deltas = is_weight ? workspace.deltas(run.layer) : workspace.deltas_seen(run.layer);
  const auto source = is_weight ? workspace.source(run.source) : is_gain ? workspace.normal(run.layer) : deltas;
  const std::size_t sender = is_weight ? run.sender : run.unit;
  const T* delta = &deltas(0, run.unit);
  const T* a = is_weight || is_gain ? &source(0, sender) : &one;
  const std::size_t delta_stride = deltas.width(run.unit / base::kPanel<T>);
  const std::size_t a_stride = is_weight || is_gain ? source.width(sender / base::kPanel<T>) : 0;
  for (std::size_t r = 0; r < rows; ++r, to += kBlock, delta += delta_stride, a += a_stride)
    for (std::size_t c = 0; c < run.length; ++c)
      to[c] = static_cast<double>(delta[c]) * static_cast<double>(is_gain ? a[c] : *a);
}

template <class T>
void GaussNewton<T>::fill_panel(network::Workspace<T>& workspace, std::size_t rows, std::size_t panel) {
  double* const to = rows_.data() + panel * kPanelSize;
  for (std::size_t i = first_run_[panel]; i < first_run_[panel + 1]; ++i)
    fill_run(workspace, rows, runs_[i], to + runs_[i].column % kBlock);
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
