// Members sleep between calls: they look for work for a moment, then wait on a condition variable. The caller works as
// member 0. The only place that starts threads.
#include "base/thread_team.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace deltarule::base {
namespace {

#if defined(__linux__)

// Without exceptions std::thread cannot say that no thread was to be had, pthread_create can.
class Thread {
 public:
  bool start(void* (*entry)(void*), void* argument) { return pthread_create(&handle_, nullptr, entry, argument) == 0; }
  void join() { pthread_join(handle_, nullptr); }

 private:
  pthread_t handle_{};
};

#else

class Thread {
 public:
  bool start(void* (*entry)(void*), void* argument) {
    thread_ = std::thread([entry, argument] { entry(argument); });
    return true;
  }
  void join() { thread_.join(); }

 private:
  std::thread thread_;
};

#endif

// Some tens of microseconds of looking before sleeping; only when the machine has a core for every member.
constexpr int kLooks = 2000;

void pause_a_little() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

using Work = std::function<void(std::size_t)>;

}  // namespace

struct ThreadTeam::State {
  struct Member {
    State* team = nullptr;
    std::size_t number = 0;
    Thread thread;
  };

  std::vector<Member> others;  // members 1, 2, …; those that could be started
  std::vector<std::uint64_t> ranges_done;
  std::size_t looks = 0;

  const Work* work = nullptr;
  std::atomic<std::uint64_t> call{0};   // raised for each piece of common work
  std::atomic<std::size_t> working{0};  // members that are not back yet
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::condition_variable called;
  std::condition_variable finished;

  void wait_for_call(std::uint64_t seen) {
    for (std::size_t look = 0; look < looks; ++look) {
      if (call.load(std::memory_order_acquire) != seen) return;
      pause_a_little();
    }
    std::unique_lock lock(mutex);
    called.wait(lock, [&] { return call.load(std::memory_order_acquire) != seen; });
  }

  void wait_for_others() {
    for (std::size_t look = 0; look < looks; ++look) {
      if (working.load(std::memory_order_acquire) == 0) return;
      pause_a_little();
    }
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return working.load(std::memory_order_acquire) == 0; });
  }

  // Raised under the mutex: a member between its last look and its sleep cannot miss it.
  void raise_call() {
    {
      const std::scoped_lock lock(mutex);
      call.fetch_add(1, std::memory_order_release);
    }
    called.notify_all();
  }

  void come_back() {
    if (working.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const std::scoped_lock lock(mutex);
    finished.notify_one();
  }

  static void* live(void* argument) {
    const Member& me = *static_cast<Member*>(argument);
    State& team = *me.team;
    std::uint64_t seen = 0;
    while (true) {
      team.wait_for_call(seen);
      ++seen;
      if (team.stop.load(std::memory_order_acquire)) return nullptr;
      (*team.work)(me.number);
      team.come_back();
    }
  }
};

ThreadTeam::ThreadTeam(std::size_t members) : state_(std::make_unique<State>()) {
  State& team = *state_;
  const std::size_t wanted = std::max<std::size_t>(members, 1);
  team.others.resize(wanted - 1);
  if (wanted <= hardware_threads()) team.looks = kLooks;
  // A machine that gives fewer threads gets a smaller team: who computes decides nothing.
  std::size_t started = 0;
  for (; started < team.others.size(); ++started) {
    State::Member& member = team.others[started];
    member.team = &team;
    member.number = started + 1;
    if (!member.thread.start(&State::live, &member)) break;
  }
  team.others.resize(started);
  team.ranges_done.resize(started + 1);
}

ThreadTeam::~ThreadTeam() {
  State& team = *state_;
  team.stop.store(true, std::memory_order_release);
  team.raise_call();
  for (State::Member& member : team.others) member.thread.join();
}

std::size_t ThreadTeam::members() const { return state_->others.size() + 1; }

void ThreadTeam::run(const std::function<void(std::size_t member)>& work) {
  State& team = *state_;
  if (team.others.empty()) {
    work(0);
    return;
  }
  team.work = &work;
  team.working.store(team.others.size(), std::memory_order_relaxed);
  team.raise_call();
  work(0);
  team.wait_for_others();
}

void ThreadTeam::split(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) {
  State& team = *state_;
  const std::size_t parts = members();
  const std::size_t size = count / parts;
  const std::size_t longer = count % parts;  // so many ranges have one piece more
  const auto part = [&](std::size_t member) {
    const std::size_t first = member * size + std::min(member, longer);
    const std::size_t last = first + size + (member < longer ? 1 : 0);
    if (first == last) return;
    work(first, last);
    ++team.ranges_done[member];
  };
  if (count <= 1 || parts == 1) {
    part(0);  // not worth waking anyone
    return;
  }
  run(std::ref(part));  // a reference fits into std::function without memory of its own
}

std::span<const std::uint64_t> ThreadTeam::ranges_done() const { return state_->ranges_done; }

std::size_t hardware_threads() {
#if defined(__linux__)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    return static_cast<std::size_t>(std::max(CPU_COUNT(&allowed), 1));
  }
#endif
  return std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
}

}  // namespace deltarule::base
