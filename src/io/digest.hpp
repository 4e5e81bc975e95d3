// XXH3-128 over ranges of bytes, as text. It finds damage, not malice: nothing here is cryptographic.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace deltarule::io {

/// Digits of a digest in text form.
inline constexpr std::size_t kDigestDigits = 32;

/// A digest that is fed piece by piece; the cuts between the pieces do not matter.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::span<const std::byte> bytes);
  /// 32 lower-case hexadecimal digits, most significant first: what `xxhsum -H2` prints. More may be added afterwards.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of one range.
[[nodiscard]] std::string digest_of(std::span<const std::byte> bytes);

}  // namespace deltarule::io
