#include "model/preprocessing_json.hpp"

#include <array>
#include <utility>

#include "io/json.hpp"

namespace deltarule::model {
namespace {

using io::JsonCursor;

void append_strings(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    io::append_json_string(out, texts[i]);
  }
  out += ']';
}

void append_number(std::string& out, std::string_view key, double value) {
  out += ",\"";
  out += key;
  out += "\":";
  io::append_json_number(out, value);
}

void append_feature(std::string& out, const data::FeatureRule& feature) {
  out += "{\"name\":";
  io::append_json_string(out, feature.name);
  if (feature.type == data::ColumnType::numeric) {
    out += ",\"type\":\"numeric\"";
    append_number(out, "shift", feature.shift);
    append_number(out, "scale", feature.scale);
    append_number(out, "fill", feature.fill);
  } else {
    out += ",\"type\":\"categorical\",\"categories\":";
    append_strings(out, feature.categories);
  }
  out += std::string(",\"missing_unit\":") + (feature.missing_unit ? "true}" : "false}");
}

void append_target(std::string& out, const data::TargetRule& target) {
  out += "{\"name\":";
  io::append_json_string(out, target.name);
  append_number(out, "shift", target.shift);
  append_number(out, "scale", target.scale);
  out += '}';
}

Result<void> read(const JsonCursor& cursor, std::string_view name, std::string& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto value = member->string();
  if (!value) return value.error();
  into = std::move(*value);
  return {};
}

Result<void> read(const JsonCursor& cursor, std::string_view name, double& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto value = member->number();
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

Result<void> read(const JsonCursor& cursor, std::string_view name, std::vector<std::string>& into) {
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto values = member->strings();
  if (!values) return values.error();
  into = std::move(*values);
  return {};
}

Result<void> read_numeric(const JsonCursor& cursor, data::FeatureRule& feature) {
  constexpr std::array<std::string_view, 6> kKnown{"name", "type", "shift", "scale", "fill", "missing_unit"};
  if (auto known = cursor.only(kKnown); !known) return known;
  feature.type = data::ColumnType::numeric;
  if (auto done = read(cursor, "shift", feature.shift); !done) return done;
  if (auto done = read(cursor, "scale", feature.scale); !done) return done;
  return read(cursor, "fill", feature.fill);
}

Result<void> read_categorical(const JsonCursor& cursor, data::FeatureRule& feature) {
  constexpr std::array<std::string_view, 4> kKnown{"name", "type", "categories", "missing_unit"};
  if (auto known = cursor.only(kKnown); !known) return known;
  feature.type = data::ColumnType::categorical;
  return read(cursor, "categories", feature.categories);
}

Result<data::FeatureRule> read_feature(const JsonCursor& cursor) {
  data::FeatureRule feature;
  std::string type;
  if (auto done = read(cursor, "name", feature.name); !done) return done.error();
  if (auto done = read(cursor, "type", type); !done) return done.error();
  if (auto done = read(cursor, "missing_unit", feature.missing_unit); !done) return done.error();
  if (type != "numeric" && type != "categorical")
    return cursor.fault("the type " + io::json_string(type.substr(0, 40)), "\"numeric\" or \"categorical\"");
  auto rest = type == "numeric" ? read_numeric(cursor, feature) : read_categorical(cursor, feature);
  if (!rest) return rest.error();
  return feature;
}

Result<data::TargetRule> read_target(const JsonCursor& cursor) {
  constexpr std::array<std::string_view, 3> kKnown{"name", "shift", "scale"};
  if (auto known = cursor.only(kKnown); !known) return known.error();
  data::TargetRule target;
  if (auto done = read(cursor, "name", target.name); !done) return done.error();
  if (auto done = read(cursor, "shift", target.shift); !done) return done.error();
  if (auto done = read(cursor, "scale", target.scale); !done) return done.error();
  return target;
}

/// Reads the list called `name` with `read_one` for each item.
template <class T, class ReadOne>
Result<void> read_list(const JsonCursor& root, std::string_view name, ReadOne read_one, std::vector<T>& into) {
  auto member = root.member(name);
  if (!member) return member.error();
  auto items = member->items();
  if (!items) return items.error();
  for (const JsonCursor& item : *items) {
    Result<T> value = read_one(item);
    if (!value) return value.error();
    into.push_back(std::move(*value));
  }
  return {};
}

Result<void> read_kinds(const JsonCursor& root, data::Preprocessing& preprocessing) {
  std::string task;
  std::string scaling;
  if (auto done = read(root, "task", task); !done) return done;
  if (auto done = read(root, "scaling", scaling); !done) return done;
  const auto known_task = data::task_from_name(task);
  if (!known_task)
    return root.fault("the task " + io::json_string(task.substr(0, 40)),
                      "binary, multiclass, multilabel or regression");
  const auto known_scaling = data::scaling_from_name(scaling);
  if (!known_scaling)
    return root.fault("the scaling " + io::json_string(scaling.substr(0, 40)), "standard, minmax or none");
  preprocessing.task = *known_task;
  preprocessing.scaling = *known_scaling;
  return {};
}

}  // namespace

std::string preprocessing_to_json(const data::Preprocessing& preprocessing) {
  std::string out = "{\"task\":\"" + std::string(data::task_name(preprocessing.task)) + "\",\"scaling\":\"" +
                    std::string(data::scaling_name(preprocessing.scaling)) + "\",\"features\":[";
  for (std::size_t i = 0; i < preprocessing.features.size(); ++i) {
    if (i > 0) out += ',';
    append_feature(out, preprocessing.features[i]);
  }
  out += "],\"targets\":[";
  for (std::size_t i = 0; i < preprocessing.targets.size(); ++i) {
    if (i > 0) out += ',';
    append_target(out, preprocessing.targets[i]);
  }
  out += "],\"classes\":";
  append_strings(out, preprocessing.classes);
  return out + "}";
}

Result<data::Preprocessing> preprocessing_from_json(std::string_view text, const std::string& name) {
  auto json = io::parse_json(text, name, {8, static_cast<std::size_t>(-1)});
  if (!json) return json.error();
  const JsonCursor root(*json, "", name);
  constexpr std::array<std::string_view, 5> kKnown{"task", "scaling", "features", "targets", "classes"};
  if (auto known = root.only(kKnown); !known) return known.error();
  data::Preprocessing preprocessing;
  if (auto done = read_kinds(root, preprocessing); !done) return done.error();
  if (auto done = read_list(root, "features", read_feature, preprocessing.features); !done) return done.error();
  if (auto done = read_list(root, "targets", read_target, preprocessing.targets); !done) return done.error();
  if (auto done = read(root, "classes", preprocessing.classes); !done) return done.error();
  return preprocessing;
}

}  // namespace deltarule::model
