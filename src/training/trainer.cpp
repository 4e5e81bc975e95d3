#include "training/trainer.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <utility>

#include "base/floating_point_mode.hpp"
#include "kernels/kernels.hpp"
#include "network/passes.hpp"
#include "training/divergence.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

using network::kChunk;
using network::ParameterRange;
using network::RowRange;
using network::Stage;

/// |Δw| ≤ gain · max(1, |g|), and the refusal rule keeps |g| below the root of the largest number; up to this gain no
/// step can make a weight overflow.
constexpr double kTrustedGain = 1e6;

Result<void> check_penalty(const char* name, double value) {
  if (std::isfinite(value) && value >= 0) return {};
  return Error{ErrorCode::spec, name, std::to_string(value), "a finite number that is not negative", {}};
}

/// The settings as the kernels will see them: 0.99999999999 is 1 in f32, 1e-60 is 0.
template <class T>
Optimizer rounded_to(Optimizer optimizer) {
  for (const UpdateSetting& setting : entry_of(optimizer).settings) {
    double& value = *setting.field(optimizer);
    value = static_cast<double>(static_cast<T>(value));
  }
  return optimizer;
}

template <class T>
Result<void> check_options(const TrainerOptions& options) {
  if (auto checked = check_settings(options.optimizer); !checked) return checked;
  if (auto checked = check_settings(rounded_to<T>(options.optimizer)); !checked) {
    Error error = checked.error();
    error.place += ", rounded to the number type of the run";
    return error;
  }
  if (auto checked = check_penalty("l2", options.l2); !checked) return checked;
  if (auto checked = check_penalty("l1", options.l1); !checked) return checked;
  if (options.threads == 0) return Error{ErrorCode::spec, "threads", "0", "at least one thread", {}};
  return {};
}

}  // namespace

template <class T>
struct Trainer<T>::Impl {
  Impl(network::Network<T>& trained, const TrainerOptions& given, std::size_t work)
      : network(trained),
        options(given),
        work_per_thread(work),
        update(make_update<T>(given.optimizer)),
        team(given.threads),
        pattern(trained, 1, true),
        slopes(trained.parameters().size()),
        guarded(!(update->largest_gain() <= kTrustedGain)) {
    const std::size_t size = trained.parameters().size();
    for (std::size_t k = 0; k < update->state_names().size(); ++k) state.arrays.emplace_back(size);
    if (guarded) before.assign(1 + state.arrays.size(), base::AlignedBuffer<T>(size));
  }

  network::Network<T>& network;
  TrainerOptions options;
  std::size_t work_per_thread;
  std::unique_ptr<const Update<T>> update;
  UpdateState<T> state;
  base::ThreadTeam team;
  network::Workspace<T> pattern;                 // one row, for learn_one and backward
  std::unique_ptr<network::Workspace<T>> batch;  // up to kChunk rows
  base::AlignedBuffer<T> slopes;
  base::AlignedBuffer<T> chunk_slopes;         // only for batches of several chunks
  bool guarded;                                // looks at every weight after every step, and takes a bad one back
  std::vector<base::AlignedBuffer<T>> before;  // weights and state before a guarded step
  std::uint64_t refused = 0;
  bool has_forward = false;  // `pattern` holds a forward pass with the weights as they are

  const kernels::Kernels<T>& kernels() const { return kernels::kernels<T>(); }

  // ---- who does what ----

  /// work(first, last) over pieces 0 … count−1, on the team when that pays. Captures one pointer: nothing allocates.
  template <class Work>
  void share(std::size_t count, std::size_t multiply_adds, const Work& work) {
    if (team.members() == 1 || multiply_adds < 2 * work_per_thread) return work(std::size_t{0}, count);
    team.split(count, [&work](std::size_t first, std::size_t last) {
      const base::FlushDenormals mode;
      work(first, last);
    });
  }

  /// The same over the flat block; owners take whole pieces of owned_together numbers.
  template <class Work>
  void share_parameters(std::size_t work_per_number, const Work& work) {
    constexpr std::size_t piece = network::owned_together<T>();
    const std::size_t size = slopes.size();
    share((size + piece - 1) / piece, size * work_per_number, [&](std::size_t first, std::size_t last) {
      work(ParameterRange{first * piece, std::min(last * piece, size)});
    });
  }

  void make_room(std::size_t patterns) {
    const std::size_t rows = std::min(patterns, kChunk);
    if (!batch || batch->capacity() < rows) batch = std::make_unique<network::Workspace<T>>(network, rows, true);
    if (patterns > kChunk && chunk_slopes.size() == 0) chunk_slopes = base::AlignedBuffer<T>(slopes.size());
  }

  // ---- the passes of a batch ----

  /// Gathers up to kChunk patterns and takes each through forward, E and deltas; rows are split over the team.
  void run_rows(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
    const std::size_t work = patterns.size() * slopes.size() * 2;
    share(patterns.size(), work, [&](std::size_t first, std::size_t last) {
      const RowRange rows{first, last - first};
      source.gather(patterns.subspan(rows.first, rows.count), batch->inputs().slice(rows.first, rows.count),
                    batch->targets().slice(rows.first, rows.count));
      network::forward(network, *batch, rows);
      network::deltas(network, *batch, rows);
    });
  }

  /// Adds the errors of the rows to `loss`; the first fault in pattern order otherwise.
  Result<void> add_losses(std::span<const std::uint32_t> patterns, double& loss) {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      if (batch->fault(r).stage != Stage::none)
        return diverged_at(batch->fault(r), patterns[r], network.graph().layers().size());
      loss += batch->loss(r);
    }
    if (std::isfinite(loss)) return {};
    return diverged_at({Stage::loss, 0}, patterns.back(), network.graph().layers().size());
  }

  /// (3) for one chunk, weights split over the team. The first chunk starts the sums, the others are added to them.
  void add_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first) {
    share_parameters(rows, [&](ParameterRange range) {
      T* part = (is_first ? slopes : chunk_slopes).data();
      std::fill(part + range.first, part + range.last, T{0});
      network::accumulate_slopes(network, workspace, rows, range, {part, slopes.size()});
      if (!is_first) kernels().add(part + range.first, slopes.data() + range.first, range.last - range.first);
    });
  }

  /// Sums of E and of the slopes over a batch, chunk by chunk.
  Result<double> run_batch(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
    make_room(patterns.size());
    double loss = 0;
    for (std::size_t first = 0; first < patterns.size(); first += kChunk) {
      const auto chunk = patterns.subspan(first, std::min(kChunk, patterns.size() - first));
      run_rows(source, chunk);
      if (auto added = add_losses(chunk, loss); !added) return added.error();
      add_chunk(*batch, chunk.size(), first == 0);
    }
    return loss;
  }

  // ---- from slopes to new weights ----

  /// Calls work(view, first, last) for the part of each view in a range.
  template <class Work>
  void for_views(ParameterRange range, const Work& work) {
    for (const network::View& view : network.views()) {
      const std::size_t first = std::max(range.first, view.offset);
      const std::size_t last = std::min(range.last, view.offset + view.size());
      if (first < last) work(view, first, last);
    }
  }

  bool all_finite(const T* values, ParameterRange range) {
    constexpr std::size_t piece = network::owned_together<T>();
    for (std::size_t i = range.first; i < range.last; i += piece)
      if (!kernels().all_finite(values + i, std::min(piece, range.last - i))) return false;
    return true;
  }

  /// Reduction and penalties (weights only), then stillness of what must not move. True when every slope is finite.
  bool finish_range(T count, ParameterRange range) {
    for_views(range, [&](const network::View& view, std::size_t first, std::size_t last) {
      const T l2 = view.is_bias ? T{0} : static_cast<T>(options.l2);
      const T l1 = view.is_bias ? T{0} : static_cast<T>(options.l1);
      kernels().finish_slopes(network.parameters().data() + first, slopes.data() + first, count, l2, l1, last - first);
    });
    network::hold_still(network, range, slopes.span());
    return all_finite(slopes.data(), range);
  }

  void update_range(ParameterRange range) {
    for_views(range, [&](const network::View& view, std::size_t first, std::size_t last) {
      update->apply(kernels(),
                    {network.parameters().data() + first, slopes.data() + first, first, last - first, !view.is_bias},
                    state);
    });
  }

  void remember() {
    std::copy_n(network.parameters().data(), slopes.size(), before[0].data());
    for (std::size_t k = 0; k < state.arrays.size(); ++k)
      std::copy_n(state.arrays[k].data(), slopes.size(), before[k + 1].data());
  }
  void take_back() {
    std::copy_n(before[0].data(), slopes.size(), network.parameters().data());
    for (std::size_t k = 0; k < state.arrays.size(); ++k)
      std::copy_n(before[k + 1].data(), slopes.size(), state.arrays[k].data());
    --state.steps;
  }
  bool step_is_finite() {
    bool finite = all_finite(network.parameters().data(), {0, slopes.size()});
    for (const auto& array : state.arrays) finite = finite && all_finite(array.data(), {0, slopes.size()});
    return finite;
  }

  /// Slopes that are sums over `patterns` become a weight change, unless a number is not finite: then nothing changes.
  bool change_weights(std::size_t patterns) {
    const T count = options.reduction == Reduction::mean ? static_cast<T>(patterns) : T{1};
    std::atomic<bool> finite{true};
    share_parameters(2, [&](ParameterRange range) {
      if (!finish_range(count, range)) finite.store(false, std::memory_order_relaxed);
    });
    if (!finite.load()) return false;
    if (guarded) remember();
    ++state.steps;
    share_parameters(4, [&](ParameterRange range) { update_range(range); });
    has_forward = false;
    if (!guarded || step_is_finite()) return true;
    take_back();
    return false;
  }

  // ---- one pattern ----

  LearnStatus learn_from_row() {
    if (pattern.fault(0).stage == Stage::none) {
      const ParameterRange all{0, slopes.size()};
      std::fill_n(slopes.data(), slopes.size(), T{0});
      network::accumulate_slopes(network, pattern, 1, all, slopes.span());
      if (change_weights(1)) return LearnStatus::learned;
    }
    ++refused;
    return LearnStatus::not_finite;
  }
};

template <class T>
Result<Trainer<T>> Trainer<T>::create(network::Network<T>& network, const TrainerOptions& options,
                                      std::size_t work_per_thread) {
  if (auto checked = check_options<T>(options); !checked) return checked.error();
  return Trainer(std::make_unique<Impl>(network, options, work_per_thread));
}

template <class T>
Result<double> Trainer<T>::step(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
  const base::FlushDenormals mode;
  auto loss = impl_->run_batch(source, patterns);
  if (!loss || impl_->change_weights(patterns.size())) return loss;
  return diverged_in<T>(impl_->network, impl_->slopes.span());
}

template <class T>
Result<std::vector<T>> Trainer<T>::slopes(const base::PatternSource<T>& source,
                                          std::span<const std::uint32_t> patterns) {
  const base::FlushDenormals mode;
  auto loss = impl_->run_batch(source, patterns);
  if (!loss) return loss.error();
  std::vector<T> slopes = impl_->network.to_canonical(impl_->slopes.span());
  const T count = impl_->options.reduction == Reduction::mean ? static_cast<T>(patterns.size()) : T{1};
  for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] = impl_->network.is_masked(i) ? T{0} : slopes[i] / count;
  return slopes;
}

template <class T>
LearnStatus Trainer<T>::learn_one(std::span<const T> x, std::span<const T> t) noexcept {
  Impl& self = *impl_;
  if (x.size() != self.network.inputs() || t.size() != self.network.outputs()) return LearnStatus::shape_error;
  const base::FlushDenormals mode;
  self.has_forward = false;
  std::copy(x.begin(), x.end(), self.pattern.inputs().row(0));
  std::copy(t.begin(), t.end(), self.pattern.targets().row(0));
  network::forward(self.network, self.pattern, {0, 1});
  network::deltas(self.network, self.pattern, {0, 1});
  return self.learn_from_row();
}

template <class T>
std::span<const T> Trainer<T>::forward(std::span<const T> x) noexcept {
  Impl& self = *impl_;
  if (x.size() != self.network.inputs()) return {};
  const base::FlushDenormals mode;
  std::copy(x.begin(), x.end(), self.pattern.inputs().row(0));
  network::forward(self.network, self.pattern, {0, 1});
  self.has_forward = true;
  return self.pattern.outputs().row_span(0);
}

template <class T>
LearnStatus Trainer<T>::backward(std::span<const T> output_slopes, std::span<T> input_slopes) noexcept {
  Impl& self = *impl_;
  const bool fits = input_slopes.empty() || input_slopes.size() == self.network.inputs();
  if (!self.has_forward || output_slopes.size() != self.network.outputs() || !fits) return LearnStatus::shape_error;
  const base::FlushDenormals mode;
  network::deltas_from_slopes(self.network, self.pattern, output_slopes);
  self.has_forward = false;
  if (!input_slopes.empty()) network::sum_above_inputs(self.network, self.pattern);
  const LearnStatus status = self.learn_from_row();
  if (status == LearnStatus::learned)
    for (std::size_t i = 0; i < input_slopes.size(); ++i) input_slopes[i] = -self.pattern.input_sums().data[i];
  return status;
}

template <class T>
std::uint64_t Trainer<T>::steps() const {
  return impl_->state.steps;
}
template <class T>
std::uint64_t Trainer<T>::refused() const {
  return impl_->refused;
}
template <class T>
network::Network<T>& Trainer<T>::network() {
  return impl_->network;
}
template <class T>
base::ThreadTeam& Trainer<T>::team() {
  return impl_->team;
}
template <class T>
const TrainerOptions& Trainer<T>::options() const {
  return impl_->options;
}
template <class T>
const Update<T>& Trainer<T>::update() const {
  return *impl_->update;
}
template <class T>
const UpdateState<T>& Trainer<T>::state() const {
  return impl_->state;
}

template <class T>
Trainer<T>::Trainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
template <class T>
Trainer<T>::Trainer(Trainer&&) noexcept = default;
template <class T>
Trainer<T>& Trainer<T>::operator=(Trainer&&) noexcept = default;
template <class T>
Trainer<T>::~Trainer() = default;

template class Trainer<float>;
template class Trainer<double>;

}  // namespace deltarule::training
