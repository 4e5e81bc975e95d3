// JSON as plain values: a parser that trusts nothing, and the few functions that write JSON byte for byte the same.
// No streaming, no comments, no NaN. The parsing library stays behind the .cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule::io {

/// A number as both float types see it: each is the nearest to the decimal text, rounded once.
struct JsonNumber {
  double value = 0.0;
  float single = 0.0F;
  bool counts = false;  ///< a whole number ≥ 0 that fits into `count`
  std::uint64_t count = 0;
};

/// One value. Members keep the order of the text; no name occurs twice.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  Json(bool value) : value_(value) {}
  Json(JsonNumber value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  /// Null pointers when the value is of another type.
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const JsonNumber* number() const { return std::get_if<JsonNumber>(&value_); }
  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&value_); }
  [[nodiscard]] Array* array() { return std::get_if<Array>(&value_); }
  [[nodiscard]] Object* object() { return std::get_if<Object>(&value_); }
  /// The member of that name, or null: also when this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const;
  /// "a number", "an object", … for messages.
  [[nodiscard]] std::string_view kind() const;

 private:
  std::variant<std::monostate, bool, JsonNumber, std::string, Array, Object> value_;
};

/// What a text may not exceed. Values take at most some fifty times the memory of their text.
struct JsonLimits {
  std::size_t depth = 64;                           ///< brackets inside brackets
  std::size_t list = static_cast<std::size_t>(-1);  ///< values in one list
};

/// Format error (place: `name`, and the byte where the text stops being JSON) for text that is not one JSON value in
/// UTF-8, a name given twice in one object, brackets too deep, a list too long, or a number beyond double.
Result<Json> parse_json(std::string_view text, const std::string& name, JsonLimits limits = {});

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD, so the result is valid.
void append_json_string(std::string& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);
/// Appends the shortest digits that read back as the same number; −0 as "-0.0". NaN and ±inf, which JSON has no
/// word for, as null.
void append_json_number(std::string& out, double value);
void append_json_number(std::string& out, float value);

/// A value together with its path from the root ("layers[0].units"), so that every fault can say where it is.
class JsonCursor {
 public:
  JsonCursor(const Json& value, std::string path, const std::string& name)
      : value_(&value), path_(std::move(path)), name_(&name) {}

  [[nodiscard]] const Json& json() const { return *value_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& name() const { return *name_; }

  /// Format error at this path.
  [[nodiscard]] Error fault(std::string got, std::string needed, std::string fix = {}) const;
  /// Format error: "a string" where `needed` was asked for.
  [[nodiscard]] Error wrong_kind(std::string needed) const;

  Result<bool> boolean() const;
  Result<double> number() const;
  /// A whole number from 0 to `most`.
  Result<std::uint64_t> count(std::uint64_t most) const;
  Result<std::string> string() const;
  Result<std::vector<JsonCursor>> items() const;
  Result<std::vector<std::pair<std::string, JsonCursor>>> members() const;
  /// The member of that name; format error when this is no object or has none.
  Result<JsonCursor> member(std::string_view member_name) const;
  [[nodiscard]] bool has(std::string_view member_name) const { return value_->find(member_name) != nullptr; }
  Result<std::vector<std::string>> strings() const;
  Result<std::vector<double>> numbers() const;
  /// Format error unless every member's name is one of `known` (nearest spelling not looked for).
  Result<void> only(std::span<const std::string_view> known) const;

 private:
  [[nodiscard]] std::string joined(std::string_view member_name) const;

  const Json* value_;
  std::string path_;
  const std::string* name_;
};

}  // namespace deltarule::io
