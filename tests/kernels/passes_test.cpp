// The panel kernels of every table that this machine runs against the scalar twin of its arithmetic class: the same
// bits in everything that is real, zeros where padding must be zero.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/aligned.hpp"
#include "base/panels.hpp"
#include "kernels/kernels.hpp"
#include "kernels/same_bits.hpp"

namespace {

using namespace deltarule;
using base::kPanel;
using base::Panels;
using kernels::Kernels;

// rows × units random numbers in panels; the padding holds `fill`.
template <class T>
struct Matrix {
  Matrix(base::Random& random, std::size_t row_count, std::size_t unit_count, T fill)
      : rows(row_count), units(unit_count), buffer(rows * base::padded<T>(unit_count)) {
    std::fill(buffer.span().begin(), buffer.span().end(), fill);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t u = 0; u < units; ++u) view()(r, u) = static_cast<T>(random.uniform(-2, 2));
    }
  }
  [[nodiscard]] Panels<T> view() { return {buffer.data(), rows, units, 0, rows}; }
  [[nodiscard]] Panels<const T> view() const { return {buffer.data(), rows, units, 0, rows}; }
  [[nodiscard]] std::vector<T> real() const {
    std::vector<T> values;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t u = 0; u < units; ++u) values.push_back(view()(r, u));
    }
    return values;
  }
  [[nodiscard]] std::vector<T> everything() const { return {buffer.span().begin(), buffer.span().end()}; }
  std::size_t rows, units;
  base::AlignedBuffer<T> buffer;
};

struct Shape {
  std::size_t rows, senders, units;
};

// All small shapes around vector, tile and panel sizes, and some larger ones with more than one block.
std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const std::size_t rows : {1u, 2u, 3u, 5u, 6u, 7u, 8u, 9u, 13u}) {
    for (const std::size_t senders : {1u, 2u, 5u, 8u, 9u, 15u, 16u, 17u, 33u}) {
      for (std::size_t units = 1; units <= 35; ++units) all.push_back({rows, senders, units});
    }
  }
  for (const Shape& shape : {Shape{32, 784, 100}, {1, 784, 100}, {256, 20, 70}, {33, 513, 129}, {2, 300, 257}}) {
    all.push_back(shape);
  }
  return all;
}

template <class T>
class Passes : public testing::Test {};
using NumberTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(Passes, NumberTypes);

template <class T>
Matrix<T> net_inputs(const Kernels<T>& k, const Matrix<T>& a, const Matrix<T>& w, const Matrix<T>* bias,
                     Matrix<T> net) {
  for (std::size_t p = 0; p < net.view().count(); ++p) {
    k.net_panel(a.view(), w.view().panel(p), net.view().width(p), net.view().units_in(p),
                bias == nullptr ? nullptr : bias->view().panel(p), net.view().panel(p));
  }
  return net;
}

// (11) as the passes do it: net_panel over transposed weights.
template <class T>
Matrix<T> sums_above(const Kernels<T>& k, const Matrix<T>& delta, const Matrix<T>& w, Matrix<T> sums) {
  base::AlignedBuffer<T> transposed(w.units * kPanel<T>), zeros(kPanel<T>);
  for (std::size_t p = 0; p < sums.view().count(); ++p) {
    const auto rows = w.view().slice(p * kPanel<T>, sums.view().units_in(p));
    k.transpose(rows, sums.view().width(p), transposed.data());
    k.net_panel(delta.view(), transposed.data(), sums.view().width(p), sums.view().units_in(p), zeros.data(),
                sums.view().panel(p));
  }
  return sums;
}

template <class T>
Matrix<T> slopes_of(const Kernels<T>& k, const Matrix<T>& a, const Matrix<T>& delta, Matrix<T> slope) {
  for (std::size_t p = 0; p < slope.view().count(); ++p) {
    for (std::size_t i = 0; i < slope.rows; i += kPanel<T>) {
      const std::size_t q = i / kPanel<T>;
      k.slope_block(a.view().panel(q), a.view().width(q), std::min(kPanel<T>, slope.rows - i), delta.view().panel(p),
                    slope.view().width(p), slope.view().units_in(p), a.rows,
                    slope.view().panel(p) + i * slope.view().width(p));
    }
  }
  return slope;
}

TYPED_TEST(Passes, SumsHaveTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const Kernels<T>& twin = kernels::scalar_twin<T>(table->fused);
    base::Random random(7, base::Stream::generate);
    for (const Shape& s : shapes()) {
      // Padding of activations means nothing, so it is NaN here; padding of deltas and weights is zero.
      const T nan = std::numeric_limits<T>::quiet_NaN();
      const Matrix<T> a(random, s.rows, s.senders, nan), w(random, s.senders, s.units, T(0));
      const Matrix<T> delta(random, s.rows, s.units, T(0)), bias(random, 1, s.units, T(0));
      const Matrix<T> net(random, s.rows, s.units, T(5)), sums(random, s.rows, s.senders, T(5));
      const Matrix<T> slope(random, s.senders, s.units, T(5));
      const auto expect_same = [&](const std::vector<T>& got, const std::vector<T>& expected, const char* what) {
        ASSERT_EQ(test::first_difference(got, expected), -1)
            << table->name << ' ' << what << ' ' << s.rows << " × " << s.senders << " × " << s.units;
        ++compared;
      };
      expect_same(net_inputs(*table, a, w, &bias, net).real(), net_inputs(twin, a, w, &bias, net).real(), "net_panel");
      expect_same(net_inputs<T>(*table, a, w, nullptr, net).real(), net_inputs<T>(twin, a, w, nullptr, net).real(),
                  "net_panel going on");
      expect_same(sums_above(*table, delta, w, sums).real(), sums_above(twin, delta, w, sums).real(), "transpose");
      expect_same(slopes_of(*table, a, delta, slope).everything(), slopes_of(twin, a, delta, slope).everything(),
                  "slope_block");
      for (std::size_t p = 0; p < delta.view().count(); ++p) {
        const std::size_t width = delta.view().width(p);
        std::vector<T> got(width), expected(width);
        table->bias_slopes(delta.view().panel(p), width, s.rows, got.data());
        twin.bias_slopes(delta.view().panel(p), width, s.rows, expected.data());
        expect_same(got, expected, "bias_slopes");
      }
      for (std::size_t p = 0; p < net.view().count(); ++p) {
        const std::size_t width = net.view().width(p);
        Matrix<T> got = net, expected = net;
        std::vector<double> sums_got(s.rows, 0.25), sums_expected(s.rows, 0.25);
        table->squared_errors(delta.view().panel(p), net.view().panel(p), width, net.view().units_in(p), s.rows,
                              got.view().panel(p), sums_got.data());
        twin.squared_errors(delta.view().panel(p), net.view().panel(p), width, net.view().units_in(p), s.rows,
                            expected.view().panel(p), sums_expected.data());
        expect_same(got.everything(), expected.everything(), "squared_errors");
        ASSERT_EQ(sums_got, sums_expected) << table->name;
      }
      if (this->HasFatalFailure()) return;
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 5 * 2800);
}

TYPED_TEST(Passes, RowsAreGatheredInAnyOrderAndPaddingStaysZero) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    base::Random random(11, base::Stream::generate);
    for (std::size_t units = 1; units <= 70; ++units) {
      const auto rows = test::random_numbers<T>(random, 5 * units);
      const std::vector<std::uint32_t> which = {4, 0, 0, 3};
      Matrix<T> got(random, 6, units, T(0)), expected = got;
      // The last row ends where its memory ends: nothing beyond it may be read.
      const T squares = table->gather_rows(rows.data(), which.data(), got.view().slice(1, 4));
      const T twin = kernels::scalar_twin<T>().gather_rows(rows.data(), which.data(), expected.view().slice(1, 4));
      EXPECT_GE(squares, twin * (T(1) - T(4 * units) * std::numeric_limits<T>::epsilon()));
      EXPECT_LE(squares, T(17) * twin);
      ASSERT_EQ(got.everything(), expected.everything()) << table->name << ' ' << units;
      ASSERT_EQ(got.view()(4, units - 1), rows[3 * units + units - 1]);
      ++compared;
    }
  }
  EXPECT_GE(compared, 70u);
}

TYPED_TEST(Passes, ARowHasTheSameNetInputsAloneAndInABatch) {
  using T = TypeParam;
  base::Random random(8, base::Stream::generate);
  const Matrix<T> a(random, 37, 300, T(0)), w(random, 300, 45, T(0)), bias(random, 1, 45, T(0));
  std::size_t compared = 0;
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    const Matrix<T> batch = net_inputs(*k, a, w, &bias, Matrix<T>(random, 37, 45, T(0)));
    Matrix<T> alone(random, 37, 45, T(0));
    for (std::size_t r = 0; r < 37; ++r) {
      const auto net = alone.view().slice(r, 1);
      for (std::size_t p = 0; p < net.count(); ++p) {
        k->net_panel(a.view().slice(r, 1), w.view().panel(p), net.width(p), net.units_in(p), bias.view().panel(p),
                     net.panel(p));
      }
    }
    EXPECT_EQ(test::first_difference(batch.real(), alone.real()), -1) << k->name;
    ++compared;
  }
  EXPECT_GE(compared, 1u);
}

// The twin itself against sums in long double: error at most (terms + 1) roundings of the sum of sizes.
TYPED_TEST(Passes, TheTwinComputesTheEquations) {
  using T = TypeParam;
  base::Random random(10, base::Stream::generate);
  constexpr std::size_t kRows = 3, kSenders = 11, kUnits = 19;
  const Matrix<T> a(random, kRows, kSenders, T(0)), w(random, kSenders, kUnits, T(0)),
      delta(random, kRows, kUnits, T(0));
  const Matrix<T> no_bias = [&] {
    Matrix<T> zeros(random, 1, kUnits, T(0));
    std::fill(zeros.buffer.span().begin(), zeros.buffer.span().end(), T(0));
    return zeros;
  }();
  const long double epsilon = std::numeric_limits<T>::epsilon();
  std::size_t compared = 0;
  for (const bool fused : {true, false}) {
    const Kernels<T>& k = kernels::scalar_twin<T>(fused);
    const Matrix<T> net = net_inputs(k, a, w, &no_bias, Matrix<T>(random, kRows, kUnits, T(0)));
    const Matrix<T> sums = sums_above(k, delta, w, Matrix<T>(random, kRows, kSenders, T(0)));
    const Matrix<T> slope = slopes_of(k, a, delta, Matrix<T>(random, kSenders, kUnits, T(0)));
    const auto check = [&](T got, std::size_t terms, auto term) {
      long double sum = 0, size = 0;
      for (std::size_t i = 0; i < terms; ++i) {
        sum += term(i);
        size += std::fabs(term(i));
      }
      EXPECT_LE(std::fabs(static_cast<long double>(got) - sum), static_cast<long double>(terms + 1) * epsilon * size);
      ++compared;
    };
    const auto at = [](const Matrix<T>& m, std::size_t r, std::size_t u) -> long double { return m.view()(r, u); };
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t u = 0; u < kUnits; ++u) {
        check(net.view()(r, u), kSenders, [&](std::size_t i) { return at(a, r, i) * at(w, i, u); });
      }
      for (std::size_t j = 0; j < kSenders; ++j) {
        check(sums.view()(r, j), kUnits, [&](std::size_t u) { return at(delta, r, u) * at(w, j, u); });
      }
    }
    for (std::size_t i = 0; i < kSenders; ++i) {
      for (std::size_t u = 0; u < kUnits; ++u) {
        check(slope.view()(i, u), kRows, [&](std::size_t r) { return -at(delta, r, u) * at(a, r, i); });
      }
    }
  }
  EXPECT_EQ(compared, 2 * (kRows * kUnits + kRows * kSenders + kSenders * kUnits));
}

}  // namespace
