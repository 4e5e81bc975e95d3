// What can go wrong, as a value: where, what we got, what was needed, how to fix it.
// Not the place for messages of a single module: those are written where the fault is found.
#pragma once

#include <cassert>
#include <exception>
#include <string>
#include <utility>
#include <variant>

namespace deltarule {

/// The kind of fault. The command line maps it to its exit code (docs/formats.md).
enum class ErrorCode {
  usage,        ///< an option or argument that makes no sense
  spec,         ///< a network, rule or setting that cannot be built
  shape,        ///< arrays whose sizes do not fit each other
  data,         ///< a table or pattern that cannot be used
  format,       ///< a model file that is damaged or incompatible
  io,           ///< the operating system refused a file operation
  diverged,     ///< training produced a number that is not finite
  interrupted,  ///< the caller asked to stop
};

/// One fault. Empty fields are left out of the message.
struct Error {
  ErrorCode code = ErrorCode::usage;
  std::string place;   ///< where: `penguins.csv:17, column "sex"`
  std::string got;     ///< what was found there
  std::string needed;  ///< what would have been right
  std::string fix;     ///< what the user can do about it

  /// `place: got; needed …. Fix: …` on one line.
  [[nodiscard]] std::string message() const;
};

/// What the throwing part of the library throws. Carries the Error it was made from.
class Exception : public std::exception {
 public:
  explicit Exception(Error error);
  ~Exception() override;
  Exception(const Exception&) = default;
  Exception& operator=(const Exception&) = default;
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  std::string message_;
};

/// Either a value or an Error. Reading the one that is not there is a bug (assert), never user input.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & { return *checked(std::get_if<0>(&state_)); }
  [[nodiscard]] const T& value() const& { return *checked(std::get_if<0>(&state_)); }
  [[nodiscard]] T&& value() && { return std::move(*checked(std::get_if<0>(&state_))); }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const { return *checked(std::get_if<1>(&state_)); }

 private:
  template <class P>
  static P* checked(P* pointer) {
    assert(pointer != nullptr);
    return pointer;
  }
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error: `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] const Error& error() const {
    assert(!ok_);
    return error_;
  }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace deltarule
