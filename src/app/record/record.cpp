#include "app/record/record.hpp"

#include <algorithm>
#include <cmath>

#include "app/engine/unwrap.hpp"
#include "app/words.hpp"
#include "base/text.hpp"

namespace deltarule {
namespace app {
namespace {

constexpr double kMuch = 1e9;  // bytes from which on the plan has a word to say

std::vector<std::string> names_of(const RecordOptions& options) {
  std::vector<std::string> names;
  if (options.weights) names.emplace_back("weights");
  if (options.activations) names.emplace_back("activations");
  if (options.deltas) names.emplace_back("deltas");
  return names;
}

/// "every epoch", "every 100 weight changes".
std::string interval_in_words(const RecordInterval& every) {
  const auto counted = [](std::uint64_t count, const char* noun) {
    return std::string(noun).insert(0, count == 1 ? "every " : "every " + std::to_string(count) + " ") +
           (count == 1 ? "" : "s");
  };
  std::vector<std::string> parts;
  if (every.epochs > 0) parts.push_back(counted(every.epochs, "epoch"));
  if (every.steps > 0) parts.push_back(counted(every.steps, "weight change"));
  return joined(parts, " and ");
}

std::string size_in_words(double bytes) {
  for (const auto& [unit, name] : {std::pair(1e9, " GB"), std::pair(1e6, " MB"), std::pair(1e3, " KB")})
    if (bytes >= unit) return rounded(bytes / unit) + name;
  return rounded(bytes) + " bytes";
}

/// The most moments that a training may have.
double most_moments(const RecordInterval& every, const FitSettings& training, std::size_t rows) {
  const double epochs = static_cast<double>(training.epochs);
  const std::size_t batch = training.batch_size == 0 ? rows : training.batch_size;
  double steps = epochs * std::ceil(static_cast<double>(rows) / static_cast<double>(batch));
  if (training.steps > 0) steps = std::min(steps, static_cast<double>(training.steps));
  double count = 2.0;  // the first and the last
  if (every.epochs > 0) count += std::floor(epochs / static_cast<double>(every.epochs));
  if (every.steps > 0) count += std::floor(steps / static_cast<double>(every.steps));
  return count;
}

/// All moments of one array, one after the other.
io::NpyArray array_of(const std::shared_ptr<const RecordedPhase>& phase, const MomentArray& array,
                      const std::string& prefix) {
  std::vector<std::uint64_t> shape = {count_of(phase->moments)};
  shape.insert(shape.end(), array.shape.begin(), array.shape.end());
  const io::ByteSource numbers = [phase, array](const io::ByteSink& to) -> Result<void> {
    std::vector<std::byte> bytes(array.bytes);
    for (const auto& [first, last] : phase->moments)
      for (std::uint64_t record = first; record < last; ++record) {
        if (auto read = phase->spool.read(record, array.place, bytes); !read) return read;
        if (auto put = to(bytes); !put) return put;
      }
    return {};
  };
  return {prefix + array.name, array.type, std::move(shape), numbers};
}

}  // namespace

Record RecordAccess::wrap(std::vector<std::shared_ptr<const RecordedPhase>> phases) {
  Record record;
  if (!phases.empty()) record.state_ = std::make_shared<const RecordState>(RecordState{std::move(phases)});
  return record;
}

void check_record(const RecordOptions& options) {
  if (!options.any()) return;
  const auto refuse = [](std::string place, std::string got, std::string needed) {
    throw Exception({ErrorCode::usage, std::move(place), std::move(got), std::move(needed), {}});
  };
  if (options.every.epochs == 0 && options.every.steps == 0)
    refuse("--every", "0 epochs and 0 weight changes", "at least 1 of one of them");
  if (options.rows == 0) refuse("--record-rows", "0", "at least 1");
}

void describe_record(const RecordOptions& options, const Settings& settings, const base::Graph& graph, FitPlan& plan) {
  if (!options.any()) return;
  const std::size_t rows = std::min(options.rows, plan.training_rows);
  const auto bytes = static_cast<double>(bytes_of_moment(arrays_of_moment(options, graph, settings.f64, rows)));
  const double trainings = settings.refit ? 2.0 : 1.0;
  const double most = trainings * bytes * most_moments(options.every, settings.training, plan.training_rows);
  const bool of_rows = options.activations || options.deltas;
  plan.record = joined(names_of(options)) + " " + interval_in_words(options.every) +
                (of_rows ? ", of the first " + base::counted(rows, "training row") : std::string()) + ": " +
                size_in_words(bytes) + " each time, at most " + size_in_words(most);
  if (most > kMuch)
    plan.notices.push_back("what is recorded may come to " + size_in_words(most) +
                           " on the disk, and to as much again when the record is written; --every 10 and more, or "
                           "fewer --record-rows, make it less");
}

}  // namespace app

std::uint64_t Record::moments() const { return empty() ? 0 : app::count_of(state_->phases.front()->moments); }

void Record::save(const std::string& path, bool overwrite) const {
  if (empty()) return;
  std::vector<io::NpyArray> arrays;
  for (const auto& phase : state_->phases) {
    const std::string prefix = phase == state_->phases.front() ? "" : "refit/";
    if (auto whole = phase->spool.check(); !whole) throw Exception(whole.error());
    for (const app::MomentArray& array : phase->arrays) arrays.push_back(app::array_of(phase, array, prefix));
    for (io::NpyArray array : phase->of_the_phase) {
      array.name.insert(0, prefix);
      arrays.push_back(std::move(array));
    }
  }
  if (auto written = io::write_npz(path, arrays, overwrite); !written) throw Exception(written.error());
}

}  // namespace deltarule
