// A fixed-size array of numbers on a 64-byte boundary, set to zero. Rows of kernels are padded to whole cache lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace deltarule::base {

inline constexpr std::size_t kAlignment = 64;  // one cache line, one AVX-512 vector

/// `count` rounded up so that a row of T ends on an alignment boundary.
template <class T>
[[nodiscard]] constexpr std::size_t padded(std::size_t count) {
  constexpr std::size_t lanes = kAlignment / sizeof(T);
  return (count + lanes - 1) / lanes * lanes;
}

template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size)
      : data_(static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t{kAlignment}))), size_(size) {
    std::fill_n(data_.get(), size_, T{});
  }
  AlignedBuffer(const AlignedBuffer& other) : AlignedBuffer(other.size_) { std::copy_n(other.data(), size_, data()); }
  AlignedBuffer& operator=(const AlignedBuffer& other) {
    if (this != &other) *this = AlignedBuffer(other);
    return *this;
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] const T* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t i) { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] std::span<T> span() { return {data(), size_}; }
  [[nodiscard]] std::span<const T> span() const { return {data(), size_}; }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete(p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace deltarule::base
