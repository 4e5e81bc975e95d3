// The real-time contract: predict and learn_one are noexcept and, from the first call, free of heap, lock and system
// call. Held by counting every allocation, and in a child process whose kernel allows it to write and to exit and
// nothing else: a lock that is ever waited for, a page asked for, a clock read through the kernel would end it.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "counted_allocations.hpp"
#include "deltarule/engine.hpp"
#include "training/every_rule.hpp"

#ifndef DELTARULE_SANITIZED
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace deltarule {
namespace {

using testing::heap_calls;

template <class T>
using Numbers = std::span<const T>;
static_assert(noexcept(std::declval<const Network&>().predict(Numbers<float>(), std::span<float>())));
static_assert(noexcept(std::declval<const NetworkF64&>().predict(Numbers<double>(), std::span<double>())));
static_assert(noexcept(std::declval<Trainer&>().learn_one(Numbers<float>(), Numbers<float>())));
static_assert(noexcept(std::declval<TrainerF64&>().learn_one(Numbers<double>(), Numbers<double>())));
static_assert(noexcept(std::declval<LiveNetwork&>().publish(std::declval<const Network&>())));
static_assert(noexcept(std::declval<LiveNetwork::Reader&>().predict(Numbers<float>(), std::span<float>())));

// What the child process ends with.
enum Verdict { kKept = 0, kHeap = 10, kRefused = 11, kSystemCall = 12, kNoFilter = 13 };

const char* text_of(int verdict) {
  switch (verdict) {
    case kHeap:
      return "the heap was used";
    case kRefused:
      return "a prediction or a pattern was refused";
    case kSystemCall:
      return "a system call was made (its number is on standard error)";
    case kNoFilter:
      return "this kernel refuses seccomp filters, so the contract cannot be checked here";
    default:
      return "the child process ended in a way of its own";
  }
}

#ifndef DELTARULE_SANITIZED

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#endif

void on_system_call(int, siginfo_t* info, void*) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "system call %d\n", info->si_syscall);
  if (write(STDERR_FILENO, text.data(), static_cast<std::size_t>(length)) < 0) _exit(kNoFilter);
  _exit(kSystemCall);
}

/// From here on this process may write and exit.
bool allow_write_and_exit_only() {
  struct sigaction action{};
  action.sa_sigaction = on_system_call;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSYS, &action, nullptr) != 0) return false;
  std::array<sock_filter, 9> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// work() in a child process under the filter; its verdict.
template <class Work>
int verdict_of(const Work& work) {
  const pid_t child = fork();
  if (child == 0) {
    if (!allow_write_and_exit_only()) _exit(kNoFilter);
    _exit(work());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#else

/// A sanitizer's own allocator calls the system: only the heap is watched.
template <class Work>
int verdict_of(const Work& work) {
  return work();
}

#endif

#define EXPECT_KEPT(verdict)                             \
  do {                                                   \
    const int ended_with = (verdict);                    \
    EXPECT_EQ(ended_with, kKept) << text_of(ended_with); \
  } while (false)

/// Networks of every make-up; the last two need more memory for activations than predictions put on the stack.
std::vector<NetworkSpec> networks() {
  std::vector<NetworkSpec> all{
      {.inputs = 2, .layers = {{2, "sigmoid"}, {1, "sigmoid"}}},
      {.inputs = 64, .layers = {{32, "relu"}, {10, "softmax"}}, .loss = "softmax_cross_entropy"},
      {.inputs = 3, .layers = {{5, "tanh"}, {4, "gelu"}, {2, "softplus"}}},
      {.inputs = 4, .layers = {{9000, "relu"}, {2, "identity"}}},
      {.inputs = 2, .layers = {{3, "sin"}, {9000, "tanh"}, {1, "identity"}}},
  };
  all[2].layers[0].from = {Connection(0, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1})};
  all[2].layers[1].from = {Connection(0), Connection(1)};
  all[2].layers[2].from = {Connection(0), Connection(1), Connection(2)};
  return all;
}

// Only the heap is watched under a sanitizer, and every call takes many times as long.
#ifdef DELTARULE_SANITIZED
constexpr std::size_t kShare = 100;
#else
constexpr std::size_t kShare = 1;
#endif

/// Calls that take about as long for each network, and are never few.
std::size_t calls_for(std::size_t weights) {
  return std::clamp<std::size_t>(40'000'000 / weights, 500, 200'000) / kShare;
}

template <class T>
struct Pattern {
  std::vector<T> x, t, y;
  explicit Pattern(const BasicNetwork<T>& network)
      : x(network.inputs(), T(0.25)), t(network.outputs(), T(0)), y(network.outputs()) {
    t[0] = T(1);  // softmax wants a target that sums to 1
  }
};

template <class T>
std::size_t predict_within_the_contract(const NetworkSpec& spec) {
  const BasicNetwork<T> network(spec, Seed{1});
  Pattern<T> pattern(network);
  const std::size_t calls = calls_for(network.weight_count());
  EXPECT_KEPT(verdict_of([&] {
    const std::size_t before = heap_calls();
    for (std::size_t i = 0; i < calls; ++i)
      if (!network.predict(Numbers<T>(pattern.x), pattern.y)) return kRefused;
    return heap_calls() == before ? kKept : kHeap;
  }));
  return calls;
}

template <class T>
std::size_t learn_within_the_contract(const NetworkSpec& spec, const Optimizer& rule, double penalty) {
  BasicNetwork<T> network(spec, Seed{1});
  BasicTrainer<T> trainer(network, {.optimizer = rule, .l2 = penalty, .l1 = penalty});
  Pattern<T> pattern(network);
  const std::size_t calls = std::max<std::size_t>(calls_for(network.weight_count()) / 20, 2);
  EXPECT_KEPT(verdict_of([&] {
    const std::size_t before = heap_calls();
    for (std::size_t i = 0; i < calls; ++i)
      if (trainer.learn_one(pattern.x, pattern.t) != LearnStatus::learned) return kRefused;
    return heap_calls() == before ? kKept : kHeap;
  }));
  return calls;
}

TEST(RealTime, PredictionsKeepTheContractFromTheFirstCall) {
  std::size_t calls = 0;
  for (const NetworkSpec& spec : networks())
    calls += predict_within_the_contract<float>(spec) + predict_within_the_contract<double>(spec);
  EXPECT_GE(calls, 700'000u / kShare);
}

TEST(RealTime, LearningKeepsTheContractFromTheFirstCallUnderEveryRule) {
  const std::vector<Optimizer> rules = training::testing::every_rule(0.01);
  ASSERT_EQ(rules.size(), std::variant_size_v<Optimizer>);
  std::size_t calls = 0;
  for (const NetworkSpec& spec : networks())
    for (const Optimizer& rule : rules)
      for (const double penalty : {0.0, 1e-4})
        if (training::testing::goes_by_weights(rule))
          calls += learn_within_the_contract<float>(spec, rule, penalty) +
                   learn_within_the_contract<double>(spec, rule, penalty);
  EXPECT_GE(calls, 500'000u / kShare);
}

TEST(RealTime, ARefusedPatternKeepsTheContract) {
  Network network(networks()[1], Seed{1});
  Trainer trainer(network);
  Pattern<float> pattern(network);
  pattern.x[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_KEPT(verdict_of([&] {
    const std::size_t before = heap_calls();
    for (int i = 0; i < 1000; ++i)
      if (trainer.learn_one(pattern.x, pattern.t) != LearnStatus::not_finite) return kRefused;
    return heap_calls() == before ? kKept : kHeap;
  }));
}

TEST(RealTime, ALiveNetworkKeepsTheContractOnBothSides) {
  Network network(networks()[1], Seed{1});
  Trainer trainer(network);
  LiveNetwork live(network, 2);
  auto reader = live.reader();
  ASSERT_TRUE(reader);
  Pattern<float> pattern(network);
  EXPECT_KEPT(verdict_of([&] {
    const std::size_t before = heap_calls();
    for (int i = 0; i < 10'000; ++i) {
      if (trainer.learn_one(pattern.x, pattern.t) != LearnStatus::learned) return kRefused;
      if (!live.publish(network) || !reader->predict(Numbers<float>(pattern.x), pattern.y)) return kRefused;
    }
    return heap_calls() == before ? kKept : kHeap;
  }));
}

TEST(RealTime, AnAllocationIsNoticed) {
  EXPECT_EQ(verdict_of([] {
              const std::size_t before = heap_calls();
              delete std::make_unique<int>(3).release();
              std::vector<float> some(10);
              [[maybe_unused]] float* volatile seen = some.data();
              return heap_calls() == before ? kKept : kHeap;
            }),
            kHeap);
}

#ifndef DELTARULE_SANITIZED
TEST(RealTime, ASystemCallIsNoticed) {
  EXPECT_EQ(verdict_of([] { return syscall(SYS_getppid) > 0 ? kKept : kRefused; }), kSystemCall);
  EXPECT_EQ(verdict_of([] { return syscall(SYS_sched_yield) == 0 ? kKept : kRefused; }), kSystemCall);
}
#endif

/// More predictions at the same time than there is memory set aside for: they still all come out right.
TEST(RealTime, ManyThreadsPredictWithALargeNetworkAtTheSameTime) {
  const Network network(networks()[3], Seed{1});
  Pattern<float> pattern(network);
  ASSERT_TRUE(network.predict(Numbers<float>(pattern.x), pattern.y));
  constexpr std::size_t kThreads = 24;
  std::atomic<std::size_t> right{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      std::vector<float> y(2);
      for (int k = 0; k < 50; ++k)
        if (network.predict(Numbers<float>(pattern.x), y).ok() && y == pattern.y) ++right;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right.load(), kThreads * 50);
}

}  // namespace
}  // namespace deltarule
