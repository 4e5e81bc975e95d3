#include "app/record/recorder.hpp"

#include <algorithm>
#include <array>

#include "app/engine/unwrap.hpp"
#include "io/json.hpp"
#include "model/little_endian.hpp"

namespace deltarule::app {
namespace {

/// An array that lies in memory.
io::NpyArray array_of(std::string name, std::string type, std::vector<std::uint64_t> shape,
                      std::vector<std::byte> bytes) {
  auto kept = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return {std::move(name), std::move(type), std::move(shape), [kept](const io::ByteSink& to) { return to(*kept); }};
}

io::NpyArray counts(std::string name, const std::vector<std::uint64_t>& values) {
  return array_of(std::move(name), "<i8", {values.size()}, model::to_little_endian<std::uint64_t>(values));
}

template <class T>
io::NpyArray matrix(std::string name, std::size_t rows, std::size_t columns, const std::vector<T>& values) {
  return array_of(std::move(name), sizeof(T) == 8 ? "<f8" : "<f4", {rows, columns}, model::to_little_endian<T>(values));
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + io::json_string(text);
  return out + "]";
}

/// Names for the numbers, as JSON: what an array cannot say.
io::NpyArray about(const base::Graph& graph, const std::string& loss, const data::Preprocessing& preprocessing) {
  std::vector<std::string> layers, activations;
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    layers.push_back(layer_name(graph, l));
    activations.push_back(graph.layers()[l].activation);
  }
  const std::string text =
      "{\"format\":\"deltarule-record\",\"version\":1,\"inputs\":" + list_of(preprocessing.input_names()) +
      ",\"outputs\":" + list_of(preprocessing.output_names()) + ",\"layers\":" + list_of(layers) +
      ",\"activations\":" + list_of(activations) + ",\"loss\":" + io::json_string(loss) + "}";
  const auto bytes = std::as_bytes(std::span(text));
  return array_of("about", "|S" + std::to_string(text.size()), {}, {bytes.begin(), bytes.end()});
}

/// Which rows were looked at, their inputs and the targets that were learnt.
template <class T>
std::vector<io::NpyArray> arrays_of_rows(const RecordSource<T>& source, std::size_t rows,
                                         const network::LabelSmoothing& smoothing) {
  std::vector<std::uint64_t> numbers, lines;
  std::vector<std::uint32_t> patterns;
  for (std::uint32_t p = 0; p < rows; ++p) {
    patterns.push_back(p);
    numbers.push_back(std::uint64_t{source.rows[p]} + 1);
    lines.push_back(source.table.lines[source.rows[p]]);
  }
  const std::size_t inputs = source.patterns.inputs(), outputs = source.patterns.targets();
  std::vector<T> x(rows * inputs), t(rows * outputs);
  source.patterns.gather(patterns, {x.data(), rows, inputs, inputs}, {t.data(), rows, outputs, outputs});
  if (smoothing.is_on()) std::transform(t.begin(), t.end(), t.begin(), [&](T one) { return smoothing.of(one); });
  std::vector<io::NpyArray> arrays;
  arrays.push_back(counts("rows", numbers));
  arrays.push_back(counts("lines", lines));
  arrays.push_back(matrix("inputs", rows, inputs, x));
  arrays.push_back(matrix("targets", rows, outputs, t));
  return arrays;
}

}  // namespace

template <class T>
Recorder<T>::Recorder(const RecordSource<T>& source, FitPhase phase, training::Trainer<T>& trainer, Keeper* keeper)
    : source_(source),
      phase_(phase),
      network_(trainer.network()),
      keeper_(keeper),
      rows_(std::min(source.options.rows, source.rows.size())),
      smoothing_(unwrap(network::label_smoothing(network_.loss(), network_.outputs(), source.label_smoothing))),
      moment_(source.options, network_, source.patterns, rows_, smoothing_) {}

template <class T>
void Recorder<T>::watch(FitSettings& settings) {
  settings.on_epoch = [this, then = std::move(settings.on_epoch)](const EpochReport& report) {
    const std::size_t every = source_.options.every.epochs;
    if (every > 0 && report.epoch % every == 0 && !take(report.epoch, report.steps)) return true;
    return then && then(report);
  };
  settings.on_rollback = [this, then = std::move(settings.on_rollback)](const Rollback& rollback) {
    take_back(rollback.back_to);
    if (then) then(rollback);
  };
  const std::uint64_t every = source_.options.every.steps;
  if (every == 0) return;
  settings.on_step = [this, every, then = std::move(settings.on_step)](const StepReport& report) {
    const bool is_due = report.step / every > std::exchange(steps_, report.step) / every;
    if (is_due && !take(report.epoch, report.step)) return true;
    return then && then(report);
  };
}

template <class T>
void Recorder<T>::begin(std::uint64_t steps) {
  const std::size_t bytes = bytes_of_moment(moment_.arrays());
  steps_ = steps;
  if (keeper_ == nullptr) {
    const std::string& folder = source_.options.folder;
    spool_.emplace(unwrap(io::Spool::without_name(folder.empty() ? "." : folder, bytes)));
  } else {
    moments_ = keeper_->moments_of(phase_);
    spool_.emplace(unwrap(io::Spool::at(keeper_->spool_of(phase_), bytes, records_of(moments_))));
  }
  if (moments_.empty()) (void)take(0, 0);
  check();
}

template <class T>
bool Recorder<T>::take(std::uint64_t epoch, std::uint64_t step) {
  if (failed()) return false;
  // An epoch's end may be a step's as well.
  if (!moments_.empty() && count_in_last(1) == step && count_in_last(0) == epoch) return !failed();
  if (failed()) return false;
  const std::uint64_t record = spool_->count();
  if (auto put = spool_->append(moment_.take(epoch, step)); !put) {
    fault_ = put.error();
    return false;
  }
  add_record(moments_, record);
  return true;
}

template <class T>
std::uint64_t Recorder<T>::count_in_last(std::size_t which) {
  std::array<std::byte, 8> bytes{};
  std::array<std::uint64_t, 1> count{};
  if (auto read = spool_->read(records_of(moments_) - 1, 8 * which, bytes); !read) fault_ = read.error();
  model::from_little_endian<std::uint64_t>(bytes, count);
  return count[0];
}

template <class T>
void Recorder<T>::take_back(std::uint64_t epochs) {
  while (!failed() && !moments_.empty() && count_in_last(0) > epochs) drop_last(moments_);
}

template <class T>
MomentRanges Recorder<T>::kept() const {
  check();
  if (auto synced = spool_->sync(); !synced) throw Exception(synced.error());
  return moments_;
}

template <class T>
void Recorder<T>::check() const {
  if (fault_) throw Exception(*fault_);
}

template <class T>
std::shared_ptr<const RecordedPhase> Recorder<T>::end(const FitResult& result) {
  const std::size_t epoch = result.best_epoch;
  if (!failed()) (void)take(epoch, epoch == 0 ? 0 : result.history[epoch - 1].steps);
  check();
  std::vector<io::NpyArray> of_the_phase = {about(network_.graph(), network_.spec().loss, source_.preprocessing)};
  if (source_.options.activations || source_.options.deltas)
    for (io::NpyArray& array : arrays_of_rows(source_, rows_, smoothing_)) of_the_phase.push_back(std::move(array));
  return std::make_shared<const RecordedPhase>(
      RecordedPhase{std::move(*spool_), moments_, moment_.arrays(), std::move(of_the_phase)});
}

template class Recorder<float>;
template class Recorder<double>;

}  // namespace deltarule::app
