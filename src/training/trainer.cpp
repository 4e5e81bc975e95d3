#include "training/trainer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/floating_point_mode.hpp"
#include "kernels/kernels.hpp"
#include "network/passes.hpp"
#include "network/targets.hpp"
#include "training/divergence.hpp"
#include "training/full_batch/batch_objective.hpp"
#include "training/full_batch/limits.hpp"
#include "training/noise.hpp"
#include "training/online.hpp"
#include "training/options.hpp"
#include "training/running_statistics.hpp"
#include "training/sharing.hpp"
#include "training/signs.hpp"
#include "training/weight_step.hpp"

namespace deltarule::training {
namespace {

using network::kChunk;
using network::RowRange;
using network::Stage;

/// A pattern that makes a step of its own: the step is number enough.
constexpr std::span<const std::uint32_t> kUnnumbered = {};

/// Where every array's squares sum to no more than this, no slope of a batch is too large, nor the sum of their
/// squares: |Σ_p δ a|² ≤ Σ δ² Σ a² over at most `patterns` parts that were looked at apart.
template <class T>
T small_bound(std::size_t patterns) {
  return std::sqrt(std::numeric_limits<T>::max()) / (T{2} * static_cast<T>(patterns));
}

}  // namespace

template <class T>
struct Trainer<T>::Impl {
  Impl(network::Network<T>& trained, const TrainerOptions& given, network::LabelSmoothing smoothed, Noise<T> noisy,
       std::size_t work)
      : network(trained),
        options(given),
        sharing(given.threads, work),
        weight_step(trained, options, sharing),
        method(weight_step.update().method(trained, options)),
        running(trained),
        pattern(trained, 1, true),
        smoothing(smoothed),
        noise(std::move(noisy)) {
    noise.make_room(pattern);
    if (!weight_step.is_guarded() && !noise.is_on() && given.signs.empty())
      online = Online<T>::create(trained, given, weight_step.state());
    if (smoothing.is_on())
      for (auto& targets : smoothed_targets) targets = base::AlignedBuffer<T>(trained.outputs());
  }

  network::Network<T>& network;
  TrainerOptions options;
  Sharing sharing;
  WeightStep<T> weight_step;
  std::unique_ptr<FullBatchMethod<T>> method;  // null for a rule that sees one weight at a time
  RunningStatistics<T> running;
  network::Workspace<T> pattern;                 // one row, for learn_one and backward
  std::unique_ptr<network::Workspace<T>> batch;  // up to kChunk rows
  std::vector<T> row_factors, row_weights;       // of a chunk of weighted patterns
  network::LabelSmoothing smoothing;
  Noise<T> noise;
  std::uint64_t refused = 0;
  bool has_forward = false;               // `pattern` holds a forward pass with the weights as they are
  std::unique_ptr<Online<T>> online;      // null for rules and settings that it does not serve
  base::AlignedBuffer<T> gathered[2][2];  // inputs and targets of two single patterns
  base::AlignedBuffer<T> smoothed_targets[2];

  const kernels::Kernels<T>& kernels() const { return kernels::kernels<T>(); }
  [[nodiscard]] std::uint64_t steps() { return weight_step.state().steps; }

  template <class Work>
  void share(std::size_t count, std::size_t least, std::size_t multiply_adds, const Work& work) {
    sharing.share(count, least, multiply_adds, work);
  }

  void make_room(std::size_t patterns) {
    // Two at least: a workspace of one row has the order of sums of single patterns, whatever it was used for before.
    const std::size_t rows = std::clamp<std::size_t>(patterns, 2, kChunk);
    if (batch && batch->capacity() >= rows) return;
    batch = std::make_unique<network::Workspace<T>>(network, rows, true);
    noise.make_room(*batch);
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

  /// Layers normalised by batches go by the chunk's own statistics when two patterns of it count.
  void begin_batch(const base::PatternSource<T>& source, std::span<const std::uint32_t> chunk) {
    std::size_t counting = chunk.size();
    const bool weighted = !source.weights().empty();
    if (weighted) {
      row_weights.resize(kChunk);
      for (std::size_t r = 0; r < chunk.size(); ++r) row_weights[r] = source.weights()[chunk[r]];
      counting -= static_cast<std::size_t>(std::count(row_weights.data(), row_weights.data() + chunk.size(), T{0}));
    }
    batch->begin_batch(counting > 1, weighted ? row_weights.data() : nullptr);
  }

  /// Gathers up to kChunk patterns and takes each through forward, E and deltas; rows are split over the team, unless
  /// they meet in the statistics of a layer. True when all numbers are small, so that no slope needs to be looked at.
  bool run_rows(const base::PatternSource<T>& source, std::span<const std::uint32_t> chunk, std::size_t patterns,
                T common) {
    std::atomic<bool> small{true};
    const auto run = [&](std::size_t first, std::size_t last) {
      const RowRange rows{first, last - first};
      const auto own = chunk.subspan(rows.first, rows.count);
      T squares = batch->load(source, own, rows.first);
      if (noise.is_on()) squares += noise.apply(*batch, rows, patterns == 1 ? kUnnumbered : own, steps());
      network::smooth_targets(smoothing, *batch, rows);  // adds nothing to the squares that the bound would see
      network::forward(network, *batch, rows);
      deltas(source, chunk, rows, common);
      if (network::is_small(network, *batch, rows, small_bound<T>(patterns), squares)) return;
      network::find_faults(network, *batch, rows);
      small.store(false, std::memory_order_relaxed);
    };
    if (network.needs_batches()) {
      begin_batch(source, chunk);
      run(0, chunk.size());
    } else {
      share(chunk.size(), sharing.rows_at_a_time(chunk.size()), chunk.size() * weight_step.slopes().size() * 2, run);
    }
    return small.load();
  }

  /// Adds the weighted errors of the rows to `loss`; the first fault in pattern order otherwise.
  Result<void> add_losses(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, bool small,
                          double& loss) {
    const std::span<const T> weights = source.weights();
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      if (!small && batch->fault(r).stage != Stage::none) return diverged_at(batch->fault(r), patterns[r], network);
      loss += weights.empty() ? batch->loss(r) : static_cast<double>(weights[patterns[r]]) * batch->loss(r);
    }
    if (std::isfinite(loss)) return {};
    return diverged_at({Stage::loss, 0}, patterns.back(), network);
  }

  /// Passes of a whole batch, chunk by chunk: sums of E and of the slopes. When `updates` and nothing needs to be
  /// looked at, the slopes of the last chunk become weight changes tile by tile and are never stored; `*updates` says
  /// so. With `errors_are_small` no slopes are summed; it says whether any could be too large.
  Result<double> run_batch(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, bool* updates,
                           bool* errors_are_small = nullptr) {
    make_room(patterns.size());
    if (!source.weights().empty()) row_factors.resize(kChunk);
    const double weight = source.weight_of(patterns);
    const T common = factor(weight);
    double loss = 0;
    bool small = true;
    running.begin(network);
    for (std::size_t first = 0; first < patterns.size(); first += kChunk) {
      const auto chunk = patterns.subspan(first, std::min(kChunk, patterns.size() - first));
      const bool small_chunk = run_rows(source, chunk, patterns.size(), common);
      small = small && small_chunk;
      if (auto added = add_losses(source, chunk, small_chunk, loss); !added) return added.error();
      running.add(network, *batch);
      if (errors_are_small != nullptr) {
        *errors_are_small = small;
        continue;
      }
      const bool is_last = chunk.size() == patterns.size() - first;
      if (updates != nullptr && *updates && is_last && small) {
        weight_step.change_from_chunk(*batch, chunk.size(), first == 0, reduced(loss, weight));
        return loss;
      }
      weight_step.add_chunk(*batch, chunk.size(), first == 0);
    }
    if (updates != nullptr) *updates = false;
    return loss;
  }

  /// E of a batch from the sum over its patterns, whose weights sum to `weight`.
  [[nodiscard]] double reduced(double loss, double weight) const {
    return options.reduction == Reduction::mean ? loss / weight : loss;
  }

  /// A step of a method that moves all weights together.
  Result<double> step_together(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
    BatchObjective<T, Impl> objective(*this, source, patterns);
    auto loss = objective.begin();
    if (!loss) return loss;
    UpdateState<T>& state = weight_step.state();
    state.errors = {objective.first_error(), state.errors.now};
    count_step();
    method->step(objective, state);
    return loss;
  }

  Result<double> step(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
    if (method != nullptr) return step_together(source, patterns);
    bool updated = weight_step.may_fuse();
    auto loss = run_batch(source, patterns, &updated);
    if (!loss) return loss;
    if (!updated && !weight_step.change_weights(reduced(*loss, source.weight_of(patterns))))
      return diverged_in<T>(network, weight_step.slopes());
    running.take_over(network);
    has_forward = false;
    return loss;
  }

  // ---- one pattern ----

  /// The forward pass that is learnt from: with noise, if there is some.
  void pass_forward(const T* x) {
    pattern.put_inputs(0, x);
    if (noise.is_on()) noise.apply(pattern, {0, 1}, kUnnumbered, steps());
    network::forward(network, pattern, {0, 1});
  }

  /// From deltas in `pattern` to a weight change; false when a number is not finite: then nothing changes. `error` is
  /// the pattern's E, NaN when it is not known.
  bool learn_from_row(double error) {
    if (online != nullptr && pattern.fault(0).stage == Stage::none && online->change_now(pattern)) {
      count_step();
      return true;
    }
    const T squares = kernels().rough_square_sum(pattern.inputs().data, network.inputs());
    if (online == nullptr && weight_step.may_fuse() &&
        network::is_small(network, pattern, {0, 1}, small_bound<T>(1), squares)) {
      weight_step.change_from_chunk(pattern, 1, true, error);
      return true;
    }
    if (pattern.fault(0).stage != Stage::none) return false;
    weight_step.add_chunk(pattern, 1, true);
    return weight_step.change_weights(error);
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
    pattern.put_targets(0, t);
    pass_forward(x);
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
    ++weight_step.state().steps;
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
    return diverged_in<T>(network, weight_step.slopes());
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
  if (auto checked = check_options<T>(options, network.graph().layers().size()); !checked) return checked.error();
  const auto smoothing = network::label_smoothing(network.loss(), network.outputs(), options.label_smoothing);
  if (!smoothing) return smoothing.error();
  if (auto checked = check_signs(options, network.graph().weight_count()); !checked) return checked.error();
  auto noise = Noise<T>::create(network, options);
  if (!noise) return noise.error();
  if (auto checked = check_method(options, network.graph(), network.loss().kind); !checked) return checked.error();
  return Trainer(std::make_unique<Impl>(network, options, *smoothing, std::move(*noise), work_per_thread));
}

template <class T>
Result<double> Trainer<T>::step(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns) {
  const base::FlushDenormals mode;
  if (patterns.size() == 1 && impl_->method == nullptr && !impl_->network.needs_batches()) {
    const bool mean = impl_->options.reduction == Reduction::mean;  // of one pattern: itself
    return impl_->step_single(source, patterns[0], mean ? T{1} : source.weight(patterns[0]));
  }
  if (source.weight_of(patterns) == 0) return 0.0;
  impl_->network.settle();
  Sharing& sharing = impl_->sharing;
  sharing.alone = sharing.work_per_thread > 0 && !sharing.pace.shares();
  const std::uint64_t begin = base::ticks();
  auto loss = impl_->step(source, patterns);
  sharing.pace.took(static_cast<double>(base::ticks() - begin) / static_cast<double>(patterns.size()));
  sharing.alone = false;
  return loss;
}

template <class T>
Result<double> Trainer<T>::step_each(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns,
                                     std::size_t& done, double sum) {
  const base::FlushDenormals mode;
  Impl& self = *impl_;
  done = 0;
  if (self.network.needs_batches()) return single_patterns_refused(self.network.graph());
  const bool pairs = looks_ahead();
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
    auto loss = self.method != nullptr ? step(source, patterns.subspan(done, 1))
                                       : self.step_single(source, patterns[done], source.weight(patterns[done]));
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
  std::vector<T> slopes = impl_->network.to_canonical(impl_->weight_step.slopes());
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
  if (self.method != nullptr || self.network.needs_batches()) return LearnStatus::needs_batch;
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
  self.pass_forward(x.data());
  self.has_forward = true;
  return {self.pattern.outputs().data, self.network.outputs()};
}

template <class T>
LearnStatus Trainer<T>::backward(std::span<const T> output_slopes, std::span<T> input_slopes) noexcept {
  Impl& self = *impl_;
  const bool fits = input_slopes.empty() || input_slopes.size() == self.network.inputs();
  if (!self.has_forward || output_slopes.size() != self.network.outputs() || !fits) return LearnStatus::shape_error;
  if (self.method != nullptr || self.network.needs_batches()) return LearnStatus::needs_batch;
  const base::FlushDenormals mode;
  network::deltas_from_slopes(self.network, self.pattern, output_slopes);
  self.has_forward = false;
  if (!input_slopes.empty()) network::sum_above_inputs(self.network, self.pattern);
  const std::uint64_t step = self.steps();
  const LearnStatus status = self.counted(self.learn_from_row(std::numeric_limits<double>::quiet_NaN()));
  if (status != LearnStatus::learned) return status;
  for (std::size_t i = 0; i < input_slopes.size(); ++i) input_slopes[i] = -self.pattern.input_sums().data[i];
  self.noise.to_own_inputs(input_slopes, step);
  return status;
}

template <class T>
TrainerState<T> Trainer<T>::snapshot() const {
  Impl& self = *impl_;
  const std::size_t size = self.weight_step.slopes().size();
  TrainerState<T> taken{base::AlignedBuffer<T>(size), state(), self.refused};
  std::copy_n(self.network.parameters().data(), size, taken.parameters.data());
  return taken;
}

template <class T>
void Trainer<T>::snapshot_into(TrainerState<T>& to) const {
  const UpdateState<T>& from = state();
  const std::size_t size = impl_->weight_step.slopes().size();
  bool fits = to.parameters.size() == size && to.update.arrays.size() == from.arrays.size();
  for (const auto& array : to.update.arrays) fits = fits && array.size() == size;
  if (!fits) {
    to = snapshot();
    return;
  }
  std::copy_n(impl_->network.parameters().data(), size, to.parameters.data());
  for (std::size_t k = 0; k < from.arrays.size(); ++k)
    std::copy_n(from.arrays[k].data(), size, to.update.arrays[k].data());
  copy_numbers(from, to.update);
  to.refused = impl_->refused;
}

template <class T>
Result<void> Trainer<T>::restore(const TrainerState<T>& state) {
  Impl& self = *impl_;
  UpdateState<T>& own = self.weight_step.state();
  const std::size_t size = self.weight_step.slopes().size(), arrays = own.arrays.size();
  bool fits = state.parameters.size() == size && state.update.arrays.size() == arrays &&
              state.update.numbers.size() == own.numbers.size();
  for (const auto& array : state.update.arrays) fits = fits && array.size() == size;
  if (!fits)
    return Error{ErrorCode::shape, "state of a trainer",
                 std::to_string(state.parameters.size()) + " parameters and " +
                     std::to_string(state.update.arrays.size()) + " arrays of a rule with " +
                     std::to_string(state.update.numbers.size()) + " numbers",
                 std::to_string(size) + " and " + std::to_string(arrays) + " with " +
                     std::to_string(own.numbers.size()) + ", each array as long as the parameters",
                 "restore a state of the same network and rule"};
  std::copy_n(state.parameters.data(), size, self.network.parameters().data());  // makes first what is pending
  // In place: per-pattern learning has the address of the velocity.
  for (std::size_t k = 0; k < arrays; ++k) std::copy_n(state.update.arrays[k].data(), size, own.arrays[k].data());
  copy_numbers(state.update, own);
  set_rate_factor(state.update.rate_factor);
  self.refused = state.refused;
  self.has_forward = false;
  return {};
}

template <class T>
void Trainer<T>::set_rate_factor(double factor) noexcept {
  impl_->weight_step.state().rate_factor = factor;
  if (impl_->online != nullptr) impl_->online->set_rate_factor(factor);
}
template <class T>
double Trainer<T>::rate_factor() const noexcept {
  return impl_->weight_step.state().rate_factor;
}

template <class T>
bool Trainer<T>::looks_ahead() const {
  return impl_->online != nullptr && impl_->online->looks_ahead();
}

template <class T>
void Trainer<T>::halve_steps() {
  impl_->network.settle();
  impl_->weight_step.update().halve_steps(impl_->weight_step.state());
}

template <class T>
std::uint64_t Trainer<T>::steps() const {
  return impl_->weight_step.state().steps;
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
  return impl_->sharing.team;
}
template <class T>
const TrainerOptions& Trainer<T>::options() const {
  return impl_->options;
}
template <class T>
const Update<T>& Trainer<T>::update() const {
  return impl_->weight_step.update();
}
template <class T>
const UpdateState<T>& Trainer<T>::state() const {
  impl_->network.settle();  // a pending change is one of the velocity, too
  return impl_->weight_step.state();
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
