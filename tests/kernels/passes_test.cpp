// The row kernels of every table that this machine runs against the scalar twin of its arithmetic class: the same bits,
// and no padding touched.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "base/aligned.hpp"
#include "kernels/kernels.hpp"
#include "kernels/same_bits.hpp"

namespace {

using namespace deltarule;
using kernels::Kernels;

// rows × columns random numbers, padded; the padding holds `fill`.
template <class T>
struct Rows {
  Rows(base::Random& random, std::size_t row_count, std::size_t column_count, T fill)
      : rows(row_count), columns(column_count), stride(base::padded<T>(column_count)), buffer(rows * stride) {
    std::fill(buffer.span().begin(), buffer.span().end(), fill);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) buffer[r * stride + c] = static_cast<T>(random.uniform(-2, 2));
    }
  }
  [[nodiscard]] std::vector<T> values() const { return {buffer.span().begin(), buffer.span().end()}; }
  std::size_t rows, columns, stride;
  base::AlignedBuffer<T> buffer;
};

struct Shape {
  std::size_t rows, senders, units;
};

// All small shapes around vector and tile sizes, and some larger ones with more than one block.
std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const std::size_t rows : {0u, 1u, 2u, 3u, 5u, 6u, 7u, 13u}) {
    for (const std::size_t senders : {0u, 1u, 2u, 3u, 4u, 5u, 9u}) {
      for (std::size_t units = 1; units <= 33; ++units) all.push_back({rows, senders, units});
    }
  }
  for (const Shape& shape : {Shape{32, 784, 100}, {1, 784, 100}, {300, 20, 70}, {33, 513, 129}, {2, 300, 257}}) {
    all.push_back(shape);
  }
  return all;
}

template <class T>
class Passes : public testing::Test {};
using NumberTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(Passes, NumberTypes);

// Calls run(table) for both tables on copies of `out` and expects the same bits everywhere, padding included.
template <class T, class Run>
void expect_same(const Kernels<T>& table, const Rows<T>& out, const Shape& shape, const char* what, const Run& run) {
  Rows<T> got = out;
  Rows<T> expected = out;
  run(table, got);
  run(kernels::scalar_twin<T>(table.fused), expected);
  const auto difference = test::first_difference(got.values(), expected.values());
  ASSERT_EQ(difference, -1) << table.name << ' ' << what << ' ' << shape.rows << " × " << shape.senders << " × "
                            << shape.units;
}

TYPED_TEST(Passes, SumsHaveTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    base::Random random(7, base::Stream::generate);
    for (const Shape& s : shapes()) {
      // Padding of activations means nothing, so it is NaN here; padding of deltas and weights is zero.
      const Rows<T> a(random, s.rows, s.senders, std::numeric_limits<T>::quiet_NaN());
      const Rows<T> w(random, s.senders, s.units, T(0));
      const Rows<T> delta(random, s.rows, s.units, T(0));
      const Rows<T> bias(random, 1, s.units, T(0));
      const Rows<T> net(random, s.rows, s.units, T(5));
      const Rows<T> sums(random, s.rows, s.senders, T(5));
      const Rows<T> slope(random, s.senders, s.units, T(0));
      expect_same<T>(*table, net, s, "set_net", [&](const Kernels<T>& k, Rows<T>& out) {
        k.set_net(bias.buffer.data(), out.buffer.data(), out.stride, s.rows, s.units);
      });
      expect_same<T>(*table, net, s, "set_net to zero", [&](const Kernels<T>& k, Rows<T>& out) {
        k.set_net(nullptr, out.buffer.data(), out.stride, s.rows, s.units);
      });
      expect_same<T>(*table, net, s, "accumulate_net", [&](const Kernels<T>& k, Rows<T>& out) {
        k.accumulate_net(a.buffer.data(), a.stride, w.buffer.data(), w.stride, out.buffer.data(), out.stride, s.rows,
                         s.senders, s.units);
      });
      expect_same<T>(*table, sums, s, "propagate_back", [&](const Kernels<T>& k, Rows<T>& out) {
        k.propagate_back(delta.buffer.data(), delta.stride, w.buffer.data(), w.stride, out.buffer.data(), out.stride,
                         s.rows, s.senders, s.units);
      });
      expect_same<T>(*table, slope, s, "accumulate_slopes", [&](const Kernels<T>& k, Rows<T>& out) {
        k.accumulate_slopes(a.buffer.data(), a.stride, delta.buffer.data(), delta.stride, out.buffer.data(), out.stride,
                            s.rows, s.senders, s.units);
      });
      expect_same<T>(*table, bias, s, "accumulate_bias_slopes", [&](const Kernels<T>& k, Rows<T>& out) {
        k.accumulate_bias_slopes(delta.buffer.data(), delta.stride, out.buffer.data(), s.rows, s.units);
      });
      if (this->HasFatalFailure()) return;
      compared += 6;
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 6 * 1800);
}

TYPED_TEST(Passes, ARowHasTheSameNetInputsAloneAndInABatch) {
  using T = TypeParam;
  base::Random random(8, base::Stream::generate);
  const Rows<T> a(random, 37, 300, T(0));
  const Rows<T> w(random, 300, 45, T(0));
  std::size_t compared = 0;
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    Rows<T> batch(random, 37, 45, T(0));
    Rows<T> alone = batch;
    k->accumulate_net(a.buffer.data(), a.stride, w.buffer.data(), w.stride, batch.buffer.data(), batch.stride, 37, 300,
                      45);
    for (std::size_t r = 0; r < 37; ++r) {
      k->accumulate_net(a.buffer.data() + r * a.stride, a.stride, w.buffer.data(), w.stride,
                        alone.buffer.data() + r * alone.stride, alone.stride, 1, 300, 45);
    }
    EXPECT_EQ(test::first_difference(batch.values(), alone.values()), -1) << k->name;
    ++compared;
  }
  EXPECT_GE(compared, 1u);
}

TYPED_TEST(Passes, PaddingStaysZeroEvenBesideNumbersThatAreNotFinite) {
  using T = TypeParam;
  base::Random random(9, base::Stream::generate);
  std::size_t compared = 0;
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    for (const std::size_t rows : {1u, 4u}) {
      Rows<T> a(random, rows, 7, T(0));
      a.buffer[3] = std::numeric_limits<T>::quiet_NaN();
      a.buffer[4] = std::numeric_limits<T>::infinity();
      const Rows<T> delta(random, rows, 5, T(0));
      Rows<T> slope(random, 7, 5, T(0));
      k->accumulate_slopes(a.buffer.data(), a.stride, delta.buffer.data(), delta.stride, slope.buffer.data(),
                           slope.stride, rows, 7, 5);
      EXPECT_TRUE(std::isnan(slope.buffer[3 * slope.stride]));
      for (std::size_t i = 0; i < 7; ++i) {
        for (std::size_t u = 5; u < slope.stride; ++u, ++compared) EXPECT_EQ(slope.buffer[i * slope.stride + u], T(0));
      }
    }
  }
  EXPECT_GE(compared, 40u);
}

// The twin itself against sums in long double: error at most (terms + 1) roundings of the sum of sizes.
TYPED_TEST(Passes, TheTwinComputesTheEquations) {
  using T = TypeParam;
  base::Random random(10, base::Stream::generate);
  constexpr std::size_t kRows = 3, kSenders = 11, kUnits = 19;
  const Rows<T> a(random, kRows, kSenders, T(0)), w(random, kSenders, kUnits, T(0)), delta(random, kRows, kUnits, T(0));
  const long double epsilon = std::numeric_limits<T>::epsilon();
  std::size_t compared = 0;
  for (const bool fused : {true, false}) {
    const Kernels<T>& k = kernels::scalar_twin<T>(fused);
    base::AlignedBuffer<T> net(kRows * w.stride), sums(kRows * a.stride), slope(kSenders * w.stride);
    k.accumulate_net(a.buffer.data(), a.stride, w.buffer.data(), w.stride, net.data(), w.stride, kRows, kSenders,
                     kUnits);
    k.propagate_back(delta.buffer.data(), delta.stride, w.buffer.data(), w.stride, sums.data(), a.stride, kRows,
                     kSenders, kUnits);
    k.accumulate_slopes(a.buffer.data(), a.stride, delta.buffer.data(), delta.stride, slope.data(), w.stride, kRows,
                        kSenders, kUnits);
    const auto check = [&](T got, std::size_t terms, auto term) {
      long double sum = 0, size = 0;
      for (std::size_t i = 0; i < terms; ++i) {
        sum += term(i);
        size += std::fabs(term(i));
      }
      EXPECT_LE(std::fabs(static_cast<long double>(got) - sum), static_cast<long double>(terms + 1) * epsilon * size);
      ++compared;
    };
    const auto at = [](const Rows<T>& m, std::size_t r, std::size_t c) -> long double {
      return m.buffer[r * m.stride + c];
    };
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t u = 0; u < kUnits; ++u) {
        check(net[r * w.stride + u], kSenders, [&](std::size_t i) { return at(a, r, i) * at(w, i, u); });
      }
      for (std::size_t j = 0; j < kSenders; ++j) {
        check(sums[r * a.stride + j], kUnits, [&](std::size_t u) { return at(delta, r, u) * at(w, j, u); });
      }
    }
    for (std::size_t i = 0; i < kSenders; ++i) {
      for (std::size_t u = 0; u < kUnits; ++u) {
        check(slope[i * w.stride + u], kRows, [&](std::size_t r) { return -at(delta, r, u) * at(a, r, i); });
      }
    }
  }
  EXPECT_EQ(compared, 2 * (kRows * kUnits + kRows * kSenders + kSenders * kUnits));
}

}  // namespace
