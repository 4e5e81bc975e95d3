// Bytes → model. The container has been checked against its digest, which proves nothing about who made it: every
// number is looked at before it is used, and memory is asked for only when the file has the bytes to fill it.
#include <array>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "io/json.hpp"
#include "io/number.hpp"
#include "model/history_json.hpp"
#include "model/little_endian.hpp"
#include "model/model_file.hpp"
#include "model/network_json.hpp"
#include "model/preprocessing_json.hpp"
#include "model/spec_json.hpp"
#include "model/weight_blocks.hpp"

namespace deltarule::model {
namespace {

using io::JsonCursor;

constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();
constexpr io::JsonLimits kLimits{8, static_cast<std::size_t>(-1)};

Error fault(const std::string& place, std::string got, std::string needed, std::string fix = {}) {
  return {ErrorCode::format, place, std::move(got), std::move(needed), std::move(fix)};
}

/// A file that says something wrong about a network is a damaged or hostile file, whatever the fault is called
/// elsewhere.
Error as_format(Error error) {
  error.code = ErrorCode::format;
  return error;
}

Result<void> read(const JsonCursor& cursor, std::string_view name, std::string& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto value = member->string();
  if (!value) return value.error();
  into = std::move(*value);
  return {};
}

Result<void> read(const JsonCursor& cursor, std::string_view name, std::uint64_t& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto value = member->count(kAnyCount);
  if (!value) return value.error();
  into = *value;
  return {};
}

Result<void> read(const JsonCursor& cursor, std::string_view name, bool& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto value = member->boolean();
  if (!value) return value.error();
  into = *value;
  return {};
}

/// null is the number that is none: a metric may be undefined.
Result<void> read(const JsonCursor& cursor, std::string_view name, double& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  into = std::numeric_limits<double>::quiet_NaN();
  if (member->json().is_null()) return {};
  auto value = member->number();
  if (!value) return value.error();
  into = *value;
  return {};
}

class Reader {
 public:
  Reader(io::Container container, const std::string& name) : container_(std::move(container)), name_(name) {}

  Result<Model> read_model() {
    if (auto done = check_format(); !done) return done.error();
    if (auto done = check_version(); !done) return done.error();
    auto graph = read_network();
    if (!graph) return as_format(graph.error());
    if (auto done = read_preprocessing(); !done) return as_format(done.error());
    if (auto done = read_settings(); !done) return done.error();
    if (auto done = read_provenance(); !done) return done.error();
    if (auto done = read_metrics(); !done) return done.error();
    if (auto done = read_history(); !done) return done.error();
    if (auto done = read_tensors(*graph); !done) return done.error();
    keep_the_rest();
    if (auto done = file::check_model(model_, *graph, name_); !done) return as_format(done.error());
    return std::move(model_);
  }

 private:
  [[nodiscard]] std::string place(std::string_view key) const { return name_ + ", " + std::string(key); }

  Result<const std::string*> text_of(std::string_view key) const {
    const std::string* text = container_.find_metadata(key);
    if (text == nullptr) return fault(place("metadata"), "no " + io::json_string(key), "it must be there");
    return text;
  }

  [[nodiscard]] Result<void> check_format() const {
    const std::string* format = container_.find_metadata("format");
    if (format != nullptr && *format == file::kFormat) return {};
    const std::string got =
        format == nullptr ? "no \"format\"" : "the format " + io::json_string(format->substr(0, 40));
    return fault(place("metadata"), got + ": a file with a right digest, but not a deltarule model",
                 "the format \"deltarule-model\"");
  }

  [[nodiscard]] Result<void> check_version() const {
    auto text = text_of("version");
    if (!text) return text.error();
    std::uint64_t version = 0;
    const bool number = io::parse_unsigned(**text, version) && **text == std::to_string(version);
    const std::string needed = "a version from 1 to " + std::to_string(kFormatVersion);
    if (!number || version == 0) return fault(place("version"), io::json_string((*text)->substr(0, 40)), needed);
    if (version > kFormatVersion)
      return fault(place("version"), "format version " + **text + ", written by a newer deltarule", needed,
                   "Read it with that newer deltarule, or train again with this one");
    return {};
  }

  Result<base::Graph> read_network() {
    auto text = text_of("network");
    if (!text) return text.error();
    auto spec = spec_from_json(**text, place("network"));
    if (!spec) return spec.error();
    if (is_normalised(*spec) && *container_.find_metadata("version") == "1")
      return fault(place("network"), "a normalised layer in a file of format version 1", "version 2");
    model_.network = std::move(*spec);
    return checked_graph(model_.network, place("network"));
  }

  Result<void> read_preprocessing() {
    auto text = text_of("preprocessing");
    if (!text) return text.error();
    auto preprocessing = preprocessing_from_json(**text, place("preprocessing"));
    if (!preprocessing) return preprocessing.error();
    model_.preprocessing = std::move(*preprocessing);
    return {};
  }

  Result<void> read_settings() {
    auto text = text_of("settings");
    if (!text) return text.error();
    const std::string where = place("settings");
    auto json = io::parse_json(**text, where, kLimits);
    if (!json) return json.error();
    auto members = JsonCursor(*json, "", where).members();
    if (!members) return members.error();
    for (const auto& [key, value] : *members) {
      auto setting = value.string();
      if (!setting) return setting.error();
      model_.settings.emplace_back(key, std::move(*setting));
    }
    return {};
  }

  Result<void> read_provenance() {
    auto text = text_of("provenance");
    if (!text) return text.error();
    const std::string where = place("provenance");
    auto json = io::parse_json(**text, where, kLimits);
    if (!json) return json.error();
    const JsonCursor cursor(*json, "", where);
    constexpr std::array<std::string_view, 8> kKnown{
        "engine_version",  "seed",      "data_fingerprint", "training_rows",
        "validation_rows", "test_rows", "rows_seen",        "refitted"};
    if (auto known = cursor.only(kKnown); !known) return known;
    Provenance& into = model_.provenance;
    if (auto done = read(cursor, "engine_version", into.engine_version); !done) return done;
    if (auto done = read(cursor, "seed", into.seed); !done) return done;
    if (auto done = read(cursor, "data_fingerprint", into.data_fingerprint); !done) return done;
    if (auto done = read(cursor, "training_rows", into.training_rows); !done) return done;
    if (auto done = read(cursor, "validation_rows", into.validation_rows); !done) return done;
    if (auto done = read(cursor, "test_rows", into.test_rows); !done) return done;
    if (auto done = read(cursor, "rows_seen", into.rows_seen); !done) return done;
    return read(cursor, "refitted", into.refitted);
  }

  Result<void> read_metrics() {
    auto text = text_of("metrics");
    if (!text) return text.error();
    const std::string where = place("metrics");
    auto json = io::parse_json(**text, where, kLimits);
    if (!json) return json.error();
    auto items = JsonCursor(*json, "", where).items();
    if (!items) return items.error();
    for (const JsonCursor& item : *items) {
      constexpr std::array<std::string_view, 5> kKnown{"name", "measured_on", "value", "low", "high"};
      if (auto known = item.only(kKnown); !known) return known;
      Measure measure;
      if (auto done = read(item, "name", measure.name); !done) return done;
      if (auto done = read(item, "measured_on", measure.measured_on); !done) return done;
      if (auto done = read(item, "value", measure.value); !done) return done;
      if (auto done = read(item, "low", measure.low); !done) return done;
      if (auto done = read(item, "high", measure.high); !done) return done;
      model_.metrics.push_back(std::move(measure));
    }
    return {};
  }

  Result<void> read_history() {
    const std::string* text = container_.find_metadata(file::kHistoryKey);
    if (text == nullptr) return {};
    auto history = history_from_json(*text, place(file::kHistoryKey));
    if (!history) return history.error();
    model_.history = std::move(*history);
    return {};
  }

  Result<void> read_tensors(const base::Graph& graph) {
    auto precision = text_of("precision");
    if (!precision) return precision.error();
    if (**precision == "f32") return read_weights<float>(graph, "F32");
    if (**precision == "f64") return read_weights<double>(graph, "F64");
    return fault(place("precision"), io::json_string((*precision)->substr(0, 40)), "f32 or f64");
  }

  template <class T>
  Result<void> read_weights(const base::Graph& graph, const std::string& dtype) {
    const std::vector<WeightBlock> blocks = weight_blocks(graph);
    std::unordered_map<std::string_view, const io::Section*> by_name;
    for (const io::Section& section : container_.sections) by_name.emplace(section.name, &section);
    std::vector<const io::Section*> sections;
    for (const WeightBlock& block : blocks) {
      const auto found = by_name.find(block.name);
      if (found == by_name.end())
        return fault(place("section " + io::json_string(block.name)), "it is missing", "the weights of the network");
      if (auto checked = check_section(*found->second, block, dtype); !checked) return checked;
      sections.push_back(found->second);
      used_.emplace(found->second->name);
    }
    std::vector<T> weights(graph.weight_count());  // the sections just seen hold as many
    for (std::size_t i = 0; i < blocks.size(); ++i)
      from_little_endian<T>(sections[i]->bytes, std::span(weights).subspan(blocks[i].first, blocks[i].size()));
    model_.weights = std::move(weights);
    return {};
  }

  Result<void> check_section(const io::Section& section, const WeightBlock& block, const std::string& dtype) const {
    const std::string where = place("section " + io::json_string(block.name));
    if (section.dtype != dtype) return fault(where, "numbers of the type " + section.dtype, dtype);
    std::vector<std::uint64_t> shape{block.units};
    if (!block.is_row()) shape.push_back(block.sending);
    if (section.shape == shape) return {};
    return fault(where, "the shape " + shape_text(section.shape), shape_text(shape) + ", as the network says");
  }

  static std::string shape_text(const std::vector<std::uint64_t>& shape) {
    std::string text = "[";
    for (const std::uint64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
    return text + "]";
  }

  void keep_the_rest() {
    for (auto& entry : container_.metadata)
      if (!file::is_own_key(entry.first)) model_.extra_metadata.push_back(std::move(entry));
    for (io::Section& section : container_.sections)
      if (used_.find(section.name) == used_.end()) model_.extra_sections.push_back(std::move(section));
  }

  io::Container container_;
  const std::string& name_;
  Model model_;
  std::unordered_set<std::string> used_;
};

/// What can always be done about a file that cannot be read, where the fault itself suggests nothing better.
Error with_fix(Error error) {
  if (error.fix.empty()) error.fix = "Use an undamaged copy of the file, or train the model again";
  return error;
}

}  // namespace

Result<Model> Model::parse(std::span<const std::byte> bytes, const std::string& name) {
  auto container = io::parse_container(bytes, name);
  if (!container) return with_fix(container.error());
  auto model = Reader(std::move(*container), name).read_model();
  if (!model) return with_fix(model.error());
  return model;
}

}  // namespace deltarule::model
