// A fixed team of threads that run one function together and meet at its end: owner computes.
// Who takes which piece of work never decides a result, so a piece may be claimed by any member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace deltarule::base {

class ThreadTeam {
 public:
  /// `members` ≥ 1; the caller is member 0, so a team of one starts no thread.
  explicit ThreadTeam(std::size_t members);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  [[nodiscard]] std::size_t members() const;
  /// Calls work(member) once on every member and returns when all are back. Not re-entrant. `work` must not throw.
  void run(const std::function<void(std::size_t member)>& work);
  /// Splits pieces 0 … count−1 into one contiguous range per member (as even as can be, in order) and calls
  /// work(first, last) on each member whose range is not empty; returns when all are done.
  void split(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work);
  /// How many non-empty ranges each member has worked on so far: lets a test see that every member really worked.
  [[nodiscard]] std::span<const std::uint64_t> ranges_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Threads that the machine can run at the same time (at least 1).
[[nodiscard]] std::size_t hardware_threads();

}  // namespace deltarule::base
