#include "training/lanes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/aligned.hpp"
#include "base/floating_point_mode.hpp"
#include "kernels/lanes.hpp"
#include "network/lane_plan.hpp"
#include "network/targets.hpp"
#include "network/workspace.hpp"
#include "training/options.hpp"
#include "training/sampler.hpp"
#include "training/stopping.hpp"
#include "training/trainer.hpp"
#include "training/updates/adam.hpp"

namespace deltarule::training {
namespace {

using kernels::LaneRule;
using network::kChunk;

// Where lanes stop paying (bench/many.cpp, eight networks): per pattern they are 6 times as quick as one after the
// other with 33 weights, 1.9 times with 1000 and 1.2 times with 2100; in batches, where a network alone fills its
// vectors with patterns, 1.7 times with 33, 1.1 times with 131 and 0.7 times with 1000.
constexpr std::size_t kMostWeightsOnline = 2048;
constexpr std::size_t kMostWeightsInBatches = 160;
constexpr std::size_t kWidestLayer = 64;
// Above these a slope or a step may be large although no activation and no delta is.
constexpr double kLargestPenalty = 1e3;
constexpr double kLargestGain = 1e3;
// Numbers of patterns, of all lanes together, that are gathered at a time.
constexpr std::size_t kGathered = 4096;

LaneRule rule_of(const DeltaRule&) { return LaneRule::delta_rule; }
LaneRule rule_of(const Momentum&) { return LaneRule::momentum; }
LaneRule rule_of(const Nesterov&) { return LaneRule::nesterov; }
LaneRule rule_of(const Adam&) { return LaneRule::adam; }
LaneRule rule_of(const AdamW&) { return LaneRule::adam; }
LaneRule rule_of(const RMSProp&) { return LaneRule::rmsprop; }

template <class Settings>
concept InLanes = requires(const Settings& settings) { rule_of(settings); };

/// None for a rule that lanes do not know: such jobs are trained alone.
std::optional<LaneRule> lane_rule(const Optimizer& optimizer) {
  return std::visit(
      []<class Settings>(const Settings& settings) -> std::optional<LaneRule> {
        if constexpr (InLanes<Settings>) return rule_of(settings);
        return std::nullopt;
      },
      optimizer);
}

// ---- which jobs ----

template <class T>
bool is_small(const network::Network<T>& network, std::size_t batch_size) {
  const std::size_t most = batch_size == 1 ? kMostWeightsOnline : kMostWeightsInBatches;
  if (network.inputs() > kWidestLayer || network.graph().weight_count() > most) return false;
  return std::all_of(network.graph().layers().begin(), network.graph().layers().end(),
                     [](const base::Layer& layer) { return layer.units <= kWidestLayer; });
}

/// Also refuses NaN.
template <class T>
bool are_ordinary(Rows<T> rows) {
  return std::all_of(rows.data, rows.data + rows.count * rows.columns,
                     [](T value) { return std::fabs(value) <= kernels::kLaneLargestInput<T>; });
}

template <class T>
bool are_patterns(const ChosenRows<T>& rows, const network::Network<T>& network) {
  if (rows.size() == 0 || rows.size() >= kernels::kLaneMostPatterns) return false;
  if (rows.x.columns != network.inputs() || rows.t.columns != network.outputs()) return false;
  return are_ordinary(rows.x) && are_ordinary(rows.t);
}

bool are_acceptable(const FitSettings& settings, bool has_validation) {
  if (settings.score || settings.on_step || settings.stop_now || settings.steps > 0)
    return false;                                                              // looked at per job, not per vector
  if (!std::holds_alternative<ConstantRate>(settings.schedule)) return false;  // likewise
  if (settings.on_divergence != OnDivergence::stop) return false;
  if (!(settings.min_improvement >= 0)) return false;
  return settings.epochs > 0 && !std::isnan(settings.until_tss) && (has_validation || settings.patience == 0);
}

/// The trainer's own opinion of the settings.
template <class T>
bool are_acceptable(const TrainerOptions& options, network::Network<T>& network) {
  if (options.threads == 0 || options.dropout.any() || options.input_noise != 0 || !options.signs.empty()) return false;
  TrainerOptions others = options;
  others.l2 = others.l1 = 0;  // which lanes have
  if (!is_plain(others) || options.decay_biases) return false;
  TrainerOptions alone = options;
  alone.threads = 1;
  const auto trainer = Trainer<T>::create(network, alone);
  return trainer && trainer->update().largest_gain() <= kLargestGain && options.l1 <= kLargestPenalty &&
         options.l2 <= kLargestPenalty;
}

template <class T>
bool has_l1(const TrainerOptions& options) {
  return static_cast<T>(options.l1) != T{0};
}
template <class T>
bool has_l2(const TrainerOptions& options) {
  return static_cast<T>(options.l2) != T{0};
}

// ---- a group of lanes ----

/// What one lane carries from epoch to epoch.
template <class T>
struct Lane {
  LaneJob<T>* job = nullptr;  // null: nobody is in
  std::optional<Sampler> sampler = {};
  std::optional<BestEpoch<T>> best = {};
  FitResult result = {};
  std::span<const std::uint32_t> patterns = {};  // of this epoch
  std::size_t rows = 0;                          // of this step
  std::uint64_t steps = 0;
  network::LabelSmoothing smoothing = {};
  EpochReport report = {};
};

template <class T>
class Group {
 public:
  Group(const kernels::LaneKernels<T>& table, const LaneJob<T>& like)
      : table_(table),
        width_(table.lanes),
        lanes_(width_),
        plan_(make_plan(like)),
        x_rows_(std::max<std::size_t>(kGathered / ((plan_.inputs + plan_.outputs) * width_), 1)),
        batch_size_(like.settings->batch_size),
        numbers_(numbers_of(plan_)),
        losses_(width_),
        epoch_loss_(width_),
        errors_(width_) {
    lay_out();
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  void run(const NextLaneJob<T>& next) {
    while (true) {
      for (std::size_t l = 0; l < width_; ++l)
        if (lanes_[l].job == nullptr)
          if (LaneJob<T>* job = next(); job != nullptr) enter(l, *job);
      if (std::all_of(lanes_.begin(), lanes_.end(), [](const Lane<T>& lane) { return lane.job == nullptr; })) return;
      train_epoch();
      finish_epoch();
    }
  }

 private:
  using Memory = kernels::LaneMemory<T>;

  kernels::LanePlan<T> make_plan(const LaneJob<T>& like) {
    context_ = {&like.network->loss(),
                &like.network->activation(like.network->graph().layers().size() - 1),
                nullptr,
                nullptr,
                width_,
                like.network->outputs(),
                nullptr};
    kernels::LanePlan<T> plan = network::lane_plan(*like.network, context_);
    plan.rule = *lane_rule(like.options->optimizer);  // suits_lanes() has seen to it
    plan.l1 = has_l1<T>(*like.options);
    plan.l2 = has_l2<T>(*like.options);
    return plan;
  }

  /// Numbers of each lane.
  std::size_t numbers_of(const kernels::LanePlan<T>& plan) const {
    return 5 * plan.weights + 3 * plan.units + kernels::kLaneSettings + 4 + x_rows_ * (plan.inputs + plan.outputs);
  }

  void lay_out() {
    buffer_ = base::AlignedBuffer<T>(base::padded<T>(numbers_ * width_));
    T* free = buffer_.data();
    const auto take = [&](std::size_t n) { return std::exchange(free, free + n * width_); };
    memory_.weights = take(plan_.weights);
    memory_.first_state = take(plan_.weights);
    memory_.second_state = take(plan_.weights);
    memory_.slopes = take(plan_.weights);
    chunk_ = take(plan_.weights);
    memory_.net = take(plan_.units);
    memory_.activations = take(plan_.units);
    memory_.deltas = take(plan_.units);
    memory_.settings = take(kernels::kLaneSettings);
    memory_.softmax = take(2);
    memory_.active = take(1);
    memory_.size = take(1);
    x_ = take(x_rows_ * plan_.inputs);
    t_ = take(x_rows_ * plan_.outputs);
    memory_.loss = losses_.data();
    scratch_.resize(4 * plan_.outputs);
    context_.active = memory_.active;
    context_.softmax = memory_.softmax;
    context_.scratch = scratch_.data();
  }

  // ---- in and out of a lane ----

  void write_weights(std::size_t lane, const std::vector<T>& canonical) {
    for (std::size_t e = 0; e < canonical.size(); ++e) memory_.weights[e * width_ + lane] = canonical[e];
  }
  std::vector<T> read_weights(std::size_t lane) const {
    std::vector<T> canonical(plan_.weights);
    for (std::size_t e = 0; e < canonical.size(); ++e) canonical[e] = memory_.weights[e * width_ + lane];
    return canonical;
  }
  // Weights of lanes are finite: steps are small (kLargestGain), and large numbers do not get this far.
  static void hand_over(network::Network<T>& network, std::span<const T> canonical) {
    [[maybe_unused]] const auto set = network.set_weights(canonical);
  }

  void enter(std::size_t l, LaneJob<T>& job) {
    Lane<T>& lane = lanes_[l];
    lane = {};
    lane.job = &job;
    lane.sampler.emplace(std::move(*Sampler::create(job.training.size(), *job.settings)));
    lane.best.emplace(*job.settings);
    // Jobs that get here have settings that a trainer accepts (suits_lanes).
    lane.smoothing =
        *network::label_smoothing(job.network->loss(), job.network->outputs(), job.options->label_smoothing);
    write_weights(l, job.network->weights());
    for (std::size_t e = 0; e < plan_.weights; ++e)
      memory_.first_state[e * width_ + l] = memory_.second_state[e * width_ + l] = T{0};
    std::visit(
        [&]<class Settings>(const Settings& settings) {
          if constexpr (InLanes<Settings>) set_rule(l, settings);
        },
        job.options->optimizer);
    setting(kernels::kLaneL1, l) = static_cast<T>(job.options->l1);
    setting(kernels::kLaneL2, l) = static_cast<T>(job.options->l2);
  }

  /// The lane's numbers as they would be after a fit of its own.
  void leave(std::size_t l) {
    Lane<T>& lane = lanes_[l];
    FitResult& result = lane.result;
    result.best_epoch = result.epochs;
    if (lane.best->parameters().empty() || result.reason == StopReason::error_below) {
      hand_over(*lane.job->network, read_weights(l));
    } else {
      hand_over(*lane.job->network, lane.best->parameters());
      result.best_epoch = lane.best->epoch();
    }
    lane.job->result = std::move(result);
    lane.job = nullptr;
  }

  /// Lanes that were not all small leave without a result.
  void drop_large_lanes() {
    for (std::size_t l = 0; l < width_; ++l)
      if (memory_.active[l] != T{0} && !(memory_.size[l] < kernels::kLaneLimit<T>)) {
        lanes_[l].job = nullptr;
        lanes_[l].rows = 0;
        memory_.active[l] = T{0};
      }
  }

  // ---- settings of the rule ----

  T& setting(kernels::LaneSetting which, std::size_t lane) { return memory_.settings[which * width_ + lane]; }

  void set_rule(std::size_t l, const DeltaRule& settings) {
    setting(kernels::kLaneRate, l) = static_cast<T>(settings.learning_rate);
  }
  void set_rule(std::size_t l, const RMSProp& settings) {
    const T rho = static_cast<T>(settings.rho);
    setting(kernels::kLaneRate, l) = static_cast<T>(settings.learning_rate);
    setting(kernels::kLaneBeta2, l) = rho;
    setting(kernels::kLaneRest2, l) = T{1} - rho;
    setting(kernels::kLaneEpsilon, l) = static_cast<T>(settings.epsilon);
  }
  template <class Settings>
  void set_rule(std::size_t l, const Settings& settings) {
    if constexpr (requires { settings.momentum; }) {
      setting(kernels::kLaneRate, l) = static_cast<T>(settings.learning_rate);
      setting(kernels::kLaneMomentum, l) = static_cast<T>(settings.momentum);
    } else {
      T decay{0};
      if constexpr (requires { settings.weight_decay; })
        decay = static_cast<T>(settings.learning_rate * settings.weight_decay);
      setting(kernels::kLaneDecay, l) = decay;
    }
  }

  /// Adam's constants of the step that comes next.
  template <class Settings>
  void set_adam_step(std::size_t l, const Settings& settings) {
    const kernels::AdamStep<T> step = adam_step<T>(settings, lanes_[l].steps + 1);
    setting(kernels::kLaneRate, l) = step.rate;
    setting(kernels::kLaneBeta1, l) = step.beta1;
    setting(kernels::kLaneRest1, l) = T{1} - step.beta1;
    setting(kernels::kLaneBeta2, l) = step.beta2;
    setting(kernels::kLaneRest2, l) = T{1} - step.beta2;
    setting(kernels::kLaneInverseRootCorrection, l) = step.inverse_root_correction;
    setting(kernels::kLaneEpsilon, l) = step.epsilon;
  }
  void prepare_step() {
    if (plan_.rule != LaneRule::adam) return;
    for (std::size_t l = 0; l < width_; ++l) {
      if (memory_.active[l] == T{0}) continue;
      const Optimizer& optimizer = lanes_[l].job->options->optimizer;
      if (const Adam* adam = std::get_if<Adam>(&optimizer)) set_adam_step(l, *adam);
      if (const AdamW* adamw = std::get_if<AdamW>(&optimizer)) set_adam_step(l, *adamw);
    }
  }

  // ---- patterns ----

  /// Patterns of one lane's epoch, which are learnt from.
  void gather_to_learn(std::size_t l, std::size_t first, std::size_t count) {
    gather(l, lanes_[l].job->training, lanes_[l].patterns.data(), first, count, lanes_[l].smoothing);
  }
  /// Patterns of one lane into rows 0, 1, … of x and t. order null: patterns first, first + 1, ….
  void gather(std::size_t l, const ChosenRows<T>& from, const std::uint32_t* order, std::size_t first,
              std::size_t count, const network::LabelSmoothing& smoothing) {
    T* x = x_ + l;
    T* t = t_ + l;
    for (std::size_t r = 0; r < count; ++r) {
      const std::size_t row = from.row(order != nullptr ? order[first + r] : first + r);
      const T* const inputs = from.x.data + row * plan_.inputs;
      const T* const targets = from.t.data + row * plan_.outputs;
      for (std::size_t i = 0; i < plan_.inputs; ++i, x += width_) *x = inputs[i];
      for (std::size_t j = 0; j < plan_.outputs; ++j, t += width_)
        *t = smoothing.is_on() ? smoothing.of(targets[j]) : targets[j];
    }
  }
  T* x_row(std::size_t r) { return x_ + r * plan_.inputs * width_; }
  T* t_row(std::size_t r) { return t_ + r * plan_.outputs * width_; }

  /// Calls takes_part(lane) for every lane; true when a lane with something to lose takes no part.
  template <class TakesPart>
  bool set_active(const TakesPart& takes_part) {
    bool partial = false;
    for (std::size_t l = 0; l < width_; ++l) {
      const bool in = lanes_[l].job != nullptr && takes_part(lanes_[l]);
      memory_.active[l] = in ? T{1} : T{0};
      partial = partial || (!in && lanes_[l].job != nullptr);
    }
    return partial;
  }
  bool any_active() const {
    return std::count(memory_.active, memory_.active + width_, T{0}) != std::ptrdiff_t(width_);
  }

  void add_losses(bool partial) {
    if (!partial) {
      for (std::size_t l = 0; l < width_; ++l) step_loss_[l] += losses_[l];
      return;
    }
    for (std::size_t l = 0; l < width_; ++l)
      if (memory_.active[l] != T{0}) step_loss_[l] += losses_[l];
  }
  void count_steps() {
    for (std::size_t l = 0; l < width_; ++l)
      if (memory_.active[l] != T{0}) ++lanes_[l].steps;
  }

  // ---- an epoch ----

  void train_epoch() {
    const base::FlushDenormals mode;
    std::size_t longest = 0;
    for (std::size_t l = 0; l < width_; ++l) {
      Lane<T>& lane = lanes_[l];
      epoch_loss_[l] = 0;
      if (lane.job == nullptr) continue;
      lane.patterns = lane.sampler->epoch(lane.result.epochs);
      longest = std::max(longest, lane.patterns.size());
    }
    if (batch_size_ == 1) return train_online(longest);
    const std::size_t size = batch_size_ == 0 ? longest : std::min(batch_size_, longest);
    for (std::size_t first = 0; first < longest; first += size) train_batch(first, size);
  }

  void train_online(std::size_t longest) {
    step_loss_ = epoch_loss_.data();
    for (std::size_t first = 0; first < longest; first += x_rows_) {
      const std::size_t block = std::min(x_rows_, longest - first);
      for (std::size_t l = 0; l < width_; ++l) {
        const Lane<T>& lane = lanes_[l];
        if (lane.job == nullptr || lane.patterns.size() <= first) continue;
        gather_to_learn(l, first, std::min(block, lane.patterns.size() - first));
      }
      // Lanes drop out where their epoch ends: only there the mask changes.
      for (std::size_t r = 0; r < block;) {
        const bool partial = set_active([&](const Lane<T>& lane) { return lane.patterns.size() > first + r; });
        std::size_t last = block;
        for (const Lane<T>& lane : lanes_)
          if (lane.job != nullptr && lane.patterns.size() > first + r)
            last = std::min(last, lane.patterns.size() - first);
        while (r < last && learn_row(r, partial)) ++r;
        if (!any_active()) break;
      }
    }
  }

  /// One weight change from row r. False when a lane was dropped instead.
  bool learn_row(std::size_t r, bool partial) {
    prepare_step();
    if (!table_.learn_one(plan_, memory_, x_row(r), t_row(r), partial)) {
      drop_large_lanes();
      return false;
    }
    add_losses(partial);
    count_steps();
    return true;
  }

  /// The batch at position `first` of every lane's epoch. A batch of a single pattern has the arithmetic of online
  /// learning, so lanes with one are trained apart from lanes with more.
  void train_batch(std::size_t first, std::size_t size) {
    bool single = false, several = false;
    for (Lane<T>& lane : lanes_) {
      lane.rows = 0;
      if (lane.job == nullptr || lane.patterns.size() <= first) continue;
      lane.rows = std::min(size, lane.patterns.size() - first);
      single = single || lane.rows == 1;
      several = several || lane.rows > 1;
    }
    if (single) train_single(first);
    if (several) train_several(first);
  }

  void train_single(std::size_t first) {
    step_loss_ = epoch_loss_.data();
    bool partial = set_active([](const Lane<T>& lane) { return lane.rows == 1; });
    for (std::size_t l = 0; l < width_; ++l)
      if (memory_.active[l] != T{0}) gather_to_learn(l, first, 1);
    while (any_active() && !learn_row(0, partial)) {
    }
  }

  void train_several(std::size_t first) {
    step_loss_ = batch_loss_.data();
    std::fill(batch_loss_.begin(), batch_loss_.end(), 0.0);
    std::fill_n(memory_.size, width_, T{0});
    std::size_t rows = 0;
    for (std::size_t l = 0; l < width_; ++l) {
      const Lane<T>& lane = lanes_[l];
      rows = std::max(rows, lane.rows);
      const bool mean = lane.job != nullptr && lane.job->options->reduction == Reduction::mean && lane.rows > 0;
      setting(kernels::kLaneShare, l) = mean ? T{1} / static_cast<T>(lane.rows) : T{1};
    }
    T* const total = memory_.slopes;
    for (std::size_t begin = 0; begin < rows; begin += kChunk) {
      if (begin > 0) memory_.slopes = chunk_;
      std::fill_n(memory_.slopes, plan_.weights * width_, T{0});
      add_rows(first, begin, std::min(rows, begin + kChunk));
      if (begin == 0) continue;
      memory_.slopes = total;
      set_active([&](const Lane<T>& lane) { return lane.rows > 1 && lane.rows > begin; });
      table_.add_chunk(plan_, memory_, chunk_);
    }
    change_weights();
  }

  /// Rows [begin, end) of a batch at `first`, as far as each lane has them.
  void add_rows(std::size_t first, std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; r += x_rows_) {
      const std::size_t block = std::min(x_rows_, end - r);
      for (std::size_t l = 0; l < width_; ++l) {
        const Lane<T>& lane = lanes_[l];
        if (lane.rows <= 1 || lane.rows <= r) continue;
        gather_to_learn(l, first + r, std::min(block, lane.rows - r));
      }
      bool partial = false;
      for (std::size_t k = 0; k < block; ++k) {
        if (k == 0 || partial || ends_at(r + k))
          partial = set_active([&](const Lane<T>& lane) { return lane.rows > 1 && lane.rows > r + k; });
        table_.add_pattern(plan_, memory_, x_row(k), t_row(k), partial);
        add_losses(partial);
      }
    }
  }
  bool ends_at(std::size_t row) const {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [&](const Lane<T>& lane) { return lane.job != nullptr && lane.rows == row; });
  }

  void change_weights() {
    bool partial = set_active([](const Lane<T>& lane) { return lane.rows > 1; });
    prepare_step();
    while (any_active()) {
      if (table_.change_weights(plan_, memory_, partial)) break;
      drop_large_lanes();
    }
    for (std::size_t l = 0; l < width_; ++l)
      if (memory_.active[l] != T{0}) epoch_loss_[l] += batch_loss_[l];
    count_steps();
  }

  // ---- after an epoch ----

  /// after_row() for every pattern of the given rows, in order, for the lanes that take part and have it.
  template <class Rows, class TakesPart, class AfterRow>
  void run_forward(const Rows& rows_of, const TakesPart& takes_part, const AfterRow& after_row) {
    const base::FlushDenormals mode;
    std::size_t longest = 0;
    for (const Lane<T>& lane : lanes_)
      if (lane.job != nullptr && takes_part(lane)) longest = std::max(longest, rows_of(lane).size());
    for (std::size_t first = 0; first < longest; first += x_rows_) {
      const std::size_t block = std::min(x_rows_, longest - first);
      for (std::size_t l = 0; l < width_; ++l) {
        const Lane<T>& lane = lanes_[l];
        if (lane.job == nullptr || !takes_part(lane) || rows_of(lane).size() <= first) continue;
        gather(l, rows_of(lane), nullptr, first, std::min(block, rows_of(lane).size() - first), {});
      }
      for (std::size_t r = 0; r < block; ++r) {
        set_active([&](const Lane<T>& lane) { return takes_part(lane) && rows_of(lane).size() > first + r; });
        after_row(x_row(r), t_row(r));
      }
    }
  }

  void validate() {
    const auto rows = [](const Lane<T>& lane) -> const ChosenRows<T>& { return lane.job->validation; };
    std::fill(errors_.begin(), errors_.end(), 0.0);
    run_forward(
        rows, [](const Lane<T>& lane) { return lane.job->validation.size() > 0; },
        [&](const T* x, const T* t) {
          table_.forward(plan_, memory_, x, t);
          for (std::size_t l = 0; l < width_; ++l)
            if (memory_.active[l] != T{0}) errors_[l] += losses_[l];
        });
    for (std::size_t l = 0; l < width_; ++l) {
      Lane<T>& lane = lanes_[l];
      if (lane.job == nullptr || lane.job->validation.size() == 0) continue;
      lane.report.validation_loss = errors_[l] / static_cast<double>(lane.job->validation.size());
      lane.best->observe(lane.result.epochs, lane.steps, lane.report.validation_loss, read_weights(l));
      lane.report.best_validation_loss = lane.best->loss();
    }
  }

  void add_squared_errors() {
    const auto rows = [](const Lane<T>& lane) -> const ChosenRows<T>& { return lane.job->training; };
    std::fill(errors_.begin(), errors_.end(), 0.0);
    run_forward(
        rows, [](const Lane<T>& lane) { return lane.job->settings->until_tss >= 0; },
        [&](const T* x, const T* t) {
          table_.forward(plan_, memory_, x, nullptr);
          table_.add_squared_errors(plan_, memory_, t, errors_.data());
        });
  }

  /// The caller may look at the network, and change it.
  bool call_back(std::size_t l) {
    Lane<T>& lane = lanes_[l];
    if (!lane.job->settings->on_epoch) return false;
    const std::vector<T> before = read_weights(l);
    hand_over(*lane.job->network, before);
    ++lane.job->epochs_reported;
    const bool stop = lane.job->settings->on_epoch(lane.report);
    std::vector<T> after = lane.job->network->weights();
    if (std::memcmp(after.data(), before.data(), before.size() * sizeof(T)) == 0) return stop;
    write_weights(l, after);
    lane.job->changes.emplace_back(lane.report.epoch, std::move(after));
    return stop;
  }

  void finish_epoch() {
    for (std::size_t l = 0; l < width_; ++l) {
      Lane<T>& lane = lanes_[l];
      if (lane.job == nullptr) continue;
      lane.result.steps = lane.steps;
      lane.report = {.epoch = ++lane.result.epochs,
                     .training_loss = epoch_loss_[l] / static_cast<double>(lane.patterns.size()),
                     .steps = lane.steps};
    }
    validate();
    std::vector<bool> called_off(width_);
    for (std::size_t l = 0; l < width_; ++l) {
      if (lanes_[l].job == nullptr) continue;
      lanes_[l].result.history.push_back(lanes_[l].report);
      called_off[l] = call_back(l);
    }
    add_squared_errors();
    for (std::size_t l = 0; l < width_; ++l)
      if (lanes_[l].job != nullptr && is_over(lanes_[l], called_off[l], errors_[l])) leave(l);
  }

  static bool is_over(Lane<T>& lane, bool called_off, double squared_error) {
    const FitSettings& settings = *lane.job->settings;
    StopReason& reason = lane.result.reason;
    if (settings.until_tss >= 0 && squared_error < settings.until_tss) return reason = StopReason::error_below, true;
    if (called_off) return reason = StopReason::callback, true;
    if (lane.best->patience_is_over(lane.result.epochs, lane.steps)) return reason = StopReason::patience, true;
    return lane.result.epochs == settings.epochs;
  }

  const kernels::LaneKernels<T>& table_;
  std::size_t width_;
  std::vector<Lane<T>> lanes_;
  network::LaneLossContext<T> context_;
  kernels::LanePlan<T> plan_;
  std::size_t x_rows_;  // patterns gathered at a time
  std::size_t batch_size_;
  std::size_t numbers_;
  base::AlignedBuffer<T> buffer_;
  Memory memory_;
  T* chunk_ = nullptr;  // slopes of a chunk that is not the first
  T* x_ = nullptr;      // [x_rows_][inputs][lanes]
  T* t_ = nullptr;      // [x_rows_][outputs][lanes]
  std::vector<double> scratch_;
  std::vector<double> losses_, epoch_loss_, errors_;
  std::vector<double> batch_loss_ = std::vector<double>(width_);
  double* step_loss_ = nullptr;  // where E goes: the sum of the epoch, or of the batch
};

}  // namespace

template <class T>
bool suits_lanes(const LaneJob<T>& job) {
  if (!lane_rule(job.options->optimizer)) return false;
  if (!job.training.weights.empty() || !job.validation.weights.empty()) return false;  // lanes have no such factor
  if (!is_small(*job.network, job.settings->batch_size) || !network::has_lane_plan(*job.network)) return false;
  if (!are_patterns(job.training, *job.network)) return false;
  const bool validates = job.validation.size() > 0;
  if (validates && !are_patterns(job.validation, *job.network)) return false;
  return are_acceptable(*job.settings, validates) && Sampler::create(job.training.size(), *job.settings) &&
         are_acceptable(*job.options, *job.network);
}

template <class T>
bool share_lanes(const LaneJob<T>& one, const LaneJob<T>& other) {
  const TrainerOptions &a = *one.options, &b = *other.options;
  return lane_rule(a.optimizer) == lane_rule(b.optimizer) && a.reduction == b.reduction &&
         has_l1<T>(a) == has_l1<T>(b) && has_l2<T>(a) == has_l2<T>(b) &&
         one.settings->batch_size == other.settings->batch_size && one.network->spec() == other.network->spec();
}

template <class T>
void fit_in_lanes(std::size_t lanes, const NextLaneJob<T>& next) {
  LaneJob<T>* first = next();
  if (first == nullptr) return;
  Group<T> group(kernels::lane_kernels<T>(lanes), *first);
  group.run([&] { return first != nullptr ? std::exchange(first, nullptr) : next(); });
}

template bool suits_lanes<float>(const LaneJob<float>&);
template bool suits_lanes<double>(const LaneJob<double>&);
template bool share_lanes<float>(const LaneJob<float>&, const LaneJob<float>&);
template bool share_lanes<double>(const LaneJob<double>&, const LaneJob<double>&);
template void fit_in_lanes<float>(std::size_t, const NextLaneJob<float>&);
template void fit_in_lanes<double>(std::size_t, const NextLaneJob<double>&);

}  // namespace deltarule::training
