// Reading of containers: first the digest, over bytes alone; then the header, as if somebody had made it to deceive.
#include <algorithm>
#include <array>
#include <limits>

#include "io/digest.hpp"
#include "io/identify.hpp"
#include "io/json.hpp"
#include "io/safetensors.hpp"
#include "io/safetensors_layout.hpp"

namespace deltarule::io {
namespace {

using Bytes = std::span<const std::byte>;

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Error fault(const std::string& name, std::size_t byte, const std::string& field, std::string got, std::string needed,
            std::string fix = {}) {
  return {ErrorCode::format, name + ", byte " + std::to_string(byte) + " (" + field + ")", std::move(got),
          std::move(needed), std::move(fix)};
}

std::uint64_t header_length(Bytes bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < layout::kLengthBytes; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return length;
}

Result<void> check_length(Bytes bytes, const std::string& name) {
  const std::uint64_t length = header_length(bytes);
  const std::uint64_t room = std::min<std::uint64_t>(bytes.size() - layout::kLengthBytes, kMostHeaderBytes);
  if (length <= room) return {};
  return fault(name, 0, "header length", std::to_string(length),
               "at most " + std::to_string(room) + " in a file of " + std::to_string(bytes.size()) + " bytes");
}

// ---- What is no container of ours ----

constexpr const char* kFix = "Give a file that `deltarule train` wrote";

/// True when the header is JSON as safetensors has it (a large one: seems to be), whatever it says.
bool is_safetensors(Bytes bytes, const std::string& name) {
  if (bytes.size() <= layout::kLengthBytes || !check_length(bytes, name)) return false;
  const auto length = static_cast<std::size_t>(header_length(bytes));
  const std::string_view header = as_text(bytes.subspan(layout::kLengthBytes, length));
  if (header.substr(0, 1) != "{") return false;
  // For a message alone, a header that takes seconds and gigabytes to parse is judged by its ends.
  constexpr std::size_t kWorthParsing = std::size_t{1} << 20;
  if (length > kWorthParsing) return header.find_last_not_of(' ') == header.find_last_of('}');
  const auto json = parse_json(header, name, {3, layout::kMostExtents});
  return json.ok() && json->object() != nullptr;
}

Error not_ours(Bytes bytes, const std::string& name) {
  const std::string needed = "a deltarule model (a safetensors file that begins with its digest)";
  const std::string_view text = as_text(bytes);
  const std::string_view found = text.substr(std::min(text.size(), layout::kLengthBytes), layout::kPrefix.size());
  const std::string_view expected = layout::kPrefix.substr(0, found.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < found.size(); ++i) same += found[i] == expected[i] ? 1 : 0;
  if (same == found.size() && !found.empty() && text.substr(0, 1) != "{")
    return fault(name, bytes.size(), "digest", "the file ends here, inside its first entry", needed,
                 "The file was cut short; copy it again");
  if (same * 4 > layout::kPrefix.size() * 3) {
    const auto [wrong, unused] = std::mismatch(found.begin(), found.end(), expected.begin());
    return fault(name, layout::kLengthBytes + static_cast<std::size_t>(wrong - found.begin()), "start of the header",
                 "a damaged model: a byte of its first entry was changed", needed, "Copy the file again");
  }
  if (is_safetensors(bytes, name))
    return fault(name, layout::kLengthBytes, "metadata",
                 "a safetensors file, but not a deltarule model: metadata missing, re-saved by another tool?", needed,
                 kFix);
  return {ErrorCode::format, name, looks_like(bytes), needed, kFix};
}

// ---- The digest ----

bool has_prefix(Bytes bytes) {
  return bytes.size() >= layout::kDigestPlace + kDigestDigits &&
         as_text(bytes).substr(layout::kLengthBytes, layout::kPrefix.size()) == layout::kPrefix;
}

/// The digest of the whole file, the digits of the digest itself taken as zeros.
std::string digest_of_file(Bytes bytes) {
  const std::string zeros(kDigestDigits, '0');
  Digest digest;
  digest.update(bytes.first(layout::kDigestPlace));
  digest.update(std::as_bytes(std::span(zeros)));
  digest.update(bytes.subspan(layout::kDigestPlace + kDigestDigits));
  return digest.hex();
}

Result<void> check_digest(Bytes bytes, const std::string& name) {
  const std::string_view stored = as_text(bytes).substr(layout::kDigestPlace, kDigestDigits);
  const std::string found = digest_of_file(bytes);
  if (stored == found) return {};
  if (auto length = check_length(bytes, name); !length) {
    Error error = length.error();
    error.fix = "The file is damaged or was cut short; copy it again";
    return error;
  }
  return fault(name, layout::kDigestPlace, "digest",
               "the bytes of the file have the digest " + found + ", which is not the stored " + json_string(stored),
               "equal digests",
               "The file was damaged, changed or re-saved by another tool after it was written; copy it again");
}

// ---- The header ----

struct Extent {
  std::uint64_t begin, end;
};

class HeaderReader {
 public:
  HeaderReader(Bytes data, std::size_t data_place, const std::string& name)
      : data_(data), data_place_(data_place), name_(name) {}

  Result<Container> read(const Json& header) {
    const JsonCursor root(header, "", name_);
    auto members = root.members();
    if (!members) return members.error();
    for (const auto& [key, cursor] : *members) {
      auto added = key == layout::kMetadataKey ? read_metadata(cursor) : read_section(key, cursor);
      if (!added) return added.error();
    }
    if (auto packed = check_packed(); !packed) return packed.error();
    for (std::size_t i = 0; i < extents_.size(); ++i) copy(extents_[i], container_.sections[i].bytes);
    return std::move(container_);
  }

 private:
  Result<void> read_metadata(const JsonCursor& cursor) {
    auto members = cursor.members();
    if (!members) return members.error();
    for (const auto& [key, value] : *members) {
      if (key == layout::kDigestKey) continue;
      auto text = value.string();
      if (!text) return text.error();
      container_.metadata.emplace_back(key, std::move(*text));
    }
    return {};
  }

  Result<void> read_section(const std::string& key, const JsonCursor& cursor) {
    constexpr std::array<std::string_view, 3> kFields{"dtype", "shape", "data_offsets"};
    if (auto known = cursor.only(kFields); !known) return known;
    Section section;
    section.name = key;
    auto dtype = cursor.member("dtype");
    if (!dtype) return dtype.error();
    auto dtype_name = dtype->string();
    if (!dtype_name) return dtype_name.error();
    section.dtype = std::move(*dtype_name);
    const std::size_t size = dtype_size(section.dtype);
    if (size == 0) return dtype->fault(json_string(section.dtype.substr(0, 40)), "a safetensors number type");
    auto shape = counts(cursor, "shape", std::numeric_limits<std::uint64_t>::max());
    if (!shape) return shape.error();
    section.shape = std::move(*shape);
    auto extent = read_extent(cursor, section, size);
    if (!extent) return extent.error();
    extents_.push_back(*extent);
    container_.sections.push_back(std::move(section));
    return {};
  }

  Result<Extent> read_extent(const JsonCursor& cursor, const Section& section, std::size_t size) const {
    auto offsets = counts(cursor, "data_offsets", data_.size());
    if (!offsets) return offsets.error();
    if (offsets->size() != 2 || (*offsets)[0] > (*offsets)[1])
      return cursor.fault("data_offsets that are no range", "[begin, end] with begin <= end");
    const Extent extent{(*offsets)[0], (*offsets)[1]};
    const auto bytes = layout::bytes_of_shape(section.shape, size);
    if (!bytes) return cursor.fault("a shape of more bytes than 64 bits count", "a shape that fits its bytes");
    if (*bytes != extent.end - extent.begin)
      return cursor.fault("a shape of " + std::to_string(*bytes) + " bytes with data_offsets of " +
                              std::to_string(extent.end - extent.begin),
                          "equal sizes");
    return extent;
  }

  static Result<std::vector<std::uint64_t>> counts(const JsonCursor& cursor, std::string_view field,
                                                   std::uint64_t most) {
    auto member = cursor.member(field);
    if (!member) return member.error();
    auto items = member->items();
    if (!items) return items.error();
    std::vector<std::uint64_t> values;
    for (const JsonCursor& item : *items) {
      auto value = item.count(most);
      if (!value) return value.error();
      values.push_back(*value);
    }
    return values;
  }

  /// The sections, in the order of their places, follow each other without hole or overlap and fill the file.
  [[nodiscard]] Result<void> check_packed() const {
    std::vector<std::size_t> order(extents_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return std::pair(extents_[a].begin, extents_[a].end) < std::pair(extents_[b].begin, extents_[b].end);
    });
    std::uint64_t filled = 0;
    for (const std::size_t i : order) {
      if (extents_[i].begin != filled)
        return fault(name_, data_place_ + filled, "section " + json_string(container_.sections[i].name.substr(0, 40)),
                     extents_[i].begin > filled ? "a hole before it" : "it overlaps the section before",
                     "sections that follow each other without gap");
      filled = extents_[i].end;
    }
    if (filled == data_.size()) return {};
    return fault(name_, data_place_ + filled, "end of the sections",
                 std::to_string(data_.size() - filled) + " bytes beyond the last section", "the end of the file");
  }

  void copy(const Extent& extent, std::vector<std::byte>& into) const {
    const Bytes range =
        data_.subspan(static_cast<std::size_t>(extent.begin), static_cast<std::size_t>(extent.end - extent.begin));
    into.assign(range.begin(), range.end());
  }

  Bytes data_;
  std::size_t data_place_;
  const std::string& name_;
  Container container_;
  std::vector<Extent> extents_;
};

}  // namespace

bool may_be_container(std::string_view piece, std::uint64_t place) {
  return place > 0 || piece.size() <= layout::kLengthBytes || piece[layout::kLengthBytes] == '{';
}

Result<Container> parse_container(Bytes bytes, const std::string& name) {
  if (!has_prefix(bytes)) return not_ours(bytes, name);
  if (auto digest = check_digest(bytes, name); !digest) return digest.error();
  if (auto length = check_length(bytes, name); !length) return length.error();
  const auto length = static_cast<std::size_t>(header_length(bytes));
  const std::size_t data_place = layout::kLengthBytes + length;
  if (length % 8 != 0) return fault(name, 0, "header length", std::to_string(length), "a multiple of 8");
  auto header =
      parse_json(as_text(bytes.subspan(layout::kLengthBytes, length)), name + ", header", {3, layout::kMostExtents});
  if (!header) return header.error();
  return HeaderReader(bytes.subspan(data_place), data_place, name).read(*header);
}

}  // namespace deltarule::io
