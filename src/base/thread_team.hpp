// A fixed team of threads that work together and meet at the end: owner computes.
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
  /// Like split(), but a member works on its range in shrinking parts, work(first, last) for each, and then helps with
  /// what others have not begun: a member whose core is busy with something else holds nobody up. Parts begin at
  /// multiples of `least` and are no shorter, except the last of all. Returns when all pieces are done, without waiting
  /// for members that had no part in it.
  void claim(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work,
             std::size_t least = 1);
  /// How many ranges or parts each member has worked on so far: lets a test see that members really worked.
  [[nodiscard]] std::span<const std::uint64_t> ranges_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Threads that the machine can run at the same time (at least 1).
[[nodiscard]] std::size_t hardware_threads();

}  // namespace deltarule::base
