// The text side of json.hpp: nlohmann's lexer drives a builder of our own values, so that depth, double names and exact
// numbers are in our hands and nothing can throw. The cursor is in json_cursor.cpp.
#include "io/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "io/number.hpp"

namespace deltarule::io {
namespace {

/// Builds values from the parser's events. Every event returns false to stop; `fault_` then says why.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit Builder(JsonLimits limits) : limits_(limits) {}

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(number_integer_t value) {
    return add(Json(JsonNumber{static_cast<double>(value), static_cast<float>(value), value >= 0,
                               value >= 0 ? static_cast<std::uint64_t>(value) : 0}));
  }
  bool number_unsigned(number_unsigned_t value) {
    return add(Json(JsonNumber{static_cast<double>(value), static_cast<float>(value), true, value}));
  }
  bool number_float(number_float_t, const string_t& text) {
    const ParsedNumber wide = parse_number(text);
    if (wide.status != NumberStatus::ok) return stop("the number " + shortened(text));
    JsonNumber number;
    number.value = wide.value;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, number.single).ec != std::errc()) number.single = beyond_float(wide.value);
    return add(Json(number));
  }
  bool string(string_t& value) { return add(Json(std::move(value))); }
  bool binary(binary_t&) { return stop("binary data"); }
  bool start_object(std::size_t) { return open(Json(Json::Object{})); }
  bool start_array(std::size_t) { return open(Json(Json::Array{})); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& name) {
    if (!open_.back().names.insert(name).second) return stop("the name " + json_string(shortened(name)) + " twice");
    open_.back().name = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& problem) {
    const std::string_view what = problem.what();
    offset_ = position;
    return stop(problem.id == 406 ? "a number too large for a double" : "not JSON here" + reason(what));
  }

  [[nodiscard]] std::string where() const { return offset_ == 0 ? "" : ", byte " + std::to_string(offset_); }
  [[nodiscard]] std::string take_fault() { return std::move(fault_); }
  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  struct Open {
    Json value;
    std::string name;                       // of the member that is being read, in an object
    std::unordered_set<std::string> names;  // of its members so far
  };

  static std::string shortened(const std::string& text) {
    return text.size() <= 40 ? text : text.substr(0, 37) + "...";
  }

  /// The last part of the parser's own message says what it met: "unexpected end of input; expected ']'".
  static std::string reason(std::string_view what) {
    const std::size_t from = what.rfind(" - ");
    return from == std::string_view::npos ? std::string() : " (" + std::string(what.substr(from + 3)) + ")";
  }

  /// What a number that float cannot hold becomes: 0 when it is too small, infinity when it is too large.
  static float beyond_float(double value) {
    const bool large = std::fabs(value) > 1.0;
    return std::copysign(large ? std::numeric_limits<float>::infinity() : 0.0F, std::signbit(value) ? -1.0F : 1.0F);
  }

  bool stop(std::string what) {
    fault_ = std::move(what);
    return false;
  }
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    Json::Array* array = parent.value.array();
    if (array == nullptr) {
      parent.value.object()->emplace_back(std::move(parent.name), std::move(value));
      return true;
    }
    if (array->size() == limits_.list) return stop("a list of more than " + std::to_string(limits_.list) + " values");
    array->push_back(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() == limits_.depth) return stop("brackets more than " + std::to_string(limits_.depth) + " deep");
    open_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  JsonLimits limits_;
  Json root_;
  std::vector<Open> open_;
  std::string fault_;
  std::size_t offset_ = 0;
};

/// Bytes of the UTF-8 character that `text` begins with; 0 when it is none (overlong and surrogate forms included).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool beyond = first == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

void append_escaped(std::string& out, char symbol) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (symbol) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(symbol);
  if (code >= 0x20 && code != 0x7F) {
    out += symbol;
    return;
  }
  out += "\\u00";
  out += kHex[code >> 4];
  out += kHex[code & 15];
}

template <class T>
void append_number(std::string& out, T value) {
  if (!std::isfinite(value)) {
    out += "null";
  } else if (value == T{0} && std::signbit(value)) {
    out += "-0.0";  // "-0" would be read as the whole number 0
  } else {
    std::array<char, 64> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end.ptr);
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& name, JsonLimits limits) {
  // The lexer takes a NUL for the end of the text, and what follows would go unread.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return Error{ErrorCode::format,
                 name + ", byte " + std::to_string(nul + 1),
                 "not JSON here (a NUL byte)",
                 "one JSON value in UTF-8",
                 {}};
  Builder builder(limits);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  return Error{ErrorCode::format, name + builder.where(), builder.take_fault(), "one JSON value in UTF-8", {}};
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) out += "\xEF\xBF\xBD";
    if (length == 1) append_escaped(out, text.front());
    if (length > 1) out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_number(std::string& out, double value) { append_number(out, value); }
void append_json_number(std::string& out, float value) { append_number(out, value); }

const Json* Json::find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const auto& [key, value] : *members)
    if (key == name) return &value;
  return nullptr;
}

std::string_view Json::kind() const {
  constexpr std::array<std::string_view, 6> kKinds{"null",     "true or false", "a number",
                                                   "a string", "a list",        "an object"};
  return kKinds[value_.index()];
}

}  // namespace deltarule::io
