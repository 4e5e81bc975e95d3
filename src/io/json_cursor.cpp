// Type-checked access to parsed JSON; every fault names the path from the root.
#include <algorithm>
#include <cmath>

#include "io/json.hpp"

namespace deltarule::io {

Error JsonCursor::fault(std::string got, std::string needed, std::string fix) const {
  std::string place = path_.empty() ? *name_ : *name_ + ", " + path_;
  return {ErrorCode::format, std::move(place), std::move(got), std::move(needed), std::move(fix)};
}

std::string JsonCursor::joined(std::string_view member_name) const {
  constexpr std::size_t kMost = 40;  // a path must not grow with names that somebody made long
  const std::string key(member_name.substr(0, kMost));
  return path_.empty() ? key : path_ + "." + key;
}

Error JsonCursor::wrong_kind(std::string needed) const { return fault(std::string(value_->kind()), std::move(needed)); }

Result<bool> JsonCursor::boolean() const {
  const bool* value = value_->boolean();
  if (value == nullptr) return wrong_kind("true or false");
  return *value;
}

Result<double> JsonCursor::number() const {
  const JsonNumber* value = value_->number();
  if (value == nullptr) return wrong_kind("a number");
  return value->value;
}

Result<std::uint64_t> JsonCursor::count(std::uint64_t most) const {
  const std::string needed = "a whole number from 0 to " + std::to_string(most);
  const JsonNumber* value = value_->number();
  if (value == nullptr) return wrong_kind(needed);
  if (value->counts && value->count <= most) return value->count;
  std::string got;
  if (value->counts)
    got = std::to_string(value->count);
  else
    append_json_number(got, value->value);
  if (!value->counts && value->value >= 0.0 && value->value == std::floor(value->value))
    got += " (written with a point, with an exponent or beyond 64 bits)";
  return fault(std::move(got), needed);
}

Result<std::string> JsonCursor::string() const {
  const std::string* value = value_->string();
  if (value == nullptr) return wrong_kind("a string");
  return *value;
}

Result<std::vector<JsonCursor>> JsonCursor::items() const {
  const Json::Array* values = value_->array();
  if (values == nullptr) return wrong_kind("a list");
  std::vector<JsonCursor> cursors;
  cursors.reserve(values->size());
  for (std::size_t i = 0; i < values->size(); ++i)
    cursors.emplace_back((*values)[i], path_ + "[" + std::to_string(i) + "]", *name_);
  return cursors;
}

Result<std::vector<std::pair<std::string, JsonCursor>>> JsonCursor::members() const {
  const Json::Object* values = value_->object();
  if (values == nullptr) return wrong_kind("an object");
  std::vector<std::pair<std::string, JsonCursor>> cursors;
  cursors.reserve(values->size());
  for (const auto& [key, value] : *values) cursors.emplace_back(key, JsonCursor(value, joined(key), *name_));
  return cursors;
}

Result<JsonCursor> JsonCursor::member(std::string_view member_name) const {
  if (value_->object() == nullptr) return wrong_kind("an object");
  const Json* value = value_->find(member_name);
  if (value == nullptr) return fault("no " + json_string(member_name), "it must be there");
  return JsonCursor(*value, joined(member_name), *name_);
}

Result<std::vector<std::string>> JsonCursor::strings() const {
  auto cursors = items();
  if (!cursors) return cursors.error();
  std::vector<std::string> values;
  values.reserve(cursors->size());
  for (const JsonCursor& cursor : *cursors) {
    auto value = cursor.string();
    if (!value) return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

Result<std::vector<double>> JsonCursor::numbers() const {
  auto cursors = items();
  if (!cursors) return cursors.error();
  std::vector<double> values;
  values.reserve(cursors->size());
  for (const JsonCursor& cursor : *cursors) {
    auto value = cursor.number();
    if (!value) return value.error();
    values.push_back(*value);
  }
  return values;
}

Result<void> JsonCursor::only(std::span<const std::string_view> known) const {
  const Json::Object* values = value_->object();
  if (values == nullptr) return wrong_kind("an object");
  for (const auto& [key, value] : *values) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string needed = "one of";
    for (const std::string_view name : known) needed += " " + std::string(name);
    return fault("an unknown entry " + json_string(key.substr(0, 40)), needed);
  }
  return {};
}

}  // namespace deltarule::io
