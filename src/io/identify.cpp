#include "io/identify.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace deltarule::io {
namespace {

using Signature = std::pair<std::string_view, std::string_view>;
constexpr std::array<Signature, 10> kSignatures{{
    {"PK\x03\x04", "a zip archive (a PyTorch or NumPy file?)"},
    {"\x1F\x8B", "a gzip archive"},
    {"\x93NUMPY", "a NumPy array"},
    {"\x89HDF", "an HDF5 file"},
    {"\x80\x04", "a Python pickle"},
    {"\x80\x02", "a Python pickle"},
    {"GGUF", "a GGUF model"},
    {"\x7F"
     "ELF",
     "a program"},
    {"PAR1", "a Parquet table"},
    {"\xFF\xFE", "UTF-16 text"},
}};

bool is_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char symbol) {
    const auto code = static_cast<unsigned char>(symbol);
    return code >= 0x20 || code == '\n' || code == '\r' || code == '\t';
  });
}

std::string text_kind(std::string_view text) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "a file of white space";
  if (text[first] == '{' || text[first] == '[') return "JSON text";
  if (text[first] == '<') return "HTML or XML text";
  const std::string_view line = text.substr(first, text.find('\n', first) - first);
  if (line.find_first_of(",;\t|") != std::string_view::npos) return "text, perhaps a CSV table";
  return "text";
}

}  // namespace

std::string looks_like(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  constexpr std::size_t kEnough = 4096;
  const std::size_t seen = std::min(bytes.size(), kEnough);
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()), seen);
  for (const auto& [signature, meaning] : kSignatures)
    if (start.substr(0, signature.size()) == signature) return std::string(meaning);
  if (is_text(start)) return text_kind(start);
  // Of something large, only the beginning may have been read.
  constexpr std::size_t kSmall = std::size_t{1} << 20;
  return bytes.size() < kSmall ? "binary data of " + std::to_string(bytes.size()) + " bytes" : "binary data";
}

}  // namespace deltarule::io
