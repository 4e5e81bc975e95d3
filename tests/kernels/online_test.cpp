// The kernels for one pattern of every table that this machine runs against the scalar twin of its arithmetic class:
// the same bits, panels and rows of all widths; and the twin's laws: a pending change is a change made first.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/aligned.hpp"
#include "base/panels.hpp"
#include "kernels/kernels.hpp"
#include "kernels/same_bits.hpp"

namespace {

using namespace deltarule;
using kernels::Kernels;
using kernels::OnlineKernels;
using kernels::RankOne;

template <class T>
using Buffer = base::AlignedBuffer<T>;

template <class T>
std::vector<T> values(const Buffer<T>& buffer) {
  return {buffer.span().begin(), buffer.span().end()};
}

/// A plain row of n random numbers, every `zeros`-th of them zero; its padding holds `fill`.
template <class T>
Buffer<T> row(base::Random& random, std::size_t n, T fill, std::uint32_t zeros = 0) {
  Buffer<T> x(base::padded<T>(n));
  std::fill(x.span().begin(), x.span().end(), fill);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = zeros > 0 && random.below(zeros) == 0 ? T{0} : static_cast<T>(random.uniform(-2, 2));
  return x;
}

/// A block with zeros in its padding.
template <class T>
Buffer<T> block(base::Random& random, std::size_t senders, std::size_t units) {
  Buffer<T> w(senders * base::padded<T>(units));
  const base::Panels<T> panels{w.data(), senders, units, 0, senders};
  for (std::size_t i = 0; i < senders; ++i)
    for (std::size_t u = 0; u < units; ++u) panels(i, u) = static_cast<T>(random.uniform(-2, 2));
  return w;
}

/// Everything that a kernel may write.
template <class T>
struct State {
  Buffer<T> w, velocity, net, net1;
  bool operator==(const State& other) const {
    return test::first_difference(values(w), values(other.w)) == -1 &&
           test::first_difference(values(velocity), values(other.velocity)) == -1 && same_net(net, other.net) &&
           same_net(net1, other.net1);
  }
  std::size_t units = 0;  // beyond them net inputs mean nothing
  bool same_net(const Buffer<T>& x, const Buffer<T>& y) const {
    return std::equal(x.data(), x.data() + units, y.data(), test::same_bits<T>);
  }
};

template <class T>
struct Case {
  std::size_t senders, units;
  State<T> state;
  Buffer<T> a, a1, d, d1, x, x1;
  std::vector<std::int8_t> movable;
  std::vector<std::uint32_t> movable_bits;
  Case(base::Random& random, std::size_t sender_count, std::size_t unit_count)
      : senders(sender_count), units(unit_count) {
    state = {block<T>(random, senders, units), block<T>(random, senders, units), row<T>(random, units, T{0}),
             row<T>(random, units, T{0}), units};
    const T nothing = std::numeric_limits<T>::quiet_NaN();  // padding of activations means nothing
    a = row<T>(random, senders, nothing, 3);
    a1 = row<T>(random, senders, nothing);
    x = row<T>(random, senders, nothing, 3);
    x1 = row<T>(random, senders, nothing);
    d = row<T>(random, units, T{0});
    d1 = row<T>(random, units, T{0});
    movable.resize(state.w.size());
    for (std::int8_t& byte : movable) byte = random.below(3) > 0 ? kernels::kMoves : std::int8_t{0};
    for (std::size_t u = 0; u < units; u += base::kPanel<T>)
      for (std::size_t i = 0; i < senders; ++i) movable_bits.push_back(bits_of(i, u));
  }
  /// The word of a sender in the panel that begins with this unit.
  std::uint32_t bits_of(std::size_t sender, std::size_t first) const {
    const base::Panels<T> panels{nullptr, senders, units, 0, senders};
    const std::size_t p = first / base::kPanel<T>;
    std::uint32_t word = 0;
    for (std::size_t u = 0; u < panels.units_in(p); ++u)
      if (movable[first * senders + sender * panels.width(p) + u] != 0) word |= std::uint32_t{1} << u;
    return word;
  }
  RankOne<T> pending(State<T>& s, bool momentum, bool masked) const {
    RankOne<T> change{a.data(), d.data(), momentum ? s.velocity.data() : nullptr, T(0.9)};
    if (masked) change.movable = movable.data(), change.movable_bits = movable_bits.data();
    return change;
  }
  RankOne<T> second() const { return {a1.data(), d1.data()}; }
};

template <class T>
using Run = void (*)(const OnlineKernels<T>&, const Case<T>&, State<T>&, bool momentum, bool masked);

template <class T>
const std::vector<std::pair<const char*, Run<T>>>& runs() {
  using K = const OnlineKernels<T>&;
  using C = const Case<T>&;
  using S = State<T>&;
  static const std::vector<std::pair<const char*, Run<T>>> kRuns = {
      {"forward",
       [](K k, C c, S s, bool, bool) { k.forward({s.w.data(), c.senders, c.units}, c.x.data(), s.net.data()); }},
      {"forward_pending",
       [](K k, C c, S s, bool momentum, bool masked) {
         k.forward_pending({s.w.data(), c.senders, c.units}, c.pending(s, momentum, masked), c.x.data(), s.net.data());
       }},
      {"advance",
       [](K k, C c, S s, bool momentum, bool masked) {
         k.advance({s.w.data(), c.senders, c.units}, c.pending(s, momentum, masked), c.x.data(), s.net.data());
       }},
      {"settle", [](K k, C c, S s, bool momentum,
                    bool masked) { k.settle({s.w.data(), c.senders, c.units}, c.pending(s, momentum, masked)); }},
      {"preview",
       [](K k, C c, S s, bool momentum, bool masked) {
         const Buffer<T> from = s.w;
         k.preview({from.data(), c.senders, c.units}, c.pending(s, momentum, masked), s.w.data());
       }},
      {"advance_pair",
       [](K k, C c, S s, bool, bool) {
         k.advance_pair({s.w.data(), c.senders, c.units}, c.pending(s, false, false), c.second(), c.x.data(),
                        s.net.data(), c.x1.data(), s.net1.data());
       }},
      {"advance_listed",
       [](K k, C c, S s, bool, bool) {
         std::vector<std::uint32_t> places(c.senders + 16);
         const std::size_t count = k.list_nonzeros(c.a.data(), c.x.data(), c.senders, places.data());
         k.advance_listed({s.w.data(), c.senders, c.units}, c.pending(s, false, false), c.x.data(), places.data(),
                          count, s.net.data());
       }},
  };
  return kRuns;
}

std::vector<std::pair<std::size_t, std::size_t>> shapes() {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (const std::size_t senders : {1u, 2u, 3u, 7u, 8u, 9u, 17u})
    for (std::size_t units = 1; units <= 70; ++units) all.emplace_back(senders, units);
  for (const auto& shape : {std::pair<std::size_t, std::size_t>{784, 100}, {100, 10}, {65, 300}}) all.push_back(shape);
  return all;
}

template <class T>
class Online : public testing::Test {};
using NumberTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(Online, NumberTypes);

TYPED_TEST(Online, BlocksHaveTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& twin = kernels::scalar_twin<T>(table->fused).online;
    base::Random random(21, base::Stream::generate);
    for (const auto& [senders, units] : shapes()) {
      const Case<T> c(random, senders, units);
      for (const auto& [name, run] : runs<T>())
        for (const bool momentum : {false, true})
          for (const bool masked : {false, true}) {
            State<T> got = c.state, expected = c.state;
            run(table->online, c, got, momentum, masked);
            run(twin, c, expected, momentum, masked);
            ASSERT_TRUE(got == expected) << table->name << ' ' << name << ' ' << senders << " × " << units
                                         << (momentum ? " momentum" : "") << (masked ? " masked" : "");
            ++compared;
          }
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 490 * 28);
}

TYPED_TEST(Online, APendingChangeIsAChangeMadeFirst) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& k = table->online;
    base::Random random(22, base::Stream::generate);
    for (const auto& [senders, units] : {std::pair<std::size_t, std::size_t>{5, 3}, {40, 45}, {9, 64}}) {
      const Case<T> c(random, senders, units);
      for (const bool momentum : {false, true})
        for (const bool masked : {false, true}) {
          State<T> settled = c.state, advanced = c.state, pending = c.state;
          k.settle({settled.w.data(), senders, units}, c.pending(settled, momentum, masked));
          k.forward({settled.w.data(), senders, units}, c.x.data(), settled.net.data());
          k.advance({advanced.w.data(), senders, units}, c.pending(advanced, momentum, masked), c.x.data(),
                    advanced.net.data());
          k.forward_pending({pending.w.data(), senders, units}, c.pending(pending, momentum, masked), c.x.data(),
                            pending.net.data());
          EXPECT_TRUE(settled == advanced) << table->name;
          EXPECT_TRUE(settled.same_net(settled.net, pending.net)) << table->name;
          EXPECT_EQ(test::first_difference(values(pending.w), values(c.state.w)), -1) << "nothing was made";
          EXPECT_EQ(test::first_difference(values(pending.velocity), values(c.state.velocity)), -1);
          compared += 4;
        }
      // Senders that are zero in both patterns add nothing and change nothing.
      State<T> all = c.state, listed = c.state;
      runs<T>()[2].second(k, c, all, false, false);
      runs<T>()[6].second(k, c, listed, false, false);
      EXPECT_TRUE(all == listed) << table->name;
      ++compared;
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 51);
}

TYPED_TEST(Online, TwoBlocksSideBySideHaveTheBitsOfOneAfterTheOther) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& twin = kernels::scalar_twin<T>(table->fused).online;
    base::Random random(27, base::Stream::generate);
    for (const std::size_t units : {1u, 4u, 9u, 13u, 24u, 30u, 32u, 100u})
      for (const std::size_t others : {1u, 3u, 6u, 10u, 17u, 29u, 34u, 64u}) {
        const Case<T> c(random, 11, units), other(random, 11, others);
        for (const bool momentum : {false, true})
          for (const unsigned masks : {0u, 1u, 2u, 3u}) {
            const auto changes = [&](State<T>& one, State<T>& two) {
              std::array<kernels::RowChange<T>, 2> both = {
                  {{{one.w.data(), 11, units}, c.pending(one, momentum, (masks & 1) != 0), one.net.data()},
                   {{two.w.data(), 11, others}, other.pending(two, momentum, (masks & 2) != 0), two.net.data()}}};
              both[1].pending.a = c.a.data();
              return both;
            };
            State<T> got = c.state, got_other = other.state, expected = c.state, expected_other = other.state;
            const auto both = changes(got, got_other), apart = changes(expected, expected_other);
            table->online.advance_both(both[0], both[1], c.x.data());
            for (const auto& change : apart) twin.advance(change.block, change.pending, c.x.data(), change.net);
            ASSERT_TRUE(got == expected && got_other == expected_other)
                << table->name << ' ' << units << " and " << others << (momentum ? " momentum" : "") << " masks "
                << masks;
            ++compared;
          }
      }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 512);
}

TYPED_TEST(Online, TheWayBackHasTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& twin = kernels::scalar_twin<T>(table->fused).online;
    base::Random random(23, base::Stream::generate);
    for (const auto& [senders, units] : shapes()) {
      const Case<T> c(random, senders, units);
      const Buffer<T> before = row<T>(random, senders, T{0});
      for (const bool add : {false, true}) {
        Buffer<T> got = before, expected = before;
        table->online.back({c.state.w.data(), senders, units}, c.d.data(), add, got.data());
        twin.back({c.state.w.data(), senders, units}, c.d.data(), add, expected.data());
        ASSERT_TRUE(std::equal(got.data(), got.data() + senders, expected.data(), test::same_bits<T>))
            << table->name << ' ' << senders << " × " << units;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 980);
}

TYPED_TEST(Online, BiasesStartTheNetInputs) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& twin = kernels::scalar_twin<T>(table->fused).online;
    base::Random random(24, base::Stream::generate);
    for (std::size_t units = 1; units <= 70; ++units) {
      Case<T> c(random, 1, units);
      c.a[0] = T{1};
      for (const int which : {0, 1, 2, 3, 4, 5, 6}) {
        State<T> got = c.state, expected = c.state;
        const auto run = [&](const OnlineKernels<T>& k, State<T>& s) {
          const RankOne<T> pending = c.pending(s, which % 2 == 1, false);
          if (which < 2) return k.start(s.w.data(), &pending, units, s.net.data());
          if (which < 4) return k.start_pending(s.w.data(), &pending, units, s.net.data());
          if (which == 4) return k.start(s.w.data(), nullptr, units, s.net.data());
          if (which == 5) return k.start_pending(s.w.data(), nullptr, units, s.net.data());
          k.start(nullptr, nullptr, units, s.net.data());
        };
        run(table->online, got);
        run(twin, expected);
        ASSERT_TRUE(got == expected) << table->name << ' ' << units << ' ' << which;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 490);
}

TYPED_TEST(Online, RowsAreTakenWholeAndTheirPaddingIsZero) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& k = table->online;
    base::Random random(25, base::Stream::generate);
    for (std::size_t n = 1; n <= 150; ++n) {
      const auto from = test::random_numbers<T>(random, n + 3);
      for (const std::size_t offset : {0u, 1u, 3u}) {
        Buffer<T> to = row<T>(random, n, T(5)), expected(to.size());
        std::vector<T> exact(from.begin() + static_cast<std::ptrdiff_t>(offset),
                             from.begin() + static_cast<std::ptrdiff_t>(offset + n));
        for (std::size_t i = 0; i < n; i += 1 + random.below(4)) exact[i] = T{0};
        std::copy(exact.begin(), exact.end(), expected.data());
        const auto facts = k.take_row(exact.data(), to.data(), n);
        EXPECT_EQ(test::first_difference(values(to), values(expected)), -1);
        EXPECT_EQ(facts.nonzeros, n - static_cast<std::size_t>(std::count(exact.begin(), exact.end(), T{0})));
        long double sum = 0;
        for (const T x : exact) sum += static_cast<long double>(x) * x;
        const long double bound = static_cast<long double>(n + 1) * std::numeric_limits<T>::epsilon() * sum;
        EXPECT_LE(std::fabs(facts.squares - sum), bound);
        std::fill(to.data() + n, to.data() + to.size(), std::numeric_limits<T>::quiet_NaN());
        EXPECT_LE(std::fabs(k.squares(to.data(), n) - sum), bound);
        const auto in_place = k.take_row(to.data(), to.data(), n);
        EXPECT_EQ(test::first_difference(values(to), values(expected)), -1);
        EXPECT_EQ(in_place.nonzeros, facts.nonzeros);
        compared += 5;
      }
      for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
        Buffer<T> x = row<T>(random, n, T{0});
        x[random.below(static_cast<std::uint32_t>(n))] = bad;
        EXPECT_FALSE(std::isfinite(k.take_row(x.data(), x.data(), n).squares)) << table->name << ' ' << n;
        EXPECT_FALSE(std::isfinite(k.squares(x.data(), n)));
        Buffer<T> d(x.size());
        EXPECT_FALSE(std::isfinite(k.take_step(x.data(), T(0.1), n, d.data())));
        compared += 3;
      }
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 3000);
}

TYPED_TEST(Online, RowsHaveTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const OnlineKernels<T>& twin = kernels::scalar_twin<T>(table->fused).online;
    base::Random random(26, base::Stream::generate);
    for (std::size_t n = 1; n <= 150; ++n) {
      const Buffer<T> x = row<T>(random, n, T{0}, 2), y = row<T>(random, n, T{0}, 3);
      EXPECT_PRED2(test::same_bits<T>, table->online.dot(x.data(), y.data(), n), twin.dot(x.data(), y.data(), n));

      std::vector<std::uint32_t> places(n + 16), expected(n + 16);
      const std::size_t count = table->online.list_nonzeros(x.data(), y.data(), n, places.data());
      ASSERT_EQ(count, twin.list_nonzeros(x.data(), y.data(), n, expected.data())) << table->name << ' ' << n;
      EXPECT_TRUE(std::equal(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count), expected.begin()));

      Buffer<T> net = row<T>(random, n, T{0}), net_twin = net;
      table->online.add_multiple(x.data(), T(0.3), n, net.data());
      twin.add_multiple(x.data(), T(0.3), n, net_twin.data());
      EXPECT_EQ(test::first_difference(values(net), values(net_twin)), -1);

      Buffer<T> delta = row<T>(random, n, T(7)), delta_twin = delta, d(delta.size()), d_twin(delta.size());
      const T sum = table->online.take_step(delta.data(), T(0.3), n, d.data());
      const T sum_twin = twin.take_step(delta_twin.data(), T(0.3), n, d_twin.data());
      EXPECT_EQ(test::first_difference(values(delta), values(delta_twin)), -1);
      EXPECT_EQ(test::first_difference(values(d), values(d_twin)), -1);
      EXPECT_LE(std::fabs(sum - sum_twin), static_cast<T>(2 * n) * std::numeric_limits<T>::epsilon() * sum_twin);
      compared += 6;
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 900);
}

}  // namespace
