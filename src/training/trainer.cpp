#include "training/trainer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/floating_point_mode.hpp"
#include "base/pace.hpp"
#include "kernels/kernels.hpp"
#include "network/passes.hpp"
#include "network/targets.hpp"
#include "training/divergence.hpp"
#include "training/online.hpp"
#include "training/penalties.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

using network::kChunk;
using network::RowRange;
using network::Stage;
using network::Tile;

/// |Δw| ≤ gain · max(1, |g|), and the refusal rule keeps |g| below the root of the largest number; up to this gain no
/// step can make a weight overflow.
constexpr double kTrustedGain = 1e6;

/// Where every array's squares sum to no more than this, no slope of a batch is too large, nor the sum of their
/// squares: |Σ_p δ a|² ≤ Σ δ² Σ a² over at most `patterns` parts that were looked at apart.
template <class T>
T small_bound(std::size_t patterns) {
  return std::sqrt(std::numeric_limits<T>::max()) / (T{2} * static_cast<T>(patterns));
}

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
  Impl(network::Network<T>& trained, const TrainerOptions& given, network::LabelSmoothing smoothed, std::size_t work)
      : network(trained),
        options(given),
        work_per_thread(work),
        update(make_update<T>(given.optimizer)),
        team(given.threads),
        pattern(trained, 1, true),
        slopes(trained.parameters().size()),
        smoothing(smoothed),
        guarded(!(update->largest_gain() <= kTrustedGain)) {
    const std::size_t size = trained.parameters().size();
    for (std::size_t k = 0; k < update->state_names().size(); ++k) {
      state.arrays.emplace_back(size);
      std::fill_n(state.arrays[k].data(), size, static_cast<T>(update->first_value(k)));
    }
    if (guarded) before.assign(1 + state.arrays.size(), base::AlignedBuffer<T>(size));
    if (!guarded) online = Online<T>::create(trained, given, state);
    if (smoothing.is_on())
      for (auto& targets : smoothed_targets) targets = base::AlignedBuffer<T>(trained.outputs());
  }

  network::Network<T>& network;
  TrainerOptions options;
  std::size_t work_per_thread;
  std::unique_ptr<const Update<T>> update;
  UpdateState<T> state;
  base::ThreadTeam team;
  base::Pace pace;
  bool alone = false;             // the step that is being made is not shared, since that was found to be quicker
  network::Workspace<T> pattern;  // one row, for learn_one and backward
  std::unique_ptr<network::Workspace<T>> batch;  // up to kChunk rows
  std::vector<T> row_factors;                    // of a chunk of weighted patterns
  base::AlignedBuffer<T> slopes;
  network::LabelSmoothing smoothing;
  bool guarded;                                // looks at every weight after every step, and takes a bad one back
  std::vector<base::AlignedBuffer<T>> before;  // weights and state before a guarded step
  BatchErrors errors_before;
  std::uint64_t refused = 0;
  bool has_forward = false;               // `pattern` holds a forward pass with the weights as they are
  std::unique_ptr<Online<T>> online;      // null for rules and settings that it does not serve
  base::AlignedBuffer<T> gathered[2][2];  // inputs and targets of two single patterns
  base::AlignedBuffer<T> smoothed_targets[2];

  const kernels::Kernels<T>& kernels() const { return kernels::kernels<T>(); }

  // ---- who does what ----

  /// work(first, last) over pieces 0 … count−1, on the team when that pays; members take at least `least` pieces at a
  /// time. Without a least amount of work per thread every member takes part. Captures one pointer: nothing allocates.
  template <class Work>
  void share(std::size_t count, std::size_t least, std::size_t multiply_adds, const Work& work) {
    if (alone || team.members() == 1 || multiply_adds < 2 * work_per_thread) return work(std::size_t{0}, count);
    const auto part = [&work](std::size_t first, std::size_t last) {
      const base::FlushDenormals mode;
      work(first, last);
    };
    if (work_per_thread == 0) return team.split(count, part);
    team.claim(count, part, least);
  }

  /// Rows that a member takes at a time: whole tiles of the kernels, and few enough parts not to cost their share.
  [[nodiscard]] std::size_t rows_at_a_time(std::size_t rows) const {
    return std::max<std::size_t>(16, (rows / (4 * team.members()) + 7) / 8 * 8);
  }

  /// work(tile) for every tile; owners take whole tiles.
  template <class Work>
  void share_tiles(std::size_t work_per_number, const Work& work) {
    const std::span<const Tile> tiles = network.tiles();
    share(tiles.size(), 1, slopes.size() * work_per_number, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) work(tiles[i]);
    });
  }

  void make_room(std::size_t patterns) {
    // Two at least: a workspace of one row has the order of sums of single patterns, whatever it was used for before.
    const std::size_t rows = std::clamp<std::size_t>(patterns, 2, kChunk);
    if (!batch || batch->capacity() < rows) batch = std::make_unique<network::Workspace<T>>(network, rows, true);
  }

  // ---- the passes of a batch ----

  /// What all deltas of a batch are multiplied by, beside the weights of the patterns, which sum to `weight`: a batch's
  /// E is the mean or the sum of its patterns'.
  T factor(double weight) const { return options.reduction == Reduction::mean ? T{1} / static_cast<T>(weight) : T{1}; }

  /// Deltas of rows whose forward pass is done.
  void deltas(const base::PatternSource<T>& source, std::span<const std::uint32_t> chunk, RowRange rows, T common) {
    const std::span<const T> weights = source.weights();
    if (weights.empty()) return network::deltas(network, *batch, rows, common);
    const std::span<T> factors = std::span(row_factors).subspan(rows.first, rows.count);
    for (std::size_t r = 0; r < rows.count; ++r) factors[r] = weights[chunk[rows.first + r]] * common;
    network::deltas(network, *batch, rows, std::span<const T>(factors));
  }

  /// Gathers up to kChunk patterns and takes each through forward, E and deltas; rows are split over the team. True
  /// when all numbers are small, so that no slope needs to be looked at.
  bool run_rows(const base::PatternSource<T>& source, std::span<const std::uint32_t> chunk, std::size_t patterns,
                T common) {
    std::atomic<bool> small{true};
    share(chunk.size(), rows_at_a_time(chunk.size()), chunk.size() * slopes.size() * 2,
          [&](std::size_t first, std::size_t last) {
            const RowRange rows{first, last - first};
            const T squares = batch->load(source, chunk.subspan(rows.first, rows.count), rows.first);
            network::smooth_targets(smoothing, *batch, rows);  // adds nothing to the squares that the bound would see
            network::forward(network, *batch, rows);
            deltas(source, chunk, rows, common);
            if (network::is_small(network, *batch, rows, small_bound<T>(patterns), squares)) return;
            network::find_faults(network, *batch, rows);
            small.store(false, std::memory_order_relaxed);
          });
    return small.load();
  }

  /// Adds the weighted errors of the rows to `loss`; the first fault in pattern order otherwise.
  Result<void> add_losses(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, bool small,
                          double& loss) {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      if (!small && batch->fault(r).stage != Stage::none) return diverged_at(batch->fault(r), patterns[r], network);
      loss += static_cast<double>(source.weight(patterns[r])) * batch->loss(r);
    }
    if (std::isfinite(loss)) return {};
    return diverged_at({Stage::loss, 0}, patterns.back(), network);
  }

  /// (3) for one chunk into the slopes, weights split over the team.
  void add_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first) {
    share_tiles(rows, [&](const Tile& tile) { add_tile(workspace, rows, is_first, tile); });
  }

  /// The same for one tile. The first chunk starts the sums, the others are added to them.
  void add_tile(network::Workspace<T>& workspace, std::size_t rows, bool is_first, const Tile& tile) {
    T* const total = slopes.data() + tile.offset;
    if (is_first) return network::slopes_of_tile(network, workspace, rows, tile, total);
    TileBuffer part;
    network::slopes_of_tile(network, workspace, rows, tile, part.numbers);
    kernels().add(part.numbers, total, tile.size());
  }

  /// Passes of a whole batch, chunk by chunk: sums of E and of the slopes. When `updates` and nothing needs to be
  /// looked at, the slopes of the last chunk become weight changes tile by tile and are never stored; `*updates` says
  /// so.
  Result<double> run_batch(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns,
                           bool* updates) {
    make_room(patterns.size());
    if (!source.weights().empty()) row_factors.resize(kChunk);
    const double weight = source.weight_of(patterns);
    const T common = factor(weight);
    double loss = 0;
    bool small = true;
    for (std::size_t first = 0; first < patterns.size(); first += kChunk) {
      const auto chunk = patterns.subspan(first, std::min(kChunk, patterns.size() - first));
      const bool small_chunk = run_rows(source, chunk, patterns.size(), common);
      small = small && small_chunk;
      if (auto added = add_losses(source, chunk, small_chunk, loss); !added) return added.error();
      const bool is_last = chunk.size() == patterns.size() - first;
      if (updates != nullptr && *updates && is_last && small) {
        begin_step(reduced(loss, weight));
        update_from_chunk(*batch, chunk.size(), first == 0);
        return loss;
      }
      add_chunk(*batch, chunk.size(), first == 0);
    }
    if (updates != nullptr) *updates = false;
    return loss;
  }

  // ---- from slopes to new weights ----

  /// Slopes of one tile on the stack.
  struct TileBuffer {
    alignas(base::kAlignment) T numbers[base::kPanel<T> * base::kPanel<T>];
  };

  /// A step whose slopes are known to be finite may change weights tile by tile, unless something must see all slopes
  /// or all weights first.
  [[nodiscard]] bool may_fuse() const { return !guarded && options.l2 == 0 && options.l1 == 0; }

  /// E of a batch from the sum over its patterns, whose weights sum to `weight`.
  [[nodiscard]] double reduced(double loss, double weight) const {
    return options.reduction == Reduction::mean ? loss / weight : loss;
  }

  /// `error`: E of the batch, reduced, without penalties; NaN when it is not known.
  void begin_step(double error) {
    const bool is_penalised = options.l2 != 0 || options.l1 != 0;
    if (is_penalised && update->needs_errors()) error += penalties(network, options.l2, options.l1);
    state.errors = {error, state.errors.now};
    ++state.steps;
    update->begin_step(state);
    has_forward = false;
  }

  void update_tile(const Tile& tile, T* tile_slopes) {
    network::hold_still(network, tile, tile_slopes);
    const bool decays = !network.views()[tile.view].is_bias;
    update->apply(kernels(), {network.parameters().data() + tile.offset, tile_slopes, tile.offset, tile.size(), decays},
                  state);
  }

  /// Slopes of the last chunk, added to those before, and the weight change, tile by tile while they are in the cache.
  void update_from_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first) {
    share_tiles(rows + 4, [&](const Tile& tile) {
      TileBuffer part;
      network::slopes_of_tile(network, workspace, rows, tile, part.numbers);
      T* const total = slopes.data() + tile.offset;
      if (!is_first) kernels().add(part.numbers, total, tile.size());
      update_tile(tile, is_first ? part.numbers : total);
    });
  }

  bool all_finite(const T* values, std::size_t count) { return std::isfinite(kernels().square_sum(values, count)); }
  bool all_finite(const base::AlignedBuffer<T>& values) {
    bool finite = true;
    for (const Tile& tile : network.tiles()) finite = finite && all_finite(values.data() + tile.offset, tile.size());
    return finite;
  }

  /// Penalties (weights only), then stillness of what must not move. True when every slope is finite.
  bool finish_tile(const Tile& tile) {
    T* const tile_slopes = slopes.data() + tile.offset;
    if (!network.views()[tile.view].is_bias && (options.l2 != 0 || options.l1 != 0))
      kernels().add_penalties(network.parameters().data() + tile.offset, tile_slopes, static_cast<T>(options.l2),
                              static_cast<T>(options.l1), tile.size());
    network::hold_still(network, tile, tile_slopes);
    return all_finite(tile_slopes, tile.size());
  }

  void remember() {
    errors_before = state.errors;
    std::copy_n(network.parameters().data(), slopes.size(), before[0].data());
    for (std::size_t k = 0; k < state.arrays.size(); ++k)
      std::copy_n(state.arrays[k].data(), slopes.size(), before[k + 1].data());
  }
  void take_back() {
    state.errors = errors_before;
    std::copy_n(before[0].data(), slopes.size(), network.parameters().data());
    for (std::size_t k = 0; k < state.arrays.size(); ++k)
      std::copy_n(before[k + 1].data(), slopes.size(), state.arrays[k].data());
    --state.steps;
  }
  bool step_is_finite() {
    bool finite = true;
    for (const Tile& tile : network.tiles())
      finite = finite && all_finite(network.parameters().data() + tile.offset, tile.size());
    for (const auto& array : state.arrays) finite = finite && all_finite(array);
    return finite;
  }

  /// All slopes become a weight change, unless a number is not finite: then nothing changes. `error` as in begin_step.
  bool change_weights(double error) {
    std::atomic<bool> finite{true};
    share_tiles(2, [&](const Tile& tile) {
      if (!finish_tile(tile)) finite.store(false, std::memory_order_relaxed);
    });
    if (!finite.load()) return false;
    if (guarded) remember();
    begin_step(error);
    share_tiles(4, [&](const Tile& tile) { update_tile(tile, slopes.data() + tile.offset); });
    if (!guarded || step_is_finite()) return true;
    take_back();
    return false;
  }

  Result<double> step(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
    bool updated = may_fuse();
    auto loss = run_batch(source, patterns, &updated);
    if (!loss || updated || change_weights(reduced(*loss, source.weight_of(patterns)))) return loss;
    return diverged_in<T>(network, slopes.span());
  }

  // ---- one pattern ----

  /// From deltas in `pattern` to a weight change; false when a number is not finite: then nothing changes. `error` is
  /// the pattern's E, NaN when it is not known.
  bool learn_from_row(double error) {
    if (online != nullptr && pattern.fault(0).stage == Stage::none && online->change_now(pattern)) {
      count_step();
      return true;
    }
    const T squares = kernels().rough_square_sum(pattern.inputs().data, network.inputs());
    if (online == nullptr && may_fuse() && network::is_small(network, pattern, {0, 1}, small_bound<T>(1), squares)) {
      begin_step(error);
      update_from_chunk(pattern, 1, true);
      return true;
    }
    if (pattern.fault(0).stage != Stage::none) return false;
    add_chunk(pattern, 1, true);
    return change_weights(error);
  }

  LearnStatus counted(bool learned) {
    if (learned) return LearnStatus::learned;
    ++refused;
    return pattern.fault(0).stage == Stage::target_range ? LearnStatus::target_out_of_range : LearnStatus::not_finite;
  }

  /// The targets that are learnt from: the given ones, or the same smoothed, in place 0 or 1.
  const T* to_learn(const T* t, std::size_t place) {
    if (!smoothing.is_on()) return t;
    T* const to = smoothed_targets[place].data();
    for (std::size_t j = 0; j < network.outputs(); ++j) to[j] = smoothing.of(t[j]);
    return to;
  }

  /// One pattern by the general way, which looks at everything that may not be finite.
  bool learn_generally(const T* x, const T* t, T weight) {
    network.settle();
    has_forward = false;
    pattern.put_inputs(0, x);
    pattern.put_targets(0, t);
    network::forward(network, pattern, {0, 1});
    network::deltas(network, pattern, {0, 1}, weight);
    network::find_faults(network, pattern, {0, 1});
    return learn_from_row(static_cast<double>(weight) * pattern.loss(0));
  }

  bool learn_quickly(const T* x, const T* t, double* loss, T weight) {
    if (online == nullptr || !online->learn(x, t, loss, weight)) return false;
    count_step();
    return true;
  }
  void count_step() {
    ++state.steps;
    has_forward = false;
  }

  // ---- patterns of a source, one step each ----

  struct Single {
    const T* x = nullptr;
    const T* t = nullptr;
  };

  /// Where pattern number `index` lies, or where it has been gathered to: `place` is 0 or 1.
  Single single(const base::PatternSource<T>& source, const std::uint32_t& index, std::size_t place) {
    const auto x = source.resident_inputs(), t = source.resident_targets();
    if (x.data != nullptr && t.data != nullptr) return {x.row(index), to_learn(t.row(index), place)};
    auto& [inputs, targets] = gathered[place];
    if (inputs.size() == 0) {
      inputs = base::AlignedBuffer<T>(source.inputs());
      targets = base::AlignedBuffer<T>(source.targets());
    }
    source.gather({&index, 1}, {inputs.data(), 1, source.inputs(), source.inputs()},
                  {targets.data(), 1, source.targets(), source.targets()});
    return {inputs.data(), to_learn(targets.data(), place)};
  }

  /// Learns resident patterns one by one as long as they are plain: adds their weighted E to `sum`, returns how many
  /// were taken.
  std::size_t learn_run(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, double& sum) {
    const auto x = source.resident_inputs(), t = source.resident_targets();
    if (online == nullptr || x.data == nullptr || t.data == nullptr) return 0;
    std::size_t done = 0;
    double loss = 0;
    for (; done < patterns.size(); ++done) {
      const T weight = source.weight(patterns[done]);
      if (weight == T{0}) continue;
      if (!online->learn(x.row(patterns[done]), to_learn(t.row(patterns[done]), 0), &loss, weight)) break;
      sum += static_cast<double>(weight) * loss;
      count_step();
    }
    return done;
  }

  /// One step from `factor` times E_p; the pattern's weighted E_p. A pattern of weight 0 is passed over.
  Result<double> step_single(const base::PatternSource<T>& source, const std::uint32_t& index, T factor) {
    const auto weight = static_cast<double>(source.weight(index));
    if (weight == 0) return 0.0;
    const Single one = single(source, index, 0);
    double loss = 0;
    if (learn_quickly(one.x, one.t, &loss, factor)) return weight * loss;
    if (learn_generally(one.x, one.t, factor)) return weight * pattern.loss(0);
    if (pattern.fault(0).stage != Stage::none) return diverged_at(pattern.fault(0), index, network);
    return diverged_in<T>(network, slopes.span());
  }

  /// Two steps. What is not plain is done again, one at a time.
  Result<double> step_pair(const base::PatternSource<T>& source, std::span<const std::uint32_t> two,
                           std::size_t& done) {
    const std::array<T, 2> weights = {source.weight(two[0]), source.weight(two[1])};
    std::size_t learned = 0;
    double sum = 0;
    if (weights[0] != T{0} && weights[1] != T{0}) {
      const Single one = single(source, two[0], 0), other = single(source, two[1], 1);
      std::array<double, 2> losses{};
      learned = online->learn_pair({one.x, other.x}, {one.t, other.t}, losses, weights);
      for (std::size_t i = 0; i < learned; ++i, ++done) {
        count_step();
        sum += static_cast<double>(weights[i]) * losses[i];
      }
    } else {
      online->finish_pairs();
    }
    for (std::size_t i = learned; i < 2; ++i, ++done) {
      auto loss = step_single(source, two[i], weights[i]);
      if (!loss) return loss;
      sum += *loss;
    }
    return sum;
  }
};

template <class T>
Result<Trainer<T>> Trainer<T>::create(network::Network<T>& network, const TrainerOptions& options,
                                      std::size_t work_per_thread) {
  if (auto checked = check_options<T>(options); !checked) return checked.error();
  const auto smoothing = network::label_smoothing(network.loss(), network.outputs(), options.label_smoothing);
  if (!smoothing) return smoothing.error();
  return Trainer(std::make_unique<Impl>(network, options, *smoothing, work_per_thread));
}

template <class T>
Result<double> Trainer<T>::step(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
  const base::FlushDenormals mode;
  if (patterns.size() == 1) {
    const bool mean = impl_->options.reduction == Reduction::mean;  // of one pattern: itself
    return impl_->step_single(source, patterns[0], mean ? T{1} : source.weight(patterns[0]));
  }
  if (source.weight_of(patterns) == 0) return 0.0;
  impl_->network.settle();
  impl_->alone = impl_->work_per_thread > 0 && !impl_->pace.shares();
  const std::uint64_t begin = base::ticks();
  auto loss = impl_->step(source, patterns);
  impl_->pace.took(static_cast<double>(base::ticks() - begin) / static_cast<double>(patterns.size()));
  impl_->alone = false;
  return loss;
}

template <class T>
Result<double> Trainer<T>::step_each(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns,
                                     std::size_t& done) {
  const base::FlushDenormals mode;
  Impl& self = *impl_;
  double sum = 0;
  const bool pairs = self.online != nullptr && self.online->looks_ahead();
  for (done = 0; done < patterns.size();) {
    if (pairs && patterns.size() - done > 1) {
      auto loss = self.step_pair(source, patterns.subspan(done, 2), done);
      if (!loss) return loss;
      sum += *loss;
      continue;
    }
    if (pairs)
      self.online->finish_pairs();
    else
      done += self.learn_run(source, patterns.subspan(done), sum);
    if (done == patterns.size()) break;
    auto loss = self.step_single(source, patterns[done], source.weight(patterns[done]));
    if (!loss) return loss;
    sum += *loss;
    ++done;
  }
  if (pairs) self.online->finish_pairs();
  return sum;
}

template <class T>
Result<std::vector<T>> Trainer<T>::slopes(const base::PatternSource<T>& source,
                                          std::span<const std::uint32_t> patterns) {
  const base::FlushDenormals mode;
  impl_->network.settle();
  if (source.weight_of(patterns) == 0) return std::vector<T>(impl_->network.graph().weight_count());
  auto loss = impl_->run_batch(source, patterns, nullptr);
  if (!loss) return loss.error();
  std::vector<T> slopes = impl_->network.to_canonical(impl_->slopes.span());
  for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] = impl_->network.is_masked(i) ? T{0} : slopes[i];
  return slopes;
}

template <class T>
LearnStatus Trainer<T>::learn_one(std::span<const T> x, std::span<const T> t, T weight) noexcept {
  Impl& self = *impl_;
  if (x.size() != self.network.inputs() || t.size() != self.network.outputs()) return LearnStatus::shape_error;
  if (!(weight >= T{0} && std::isfinite(weight))) {
    ++self.refused;
    return LearnStatus::weight_out_of_range;
  }
  if (weight == T{0}) return LearnStatus::learned;
  const base::FlushDenormals mode;
  const T* const targets = self.to_learn(t.data(), 0);
  if (self.learn_quickly(x.data(), targets, nullptr, weight)) return LearnStatus::learned;
  return self.counted(self.learn_generally(x.data(), targets, weight));
}

template <class T>
std::span<const T> Trainer<T>::forward(std::span<const T> x) noexcept {
  Impl& self = *impl_;
  if (x.size() != self.network.inputs()) return {};
  const base::FlushDenormals mode;
  self.network.settle();
  self.pattern.put_inputs(0, x.data());
  network::forward(self.network, self.pattern, {0, 1});
  self.has_forward = true;
  return {self.pattern.outputs().data, self.network.outputs()};
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
  const LearnStatus status = self.counted(self.learn_from_row(std::numeric_limits<double>::quiet_NaN()));
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
  impl_->network.settle();
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
  impl_->network.settle();  // a pending change is one of the velocity, too
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
