// JSON written member by member, numbers in the shortest form that reads back to the same bits. Reads nothing.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deltarule::cli {

/// Quoted and escaped; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string json_text(std::string_view text);
/// null for a number that JSON cannot say (NaN, infinities).
[[nodiscard]] std::string json_number(double value);
[[nodiscard]] std::string json_list(const std::vector<std::string>& texts);

/// An object on one line, members in the order of their calls.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value) { return raw(key, json_text(value)); }
  JsonObject& number(std::string_view key, double value) { return raw(key, json_number(value)); }
  template <std::unsigned_integral N>
  JsonObject& count(std::string_view key, N value) {
    return raw(key, std::to_string(value));
  }
  JsonObject& truth(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& list(std::string_view key, const std::vector<std::string>& texts) { return raw(key, json_list(texts)); }
  /// `json` is JSON already.
  JsonObject& raw(std::string_view key, std::string_view json);
  [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

/// An array of things that are JSON already.
[[nodiscard]] std::string json_array(const std::vector<std::string>& items);

}  // namespace deltarule::cli
