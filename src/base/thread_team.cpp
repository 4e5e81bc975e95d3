// Members sleep between calls: they look for work for a moment, then wait in the kernel. The caller works as member 0.
// The only place that starts threads.
#include "base/thread_team.hpp"

#include <algorithm>
#include <atomic>
#include <climits>
#include <thread>
#include <utility>
#include <vector>

#include "base/aligned.hpp"

#if defined(__linux__)
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
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

using Word = std::atomic<std::uint32_t>;
static_assert(sizeof(Word) == sizeof(std::uint32_t));

/// Sleeps if the word is `value`, until it is woken; may return early.
void sleep_while(Word& word, std::uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}
int this_core() { return sched_getcpu(); }  // no system call
void wake_all(Word& word) { syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0); }

#else

using Word = std::atomic<std::uint32_t>;
void sleep_while(Word& word, std::uint32_t value) { word.wait(value); }
void wake_all(Word& word) { word.notify_all(); }
int this_core() { return -1; }

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

// A wait looks for its end so often before it sleeps, when the machine has a core for every member: about as long as
// sleeping and being woken takes (10 to 40 µs), so that no wait costs much more than twice the least. 500 pauses of a
// Zen 4 are 12 µs. Where two members are left to share one core (cores busy with other work), each meeting lasts as
// long as the looking: 16 µs of work in two halves took 134 µs with 2000 looks, 45 µs with 500, 31 µs with 100; but
// with 100 members sleep between calls that follow each other in 5 µs. Letting others have the core between looks
// (sched_yield) is worse than to sleep: next to two busy threads a meeting took 10 ms instead of 1, since Linux lets a
// thread that yields wait for its turn, and one that was asleep come soon.
constexpr int kLooks = 500;

void pause_a_little() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

using Work = std::function<void(std::size_t)>;
using RangeWork = std::function<void(std::size_t, std::size_t)>;

/// What the members are called for; part of the call's number.
enum class Call : std::uint32_t { run, claim, stop };

/// Pieces [first, last) that nobody has begun, as one word.
struct alignas(kAlignment) Range {
  std::atomic<std::uint64_t> rest = 0;

  void set(std::uint64_t first, std::uint64_t last) { rest.store(first << 32 | last, std::memory_order_release); }

  /// Takes the larger half of what is left, from the front or from the back; false when nothing is.
  bool take(bool from_front, std::size_t& first, std::size_t& last) {
    std::uint64_t seen = rest.load(std::memory_order_relaxed);
    while (true) {
      const std::uint64_t begin = seen >> 32, end = seen & 0xFFFFFFFF;
      if (begin == end) return false;
      const std::uint64_t size = (end - begin + 1) / 2;
      first = from_front ? begin : end - size;
      last = first + size;
      const std::uint64_t left = from_front ? last << 32 | end : begin << 32 | first;
      if (rest.compare_exchange_weak(seen, left, std::memory_order_acq_rel, std::memory_order_relaxed)) return true;
    }
  }
};

/// Whether calling the others is worth it: after many claims in a row in which they came too late for any real part,
/// the caller works alone for a while, longer each time, and then tries again. A core that is busy with other work
/// would otherwise cost every small step the waking of members that do not come: 36 µs of work took 59 with it.
class Helpfulness {
 public:
  [[nodiscard]] bool is_expected() {
    if (alone_ == 0) return true;
    --alone_;
    return false;
  }
  void learn(bool helped) {
    if (helped) {
      *this = Helpfulness();
    } else if (++missed_ == kPatience) {
      alone_ = rest_;
      rest_ = std::min(2 * rest_, kLongestRest);
      missed_ = 0;
    }
  }

 private:
  // Members that were asleep come to the second or third claim that follows soon, where cores are free.
  static constexpr std::size_t kPatience = 16, kFirstRest = 64, kLongestRest = 1024;
  std::size_t missed_ = 0, rest_ = kFirstRest, alone_ = 0;
};

}  // namespace

struct ThreadTeam::State {
  struct Member {
    State* team = nullptr;
    std::size_t number = 0;
    Thread thread;
  };

  std::vector<Member> others;  // members 1, 2, …; those that could be started
  std::vector<std::uint64_t> ranges_done;
  bool has_cores = false;
  std::vector<Range> ranges;  // of claim(), one per member
  Helpfulness others_help;

  // Set before a call, read by members that take part in it: those of a run, and those who hold a part of a claim.
  const Work* work = nullptr;
  const RangeWork* range_work = nullptr;
  std::size_t count = 0;
  std::size_t least = 1;

  // The words that are waited for, each on a cache line of its own. The lowest bit says that somebody sleeps on the
  // word as it is: whoever changes the rest of it knows whether there is anyone to wake, and members that are awake
  // cost no system call. With two members awake an empty run() takes 0.2 µs.
  alignas(kAlignment) Word call = 0;  // number << 3 | Call << 1 | asleep
  alignas(kAlignment) Word left = 0;  // members that are not back, or units of work that are not done, << 1 | asleep

  static constexpr std::uint32_t kAsleep = 1;

  /// The core that the caller was on when it last called. Where there is a core for every member, one on the caller's
  /// only keeps it from working: it goes to sleep at once and takes no part in claims. Next to other work on both
  /// cores, 34 µs of work took 64 in a claim that such members took part in, and takes 35.
  std::atomic<int> callers_core = -1;
  [[nodiscard]] bool is_in_the_way() const {
    const int core = this_core();
    return has_cores && core >= 0 && core == callers_core.load(std::memory_order_relaxed);
  }

  /// Returns when arrived(word) is true, with the word; looks first, as long as may_look(), then sleeps.
  template <class Arrived, class MayLook>
  std::uint32_t wait_for(Word& word, const Arrived& arrived, const MayLook& may_look) {
    for (int look = 0; has_cores && look < kLooks && (look % 16 != 0 || may_look()); ++look) {
      if (const std::uint32_t now = word.load(std::memory_order_acquire); arrived(now)) return now;
      pause_a_little();
    }
    while (true) {
      std::uint32_t now = word.load(std::memory_order_acquire);
      if (arrived(now)) return now;
      if ((now & kAsleep) != 0 || word.compare_exchange_weak(now, now | kAsleep)) sleep_while(word, now | kAsleep);
    }
  }

  std::uint32_t wait_for_call(std::uint32_t seen) {
    const auto arrived = [seen](std::uint32_t now) { return (now & ~kAsleep) != seen; };
    return wait_for(call, arrived, [this] { return !is_in_the_way(); }) & ~kAsleep;
  }
  void raise_call(Call what) {
    callers_core.store(this_core(), std::memory_order_relaxed);
    const std::uint32_t number = (call.load(std::memory_order_relaxed) >> 3) + 1;
    const std::uint32_t before = call.exchange(number << 3 | static_cast<std::uint32_t>(what) << 1);
    if ((before & kAsleep) != 0) wake_all(call);
  }

  void expect(std::size_t units) { left.store(static_cast<std::uint32_t>(units) << 1, std::memory_order_relaxed); }
  void wait_for_the_end() {
    (void)wait_for(left, [](std::uint32_t now) { return now >> 1 == 0; }, [] { return true; });
  }
  void done(std::size_t units) {
    const std::uint32_t some = static_cast<std::uint32_t>(units) << 1;
    if (left.fetch_sub(some) == (some | kAsleep)) wake_all(left);
  }

  /// One part of a claim. That it was there to take says that the call is not over, so its fields may be read.
  void work_on(std::size_t member, std::size_t first, std::size_t last) {
    const RangeWork& call_with = *range_work;
    call_with(first * least, std::min(last * least, count));
    ++ranges_done[member];
    done(last - first);
  }

  /// The member's own range, then what is left of the others'; returns the units done. A member that comes late finds
  /// them empty, or those of a later call, which it may as well take part in. Measured with two members, cores shared
  /// with other work: 16 µs of work take 22 µs (split: 45), 81 µs take 97 (116), next to two busy threads 486 µs take
  /// 275 on the mean (2190, and 1740 with one thread); on free cores both are half of one thread's time and 0.5 µs.
  std::size_t work_on_ranges(std::size_t member) {
    std::size_t first = 0, last = 0, worked = 0;
    for (std::size_t k = 0; k < ranges.size(); ++k)
      while (ranges[(member + k) % ranges.size()].take(k == 0, first, last)) {
        work_on(member, first, last);
        worked += last - first;
      }
    return worked;
  }

  static void* live(void* argument) {
    const Member& me = *static_cast<Member*>(argument);
    State& team = *me.team;
    std::uint32_t seen = 0;
    while (true) {
      seen = team.wait_for_call(seen);
      switch (static_cast<Call>(seen >> 1 & 3)) {
        case Call::run:
          (*team.work)(me.number);
          team.done(1);
          break;
        case Call::claim:
          if (!team.is_in_the_way()) (void)team.work_on_ranges(me.number);
          break;
        case Call::stop:
          return nullptr;
      }
    }
  }
};

ThreadTeam::ThreadTeam(std::size_t members) : state_(std::make_unique<State>()) {
  State& team = *state_;
  const std::size_t wanted = std::max<std::size_t>(members, 1);
  team.others.resize(wanted - 1);
  team.ranges = std::vector<Range>(wanted);
  team.ranges_done.resize(wanted);
  team.has_cores = wanted <= hardware_threads();
  // A machine that gives fewer threads gets a smaller team: who computes decides nothing.
  std::size_t started = 0;
  for (; started < team.others.size(); ++started) {
    State::Member& member = team.others[started];
    member.team = &team;
    member.number = started + 1;
    if (!member.thread.start(&State::live, &member)) break;
  }
  team.others.resize(started);
  // A starting thread allocates and takes its time. Once all have met, no later call meets either.
  run([](std::size_t) {});
}

ThreadTeam::~ThreadTeam() {
  State& team = *state_;
  team.raise_call(Call::stop);
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
  team.expect(team.others.size());
  team.raise_call(Call::run);
  work(0);
  team.wait_for_the_end();
}

namespace {

/// The member's share of `count` things, as even as can be and in order.
std::pair<std::size_t, std::size_t> share_of(std::size_t member, std::size_t members, std::size_t count) {
  const std::size_t size = count / members, longer = count % members;  // so many shares have one more
  const std::size_t first = member * size + std::min(member, longer);
  return {first, first + size + (member < longer ? 1 : 0)};
}

}  // namespace

void ThreadTeam::split(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) {
  State& team = *state_;
  const std::size_t parts = count <= 1 ? 1 : members();  // one piece is not worth waking anyone
  const auto part = [&](std::size_t member) {
    const auto [first, last] = share_of(member, parts, count);
    if (first == last) return;
    work(first, last);
    ++team.ranges_done[member];
  };
  if (parts == 1) return part(0);
  run(std::ref(part));  // a reference fits into std::function without memory of its own
}

void ThreadTeam::claim(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work,
                       std::size_t least) {
  State& team = *state_;
  // Units are counted in 31 bits. So many pieces are no case to be fast in.
  constexpr std::size_t kMostUnits = std::size_t{1} << 30;
  least = std::max({least, std::size_t{1}, count / kMostUnits + 1});
  const std::size_t units = count / least + (count % least > 0 ? 1 : 0);
  if (units <= 1 || team.others.empty() || !team.others_help.is_expected()) {
    if (count > 0) {
      work(0, count);
      ++team.ranges_done[0];
    }
    return;
  }
  team.range_work = &work;
  team.count = count;
  team.least = least;
  team.expect(units);
  const std::size_t parts = members();
  for (std::size_t member = 0; member < parts; ++member) {
    const auto [first, last] = share_of(member, parts, units);
    team.ranges[member].set(first, last);
  }
  team.raise_call(Call::claim);
  const std::size_t own = team.work_on_ranges(0);
  team.wait_for_the_end();
  team.others_help.learn((units - own) * 8 >= units);
}

std::span<const std::uint64_t> ThreadTeam::ranges_done() const {
  return std::span<const std::uint64_t>(state_->ranges_done).first(members());
}

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
