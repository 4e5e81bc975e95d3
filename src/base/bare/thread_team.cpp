// The team on a bare machine (DELTARULE_BARE): no threads, the caller is its only member. In place of
// base/thread_team.cpp; every result is the same, since the number of members decides none.
#include "base/thread_team.hpp"

#include <array>

namespace deltarule::base {

struct ThreadTeam::State {
  std::array<std::uint64_t, 1> ranges_done{};
};

ThreadTeam::ThreadTeam(std::size_t) : state_(std::make_unique<State>()) {}
ThreadTeam::~ThreadTeam() = default;

std::size_t ThreadTeam::members() const { return 1; }

void ThreadTeam::run(const std::function<void(std::size_t member)>& work) { work(0); }

void ThreadTeam::split(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) {
  if (count == 0) return;
  work(0, count);
  ++state_->ranges_done[0];
}

void ThreadTeam::claim(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work,
                       std::size_t) {
  split(count, work);
}

std::span<const std::uint64_t> ThreadTeam::ranges_done() const { return state_->ranges_done; }

std::size_t hardware_threads() { return 1; }

}  // namespace deltarule::base
