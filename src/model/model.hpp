// A trained model as plain data: network, weights, preprocessing, names and provenance, and its file.
// Does not compute: predictions are in predictor.hpp, training is a sibling room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "data/preprocessing.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "deltarule/training.hpp"
#include "io/safetensors.hpp"

namespace deltarule::model {

/// The version that is written. Readers take this one and every earlier one (docs/formats.md).
inline constexpr unsigned kFormatVersion = 2;

/// Weights in canonical order (base/graph.hpp); the type is the precision of the run.
using Weights = std::variant<std::vector<float>, std::vector<double>>;

/// Where the weights come from. Nothing in it depends on time, threads, host or paths.
struct Provenance {
  std::string engine_version;
  std::uint64_t seed = 0;
  std::string data_fingerprint;  ///< 32 hexadecimal digits, or empty when there was no table
  /// Rows of each part of the split, and how many of them the stored weights were fitted on (after a refit: more).
  std::uint64_t training_rows = 0, validation_rows = 0, test_rows = 0, rows_seen = 0;
  bool refitted = false;
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

/// One measured quantity with its 95 % interval; measured_on: "test", "validation", "training".
struct Measure {
  std::string name;
  std::string measured_on;
  double value = 0.0, low = 0.0, high = 0.0;
  friend bool operator==(const Measure&, const Measure&) = default;
};

struct Model {
  NetworkSpec network;
  Weights weights;
  data::Preprocessing preprocessing;
  std::vector<std::pair<std::string, std::string>> settings;  ///< the run's, in the order to be shown
  Provenance provenance;
  std::vector<Measure> metrics;
  std::vector<EpochRecord> history;  ///< of the training, ascending epochs; some may be left out
  /// Sections and metadata of others, kept untouched and written after the model's own.
  std::vector<io::Section> extra_sections;
  std::vector<std::pair<std::string, std::string>> extra_metadata;

  [[nodiscard]] std::string_view precision() const { return weights.index() == 0 ? "f32" : "f64"; }
  [[nodiscard]] std::size_t weight_count() const;
  /// Canonical weights as double (exact for both precisions).
  [[nodiscard]] std::vector<double> weights_as_double() const;
  /// XXH3-128 of the canonical weights' little-endian bytes: what a run prints.
  [[nodiscard]] std::string weights_digest() const;

  /// The file as bytes; equal models give equal bytes. Spec, shape and format errors for a model that could not be
  /// read back: a wiring that is none, weights of the wrong number or not finite, an extra section with a taken name.
  [[nodiscard]] Result<std::vector<std::byte>> to_bytes() const;
  /// `name` (the file's) stands in messages. Format error that names the byte or field at fault.
  [[nodiscard]] static Result<Model> parse(std::span<const std::byte> bytes, const std::string& name = "model");

  /// Io error from writing (io/atomic_file.hpp), and the errors of to_bytes.
  [[nodiscard]] Result<void> save(const std::string& path, bool overwrite) const;
  [[nodiscard]] static Result<Model> load(const std::string& path);
};

}  // namespace deltarule::model
