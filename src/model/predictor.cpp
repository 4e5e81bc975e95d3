// Rows in pieces through the forward pass; which thread takes a piece decides nothing.
#include "model/predictor.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/matrix.hpp"
#include "base/text.hpp"
#include "base/thread_team.hpp"
#include "data/prepared_patterns.hpp"
#include "io/number.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"

namespace deltarule::model {
namespace {

constexpr std::size_t kPiece = 256;  // rows per forward pass: the batch of activations stays in the cache
constexpr std::size_t kPieceActivations = std::size_t{1} << 24;  // of one pass, so that wide networks need no more

/// Rows per forward pass. A row's activations do not depend on it.
std::size_t piece_of(const base::Graph& graph, std::size_t rows) {
  std::size_t units = graph.inputs();
  for (const base::Layer& layer : graph.layers()) units += layer.units;
  return std::clamp<std::size_t>(std::min(kPieceActivations / units, rows), 1, kPiece);
}

/// One thread's memory for pieces of rows.
template <class T>
class PieceRunner {
 public:
  PieceRunner(const network::Network<T>& network, const base::PatternSource<T>& patterns, std::size_t piece)
      : network_(network), patterns_(patterns), workspace_(network, piece, false), outputs_(network.outputs()) {}

  /// Activations of rows [first, first + count) to out[first · outputs …].
  void run(std::size_t first, std::size_t count, std::vector<double>& out) {
    rows_.resize(count);
    std::iota(rows_.begin(), rows_.end(), static_cast<std::uint32_t>(first));
    workspace_.load(patterns_, rows_, 0);
    network::forward(network_, workspace_, {0, count});
    const std::size_t outputs = network_.outputs();
    for (std::size_t r = 0; r < count; ++r) {
      workspace_.take_outputs(r, outputs_.data());
      std::copy(outputs_.begin(), outputs_.end(), out.begin() + static_cast<std::ptrdiff_t>((first + r) * outputs));
    }
  }

 private:
  const network::Network<T>& network_;
  const base::PatternSource<T>& patterns_;
  network::Workspace<T> workspace_;
  std::vector<T> outputs_;  // of one row
  std::vector<std::uint32_t> rows_;
};

template <class T>
Result<std::vector<double>> run(const network::Network<T>& network, const base::PatternSource<T>& patterns,
                                std::size_t threads) {
  if (patterns.inputs() != network.inputs())
    return Error{ErrorCode::shape,
                 "patterns",
                 std::to_string(patterns.inputs()) + " inputs",
                 std::to_string(network.inputs()),
                 {}};
  const std::size_t rows = patterns.size();
  std::vector<double> out(rows * network.outputs());
  const std::size_t rows_of_piece = piece_of(network.graph(), rows);
  const std::size_t pieces = (rows + rows_of_piece - 1) / rows_of_piece;
  const auto work = [&](std::size_t first_piece, std::size_t last_piece) {
    PieceRunner<T> runner(network, patterns, rows_of_piece);
    for (std::size_t piece = first_piece; piece < last_piece; ++piece)
      runner.run(piece * rows_of_piece, std::min(rows_of_piece, rows - piece * rows_of_piece), out);
  };
  const std::size_t members = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(pieces, 1));
  if (members == 1) {
    work(0, pieces);
  } else {
    base::ThreadTeam team(members);
    team.split(pieces, work);
  }
  return out;
}

template <class T>
Result<network::Network<T>> build(const NetworkSpec& spec, const std::vector<T>& weights) {
  auto network = network::Network<T>::create(spec);
  if (!network) return network.error();
  if (auto set = network->set_weights(weights); !set) return set.error();
  return network;
}

/// The numeric cell of a row that lies farthest from the training data, in units of its scale.
std::string farthest_cell(const data::BoundTable& table, std::size_t row) {
  const std::vector<data::FeatureRule>& rules = table.preprocessing().features;
  double most = -1.0;
  std::string text = "no numeric feature";
  for (std::size_t f = 0; f < rules.size(); ++f) {
    if (rules[f].type != data::ColumnType::numeric) continue;
    const double value = table.features()[f].numbers[row];
    const double distance = std::fabs((value - rules[f].shift) / rules[f].scale);
    if (!(distance > most)) continue;  // a missing value is NaN
    most = distance;
    text = base::quoted(rules[f].name) + " is " + io::to_text(value);
  }
  return text;
}

/// Activations that are not finite are no prediction; the error names the first such row and what may have caused it.
Result<std::vector<double>> finite(Result<std::vector<double>> activations, const data::BoundTable& table,
                                   std::span<const std::uint32_t> rows, std::size_t outputs) {
  if (!activations) return activations;
  const auto bad = std::find_if(activations->begin(), activations->end(), [](double a) { return !std::isfinite(a); });
  if (bad == activations->end()) return activations;
  const std::uint32_t row = rows[static_cast<std::size_t>(bad - activations->begin()) / outputs];
  return Error{ErrorCode::data, table.table().source + ":" + std::to_string(table.table().lines[row]),
               "the network's output for this row is not a finite number; farthest from the training rows: " +
                   farthest_cell(table, row),
               "values that the network can compute with", "Correct the cell or leave the row out"};
}

bool has_softmax(const std::variant<network::Network<float>, network::Network<double>>& network) {
  return std::visit(
      [](const auto& net) {
        return net.activation(net.graph().layers().size() - 1).kind == base::ActivationKind::softmax;
      },
      network);
}

/// Share of class 1 for one output, of each class for several; see the header.
void append_probabilities(std::span<const double> row, bool softmax, std::vector<double>& out) {
  if (row.size() == 1) {
    const double one = std::clamp(row[0], 0.0, 1.0);
    out.insert(out.end(), {1.0 - one, one});
    return;
  }
  if (softmax) {
    out.insert(out.end(), row.begin(), row.end());
    return;
  }
  double sum = 0.0;
  for (const double a : row) sum += std::clamp(a, 0.0, 1.0);
  const double even = 1.0 / static_cast<double>(row.size());
  for (const double a : row) out.push_back(sum > 0.0 ? std::clamp(a, 0.0, 1.0) / sum : even);
}

std::uint32_t class_of(std::span<const double> row) {
  if (row.size() == 1) return row[0] >= 0.5 ? 1 : 0;
  return static_cast<std::uint32_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

}  // namespace

Predictor::Predictor(AnyNetwork network, data::Preprocessing preprocessing)
    : network_(std::move(network)),
      preprocessing_(std::move(preprocessing)),
      inputs_(std::visit([](const auto& net) { return net.inputs(); }, network_)),
      outputs_(std::visit([](const auto& net) { return net.outputs(); }, network_)),
      softmax_(has_softmax(network_)) {}

Result<Predictor> Predictor::create(const Model& model) {
  if (auto checked = data::check_preprocessing(model.preprocessing); !checked) return checked.error();
  auto network = std::visit(
      [&](const auto& weights) -> Result<AnyNetwork> {
        auto built = build(model.network, weights);
        if (!built) return built.error();
        return AnyNetwork(std::move(*built));
      },
      model.weights);
  if (!network) return network.error();
  Predictor predictor(std::move(*network), model.preprocessing);
  const std::size_t inputs = model.preprocessing.input_units();
  const std::size_t outputs = model.preprocessing.output_units();
  if (predictor.inputs() != inputs || predictor.outputs() != outputs)
    return Error{ErrorCode::shape,
                 "network",
                 std::to_string(predictor.inputs()) + " inputs and " + std::to_string(predictor.outputs()) + " outputs",
                 std::to_string(inputs) + " and " + std::to_string(outputs) + ", as the preprocessing makes",
                 {}};
  return predictor;
}

Result<std::vector<double>> Predictor::activations(const base::PatternSource<float>& patterns,
                                                   std::size_t threads) const {
  if (const auto* network = std::get_if<network::Network<float>>(&network_)) return run(*network, patterns, threads);
  return Error{ErrorCode::shape, "patterns", "numbers in f32", "f64, the model's precision", {}};
}

Result<std::vector<double>> Predictor::activations(const base::PatternSource<double>& patterns,
                                                   std::size_t threads) const {
  if (const auto* network = std::get_if<network::Network<double>>(&network_)) return run(*network, patterns, threads);
  return Error{ErrorCode::shape, "patterns", "numbers in f64", "f32, the model's precision", {}};
}

Result<std::vector<double>> Predictor::activations(const data::BoundTable& table, std::span<const std::uint32_t> rows,
                                                   std::size_t threads) const {
  std::vector<std::uint32_t> chosen(rows.begin(), rows.end());
  const bool single = std::holds_alternative<network::Network<float>>(network_);
  auto found = single ? activations(data::PreparedPatterns<float>(table, std::move(chosen)), threads)
                      : activations(data::PreparedPatterns<double>(table, std::move(chosen)), threads);
  return finite(std::move(found), table, rows, outputs_);
}

Decisions Predictor::decide(std::span<const double> activations) const {
  Decisions decisions;
  decisions.rows = activations.size() / outputs_;
  for (std::size_t r = 0; r < decisions.rows; ++r) {
    const std::span<const double> row = activations.subspan(r * outputs_, outputs_);
    if (data::has_classes(preprocessing_.task)) {
      decisions.classes.push_back(class_of(row));
      append_probabilities(row, softmax_, decisions.probabilities);
      continue;
    }
    for (std::size_t j = 0; j < outputs_; ++j) {
      if (preprocessing_.task == data::Task::regression) {
        decisions.values.push_back(preprocessing_.unscale(j, row[j]));
      } else {
        decisions.classes.push_back(row[j] >= 0.5 ? 1 : 0);
        decisions.probabilities.push_back(std::clamp(row[j], 0.0, 1.0));
      }
    }
  }
  return decisions;
}

}  // namespace deltarule::model
