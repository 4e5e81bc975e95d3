// Nothing allocates from batch view to update once buffers have their size: counted by this program's own operator new,
// or by the sanitizer that it was built with.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "deltarule/engine.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DELTARULE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DELTARULE_SANITIZED
#endif
#ifdef DELTARULE_SANITIZED
#include <sanitizer/allocator_interface.h>
#endif

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

#ifdef DELTARULE_SANITIZED
// The sanitizer brings operator new and tells of every allocation.
namespace {
void allocated(const volatile void*, std::size_t) { ++allocations; }
void freed(const volatile void*) {}
const int kInstalled = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
}  // namespace
#else
namespace {
void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, whole == 0 ? alignment : whole)) return memory;
  std::abort();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, std::size_t(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return counted(size, std::size_t(alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace deltarule {
namespace {

/// Allocations of the second and later of some calls.
template <class Call>
std::size_t allocations_of_later_calls(const Call& call) {
  call();
  const std::size_t before = allocations.load();
  for (int i = 0; i < 10; ++i) call();
  return allocations.load() - before;
}

struct Patterns {
  std::vector<float> x = std::vector<float>(600 * 5, 0.25F), t = std::vector<float>(600 * 2, 0.5F);
};

TEST(Allocation, IsSeenByThisTest) {
#ifdef DELTARULE_SANITIZED
  ASSERT_GT(kInstalled, 0);
#endif
  const std::size_t before = allocations.load();
  const std::vector<float> some(100);
  [[maybe_unused]] const float* const volatile seen = some.data();  // a vector that nobody looks at may be left out
  EXPECT_GT(allocations.load(), before);
  EXPECT_EQ(some.size(), 100u);
}

TEST(Allocation, DoesNotHappenWhileLearning) {
  const Patterns patterns;
  const std::span<const float> x(patterns.x), t(patterns.t);
  for (const std::size_t threads : {1u, 3u})
    for (const Optimizer& rule : {Optimizer{DeltaRule{}}, Optimizer{Adam{}}}) {
      NetworkSpec spec{.inputs = 5, .layers = {{300, "tanh"}, {80, "relu"}, {2, "identity"}}};
      Network network(spec, Seed{1}, "constant(1e-9)");
      Trainer trainer(network, {.optimizer = rule, .l2 = 1e-3, .threads = threads});
      // A thread allocates as it starts, some time after it was asked for: after a step that all took part in, all
      // have.
      ASSERT_TRUE(trainer.step(rows(x, 5), rows(t, 2)).ok());
      EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.learn_one(x.first(5), t.first(2)); }), 0u);
      EXPECT_EQ(allocations_of_later_calls([&] {
                  (void)trainer.forward(x.first(5));
                  (void)trainer.backward(t.first(2));
                }),
                0u);
      for (const std::size_t count : {1u, 32u, 600u})
        EXPECT_EQ(allocations_of_later_calls(
                      [&] { (void)trainer.step(rows(x.first(count * 5), 5), rows(t.first(count * 2), 2)).ok(); }),
                  0u)
            << count << " patterns, " << threads << " threads";
    }
}

TEST(Allocation, DoesNotHappenInRepeatedPredictions) {
  const Patterns patterns;
  const Network network({.inputs = 5, .layers = {{30, "tanh"}, {2, "softmax"}}, .loss = "softmax_cross_entropy"},
                        Seed{1});
  std::vector<float> y(600 * 2);
  const std::span<const float> x(patterns.x);
  EXPECT_EQ(allocations_of_later_calls([&] { (void)network.predict(x.first(5), std::span(y).first(2)).ok(); }), 0u);
  EXPECT_EQ(allocations_of_later_calls([&] { (void)network.predict(rows(x, 5), y).ok(); }), 0u);
}

}  // namespace
}  // namespace deltarule
