// A trained model: network, preprocessing, names and provenance in one self-contained file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deltarule/dataset.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "deltarule/training.hpp"

namespace deltarule {

namespace app {
struct ModelAccess;
}

/// One measured quantity with its 95 % interval. NaN where it is undefined on the rows.
struct Metric {
  std::string name;  ///< accuracy, balanced_accuracy, f1, log_loss, auc; rmse, mae, median_absolute_error, r2
  double value = 0.0;
  double low = 0.0;  ///< Wilson for accuracy, order statistics for the median, otherwise 2,000 seeded bootstraps
  double high = 0.0;
};

struct PredictOptions {
  bool refuse_unseen = false;  ///< an unseen category is an error instead of counting as missing
  std::size_t threads = 1;
  std::string weight = {};  ///< evaluate: column of the rows' weights, as in DatasetOptions
};

/// Predictions for the rows of a table, in their order.
struct Predictions {
  std::vector<std::string> targets = {};  ///< names of the targets
  /// Class name, or number (shortest form) per row and target: [row · targets + target].
  std::vector<std::string> text = {};
  std::vector<double> values = {};         ///< regression: the same as numbers; otherwise empty
  std::vector<std::string> classes = {};   ///< names of the probability columns; empty for regression
  std::vector<double> probabilities = {};  ///< [row · classes + class]
  std::vector<std::string> notices = {};   ///< missing cells, unseen categories: counted and named
};

struct Evaluation {
  std::size_t rows = 0;
  std::vector<Metric> metrics = {};
  std::vector<std::string> classes = {};
  /// [true · classes + predicted], counts rows whatever their weights; empty for regression
  std::vector<std::size_t> confusion = {};
  std::vector<std::string> notices = {};
};

class Model {
 public:
  /// Throws Exception (io; format with the place in the file).
  [[nodiscard]] static Model load(const std::string& path);
  /// From memory; needs no file system.
  [[nodiscard]] static Result<Model> parse(std::span<const std::byte> bytes);
  [[nodiscard]] std::vector<std::byte> to_bytes() const;
  /// Written whole or not at all. Throws Exception (io) when the file exists and `overwrite` is false.
  void save(const std::string& path, bool overwrite = false) const;

  [[nodiscard]] const NetworkSpec& spec() const;
  [[nodiscard]] Task task() const;
  [[nodiscard]] std::vector<std::string> inputs() const;    ///< names of the input units: bill_length_mm, island=Dream
  [[nodiscard]] std::vector<std::string> outputs() const;   ///< names of the output units
  [[nodiscard]] std::vector<std::string> features() const;  ///< names of the columns it needs
  [[nodiscard]] std::vector<std::string> targets() const;
  [[nodiscard]] std::vector<std::string> classes() const;
  [[nodiscard]] std::size_t weight_count() const;    ///< weights and biases that exist
  [[nodiscard]] std::string weights_digest() const;  ///< 32 hexadecimal digits
  /// What the run was: settings, seed, rows seen, data fingerprint, engine version, in file order.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> provenance() const;
  /// How the training went, epoch by epoch. Of more than 1,000 epochs each k-th is kept, the best and the last; none in
  /// files of earlier versions of this library.
  [[nodiscard]] std::vector<EpochRecord> history() const;
  /// The same as JSON, a list for each column (docs/formats.md).
  [[nodiscard]] std::string history_json() const;
  /// The JSON form of the network, with or without weights (docs/formats.md).
  [[nodiscard]] std::string network_json(bool with_weights) const;
  /// The same model without normalisation: running means, running variances and gains become part of weights and
  /// biases, for programs that know no normalisation. Predictions are the same up to rounding; measures and settings
  /// are kept, with `folded` added. Throws Exception (spec) when a layer is normalised over its units, which cannot be
  /// folded.
  [[nodiscard]] Model folded() const;
  /// A human-readable account of the file.
  [[nodiscard]] std::string describe() const;

  /// Columns are matched by name; order, extra columns and a present target do not matter. Throws Exception (data).
  [[nodiscard]] Predictions predict(const Table& table, const PredictOptions& options = {}) const;
  /// Needs the target column(s); rows without a target are left out, and those of weight 0. `seed` is that of
  /// the bootstrap intervals.
  /// Metrics: accuracy, balanced_accuracy, f1 (of the second of two classes, otherwise the mean over classes) and
  /// log_loss for classes, and auc for two; for several labels accuracy is the share of single labels that are right,
  /// f1 and log_loss their mean; rmse, mae (over all targets), median_absolute_error and r2 (mean over targets) for
  /// regression, and what the loss is about. Those undefined on the rows are NaN, and a notice says why.
  /// Throws Exception (data), also for a class that the model does not know.
  [[nodiscard]] Evaluation evaluate(const Table& table, const PredictOptions& options = {}, Seed seed = {}) const;

 private:
  friend struct app::ModelAccess;
  std::shared_ptr<const void> impl_;
};

/// A network in its JSON form (docs/formats.md): the wiring, and the weights if the file has them.
struct NetworkFile {
  NetworkSpec spec = {};
  std::vector<double> weights = {};           ///< canonical order; empty when the file has none
  std::vector<std::string> input_names = {};  ///< as the JSON names them; empty when it only counts its inputs
  std::optional<Model> model = {};            ///< the whole model, when the file is one
};
/// Reads a JSON network, or the network of a model file. Throws Exception (io, format).
[[nodiscard]] NetworkFile read_network(const std::string& path);

/// Whether a file could be written there now: its folder exists and can be written to, and it is free or, with
/// `overwrite`, an ordinary file. Leaves nothing behind. Throws Exception (io).
void check_writable(const std::string& path, bool overwrite = false);
/// Writes a file whole or not at all, as Model::save does. Throws Exception (io).
void write_file(const std::string& path, std::string_view text, bool overwrite = false);
/// Whether both names lead to one existing file, through links too.
[[nodiscard]] bool is_same_file(const std::string& a, const std::string& b);

}  // namespace deltarule
