#include "deltarule/many.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "app/engine/guarded.hpp"
#include "app/engine/network_impl.hpp"
#include "app/engine/rows_source.hpp"
#include "base/thread_team.hpp"
#include "kernels/lanes.hpp"
#include "training/lanes.hpp"
#include "training/loop.hpp"
#include "training/trainer.hpp"

namespace deltarule {

/// The way to the network behind a job's face.
struct JobAccess {
  template <class T>
  static network::Network<T>& network(BasicNetwork<T>& face) {
    return face.impl_->network;
  }
};

namespace {

using training::ChosenRows;
using training::LaneJob;

// Fewer than this are trained sooner one after the other.
constexpr std::size_t kFewestInLanes = 3;

/// Chosen rows of the caller's arrays as a source of patterns.
template <class T>
class ChosenSource final : public base::PatternSource<T> {
 public:
  explicit ChosenSource(const ChosenRows<T>& rows) : rows_(rows) {
    if (rows.weights.empty()) return;
    for (std::size_t p = 0; p < rows.size(); ++p) weights_.push_back(rows.weights[rows.row(p)]);
  }
  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  [[nodiscard]] std::size_t inputs() const override { return rows_.x.columns; }
  [[nodiscard]] std::size_t targets() const override { return rows_.t.columns; }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> x, base::MatrixView<T> t) const override {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      const std::size_t row = rows_.row(patterns[r]);
      std::copy_n(rows_.x.data + row * rows_.x.columns, rows_.x.columns, x.row(r));
      std::copy_n(rows_.t.data + row * rows_.t.columns, rows_.t.columns, t.row(r));
    }
  }
  [[nodiscard]] base::MatrixView<const T> resident_inputs() const override { return resident(rows_.x); }
  [[nodiscard]] base::MatrixView<const T> resident_targets() const override { return resident(rows_.t); }
  [[nodiscard]] std::span<const T> weights() const override { return weights_; }

 private:
  [[nodiscard]] base::MatrixView<const T> resident(const Rows<T>& rows) const {
    if (!rows_.chosen.empty()) return {};
    return {rows.data, rows.count, rows.columns, rows.columns};
  }
  const ChosenRows<T>& rows_;
  std::vector<T> weights_;  // of the chosen
};

// ---- checks ----

template <class T>
Result<void> check_chosen_finite(Rows<T> rows, const ChosenRows<T>& chosen, const std::string& what) {
  for (std::size_t p = 0; p < chosen.size(); ++p) {
    const std::size_t row = chosen.row(p);
    for (std::size_t i = 0; i < rows.columns; ++i) {
      const T value = rows.data[row * rows.columns + i];
      if (!std::isfinite(value))
        return Error{ErrorCode::data,
                     what + ", row " + std::to_string(row + 1) + ", column " + std::to_string(i + 1),
                     std::isnan(value) ? "NaN" : "infinity",
                     "a finite number",
                     {}};
    }
  }
  return {};
}

template <class T>
Result<void> check_chosen_targets(const derivation::Loss& loss, const ChosenRows<T>& chosen, const std::string& what) {
  if (auto checked = check_chosen_finite(chosen.t, chosen, what); !checked) return checked;
  if (!network::target_range(loss).is_limited()) return {};
  for (std::size_t p = 0; p < chosen.size(); ++p)
    for (std::size_t j = 0; j < chosen.t.columns; ++j) {
      const std::size_t row = chosen.row(p);
      const T value = chosen.t.data[row * chosen.t.columns + j];
      if (auto checked = check_target(loss, value, what, row, j); !checked) return checked;
    }
  return {};
}

template <class T>
Result<void> check_chosen_weights(const ChosenRows<T>& chosen, const std::string& what) {
  if (auto checked = check_weights(chosen.weights, chosen.x.count, what); !checked || chosen.weights.empty())
    return checked;
  double sum = 0;
  for (std::size_t p = 0; p < chosen.size(); ++p) sum += static_cast<double>(chosen.weights[chosen.row(p)]);
  return check_weight_sum(sum, what);
}

template <class T>
Result<void> check_patterns(const derivation::Loss& loss, const ChosenRows<T>& rows, const std::string& what) {
  if (auto checked = check_rows(rows.x, rows.t, what); !checked) return checked;
  for (std::size_t k = 0; k < rows.chosen.size(); ++k)
    if (rows.chosen[k] >= rows.x.count)
      return Error{ErrorCode::data,
                   what + ", chosen row " + std::to_string(k + 1),
                   "row " + std::to_string(rows.chosen[k]),
                   "numbers from 0 to " + std::to_string(rows.x.count - 1),
                   {}};
  if (auto checked = check_chosen_finite(rows.x, rows, what + ", inputs"); !checked) return checked;
  if (auto checked = check_chosen_targets(loss, rows, what + ", targets"); !checked) return checked;
  return check_chosen_weights(rows, what);
}

// ---- one job ----

/// A job on its way: what it was given, made safe, and what came of it.
template <class T>
struct Task {
  const BasicJob<T>* job = nullptr;
  FitSettings settings = {};       // with a callback that does not throw
  std::exception_ptr thrown = {};  // by the caller's callback
  LaneJob<T> lane = {};
  std::vector<T> first_weights = {};
  bool again = false;  // lanes could not finish it: it is trained from the beginning
  std::optional<Result<FitResult>> result = {};

  /// Presentations times weights: what its training takes, to compare jobs by.
  [[nodiscard]] double cost() const {
    return static_cast<double>(settings.epochs) * static_cast<double>(lane.training.size()) *
           static_cast<double>(lane.network->graph().weight_count());
  }
  /// An epoch that was reported before the job had to begin again is not reported twice, but what the caller did to the
  /// weights then is done again.
  [[nodiscard]] bool was_reported(std::size_t epoch) const {
    if (!again || epoch > lane.epochs_reported) return false;
    for (const auto& [changed_epoch, weights] : lane.changes)
      if (changed_epoch == epoch) static_cast<void>(lane.network->set_weights(weights).ok());
    return true;
  }
};

/// The job's settings with functions that do not throw and with no epoch reported twice.
template <class T>
FitSettings settings_of(Task<T>& task) {
  FitSettings own = guarded(task.job->settings, task.thrown);
  if (!own.on_epoch) return own;
  own.on_epoch = [&task, report_once = std::move(own.on_epoch)](const EpochReport& report) {
    return !task.was_reported(report.epoch) && report_once(report);
  };
  return own;
}

/// What a callback threw, told as an error of its job.
Error error_of(const std::exception_ptr& thrown) {
  std::string got;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    got = std::string("threw \"") + exception.what() + "\"";
  } catch (...) {
    got = "threw something that is not a std::exception";
  }
  return {ErrorCode::interrupted, "callback", std::move(got), "a callback that returns", {}};
}

template <class T>
void finish(Task<T>& task, Result<FitResult> result) {
  if (task.thrown)
    task.result.emplace(error_of(task.thrown));
  else
    task.result.emplace(std::move(result));
}

template <class T>
Result<FitResult> fit_alone(Task<T>& task) {
  TrainerOptions options = task.job->options;
  if (options.threads > 1) options.threads = 1;
  auto trainer = training::Trainer<T>::create(*task.lane.network, options);
  if (!trainer) return trainer.error();
  const ChosenRows<T>& validation = task.lane.validation;
  const bool validates = task.job->x_validation.count > 0 || task.job->t_validation.count > 0;
  const derivation::Loss& loss = task.lane.network->loss();
  if (validates)
    if (auto checked = check_patterns(loss, validation, "validation patterns"); !checked) return checked.error();
  if (auto checked = check_patterns(loss, task.lane.training, "training patterns"); !checked) return checked.error();
  const ChosenSource<T> source(task.lane.training), held_out(validation);
  return training::fit<T>(*trainer, source, validates ? &held_out : nullptr, task.settings);
}

// ---- many ----

/// Something that one thread does at a time, and how long it takes compared with others.
struct Piece {
  double cost = 0;
  std::function<void()> work = {};
};

/// Runs all pieces, the longest first. What a piece throws is thrown on when all have ended.
void run_all(std::vector<Piece> pieces, std::size_t threads) {
  if (pieces.empty()) return;
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.cost > b.cost; });
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr thrown;
  base::ThreadTeam team(std::min(threads, pieces.size()));
  team.run([&](std::size_t) {
    for (std::size_t k = next.fetch_add(1); k < pieces.size(); k = next.fetch_add(1)) {
      try {
        pieces[k].work();
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!thrown) thrown = std::current_exception();
      }
    }
  });
  if (thrown) std::rethrow_exception(thrown);
}

template <class T>
Piece alone(Task<T>& task) {
  return {task.cost(), [&task] { finish(task, fit_alone(task)); }};
}

/// Tasks that share lanes. Each thread that works on them fills a vector and goes on until there are no more.
template <class T>
struct Pack {
  std::vector<Task<T>*> tasks = {};  // longest first
  std::size_t threads = 1;
  std::atomic<std::size_t> taken{0};
  std::atomic<std::size_t> begun{0};

  /// Until every thread has begun, none takes more than its share.
  LaneJob<T>* next(std::size_t mine) {
    const std::size_t share = (tasks.size() + threads - 1) / threads;
    if (mine >= share && begun.load() < threads) return nullptr;
    const std::size_t k = taken.fetch_add(1);
    return k < tasks.size() ? &tasks[k]->lane : nullptr;
  }
  void work() {
    begun.fetch_add(1);
    std::size_t mine = 0;
    training::fit_in_lanes<T>((tasks.size() + threads - 1) / threads, [&]() -> LaneJob<T>* {
      LaneJob<T>* job = next(mine);
      mine += job != nullptr ? 1 : 0;
      return job;
    });
  }
};

template <class T>
bool can_be_read(const Task<T>& task) {
  const bool validates = task.job->x_validation.count > 0 || task.job->t_validation.count > 0;
  const derivation::Loss& loss = task.lane.network->loss();
  return check_patterns(loss, task.lane.training, "training patterns") &&
         (!validates || check_patterns(loss, task.lane.validation, "validation patterns"));
}

/// Sorts tasks that suit lanes into packs; those too few for a vector, or left over by whole vectors, are taken alone.
template <class T>
std::vector<std::unique_ptr<Pack<T>>> make_packs(std::vector<Task<T>>& tasks, std::size_t threads) {
  std::vector<std::unique_ptr<Pack<T>>> packs;
  for (Task<T>& task : tasks) {
    if (task.result || !can_be_read(task) || !training::suits_lanes(task.lane)) continue;
    auto pack = std::find_if(packs.begin(), packs.end(), [&](const auto& one) {
      return training::share_lanes(one->tasks.front()->lane, task.lane);
    });
    if (pack == packs.end()) pack = packs.insert(packs.end(), std::make_unique<Pack<T>>());
    (*pack)->tasks.push_back(&task);
  }
  for (const auto& pack : packs) {
    auto& of = pack->tasks;
    std::sort(of.begin(), of.end(), [](const Task<T>* a, const Task<T>* b) { return a->cost() > b->cost(); });
    const std::size_t lanes = kernels::lane_kernels<T>(of.size()).lanes;
    if (lanes < kFewestInLanes) of.clear();
    if (lanes > 0 && of.size() % lanes < kFewestInLanes) of.resize(of.size() - of.size() % lanes);
    pack->threads = lanes == 0 ? 1 : std::clamp((of.size() + lanes - 1) / lanes, std::size_t{1}, threads);
  }
  std::erase_if(packs, [](const auto& pack) { return pack->tasks.empty(); });
  return packs;
}

template <class T>
void train_packs(const std::vector<std::unique_ptr<Pack<T>>>& packs, std::vector<Piece>& pieces) {
  for (const auto& pack : packs) {
    double cost = 0;
    for (Task<T>* task : pack->tasks) {
      task->first_weights = task->lane.network->weights();
      cost += task->cost();
    }
    for (std::size_t k = 0; k < pack->threads; ++k)
      pieces.push_back({cost / static_cast<double>(pack->threads), [&pack = *pack] { pack.work(); }});
  }
}

/// Takes over what lanes have finished; what they have not goes back to its beginning.
template <class T>
void collect(const Pack<T>& pack, std::vector<Piece>& pieces) {
  for (Task<T>* task : pack.tasks) {
    if (task->lane.result) {
      finish(*task, std::move(*task->lane.result));
      continue;
    }
    static_cast<void>(task->lane.network->set_weights(task->first_weights).ok());
    task->again = true;
    pieces.push_back(alone(*task));
  }
}

template <class T>
void prepare(Task<T>& task, std::span<const BasicJob<T>> earlier) {
  const BasicJob<T>& job = *task.job;
  if (job.network == nullptr) {
    task.result.emplace(Error{ErrorCode::spec, "job", "no network", "a network to train", {}});
    return;
  }
  for (std::size_t k = 0; k < earlier.size(); ++k)
    if (earlier[k].network == job.network) {
      task.result.emplace(Error{ErrorCode::spec, "job", "the network of job " + std::to_string(k + 1),
                                "a network of its own", "give the job a copy"});
      return;
    }
  task.settings = settings_of(task);
  const bool validates = job.x_validation.count > 0 || job.t_validation.count > 0;
  task.lane = {.network = &JobAccess::network(*job.network),
               .options = &job.options,
               .training = {job.x, job.t, job.rows, job.weights},
               .validation = {job.x_validation, job.t_validation,
                              validates ? job.validation_rows : std::span<const std::uint32_t>(),
                              validates ? job.weights_validation : std::span<const T>()},
               .settings = &task.settings};
}

template <class T>
std::vector<Result<FitResult>> fit_all(std::span<const BasicJob<T>> jobs, std::size_t threads) {
  if (threads == 0) threads = base::hardware_threads();
  std::vector<Task<T>> tasks(jobs.size());
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    tasks[k].job = &jobs[k];
    prepare(tasks[k], jobs.first(k));
  }
  const auto packs = make_packs(tasks, threads);
  std::vector<Piece> pieces;
  train_packs(packs, pieces);
  for (Task<T>& task : tasks)
    if (!task.result && task.first_weights.empty()) pieces.push_back(alone(task));
  run_all(std::move(pieces), threads);

  std::vector<Piece> again;
  for (const auto& pack : packs) collect(*pack, again);
  run_all(std::move(again), threads);
  std::vector<Result<FitResult>> results;
  for (Task<T>& task : tasks) results.push_back(std::move(*task.result));
  return results;
}

}  // namespace

std::vector<Result<FitResult>> fit_many(std::span<Job> jobs, std::size_t threads) {
  return fit_all<float>(jobs, threads);
}
std::vector<Result<FitResult>> fit_many(std::span<JobF64> jobs, std::size_t threads) {
  return fit_all<double>(jobs, threads);
}

}  // namespace deltarule
