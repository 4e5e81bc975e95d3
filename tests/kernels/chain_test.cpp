// One pattern through a narrow chain in one call: the bits of the scalar twin, which is made of the kernels of
// online_twin.hpp, for chains of all widths up to a panel, tiny ones among them; and what is odd is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/aligned.hpp"
#include "base/panels.hpp"
#include "kernels/kernels.hpp"
#include "kernels/same_bits.hpp"

namespace {

using namespace deltarule;
using base::ActivationKind;
using kernels::Chain;
using kernels::ChainLayer;
using kernels::ChainRow;
using kernels::ChainSide;
using kernels::Kernels;

template <class T>
using Buffer = base::AlignedBuffer<T>;

std::vector<ActivationKind> kinds() {
  std::vector<ActivationKind> all;
  for (int kind = 0; kind <= static_cast<int>(ActivationKind::custom); ++kind)
    if (kernels::suits_chain(static_cast<ActivationKind>(kind))) all.push_back(static_cast<ActivationKind>(kind));
  return all;
}

struct Shape {
  std::size_t inputs;
  std::vector<std::size_t> units;
};

/// A chain with two sides, all memory its own.
template <class T>
struct Net {
  std::vector<Buffer<T>> w, bias;
  std::array<std::vector<Buffer<T>>, 2> rows;  // per side: inputs, targets, then net, a, delta, d of each layer
  std::array<std::vector<ChainRow<T>>, 2> row_pointers;
  std::vector<ChainLayer<T>> layers;
  std::vector<std::uint32_t> places;
  std::array<ChainSide<T>, 2> sides;
  Chain<T> chain;

  Net(base::Random& random, const Shape& shape, const std::vector<ActivationKind>& kinds_of_layers) {
    std::size_t senders = shape.inputs, widest = shape.inputs;
    for (std::size_t l = 0; l < shape.units.size(); ++l) {
      const std::size_t units = shape.units[l];
      w.emplace_back(senders * base::padded<T>(units));
      const base::Panels<T> panels{w[l].data(), senders, units, 0, senders};
      for (std::size_t i = 0; i < senders; ++i)
        for (std::size_t u = 0; u < units; ++u) panels(i, u) = static_cast<T>(random.uniform(-1, 1));
      bias.emplace_back(base::padded<T>(units));
      for (std::size_t u = 0; u < units; ++u) bias[l][u] = static_cast<T>(random.uniform(-1, 1));
      const bool has_bias = random.below(4) > 0;
      ChainLayer<T> layer{w[l].data(),
                          has_bias ? bias[l].data() : nullptr,
                          has_bias && random.below(4) > 0,
                          random.below(2) > 0,
                          kinds_of_layers[l],
                          T(0.7),
                          senders,
                          units};
      layers.push_back(layer);
      senders = units;
      widest = std::max(widest, units);
    }
    places.resize(shape.inputs + 16);
    for (std::size_t s = 0; s < 2; ++s) {
      rows[s].emplace_back(base::padded<T>(shape.inputs));
      rows[s].emplace_back(base::padded<T>(senders));
      for (const std::size_t units : shape.units)
        for (int k = 0; k < 4; ++k) rows[s].emplace_back(base::padded<T>(units));
      for (std::size_t l = 0; l < shape.units.size(); ++l)
        row_pointers[s].push_back({rows[s][2 + 4 * l].data(), rows[s][3 + 4 * l].data(), rows[s][4 + 4 * l].data(),
                                   rows[s][5 + 4 * l].data()});
      sides[s] = {rows[s][0].data(), rows[s][1].data(), row_pointers[s].data(), 0};
    }
    chain = {layers.data(), layers.size(), widest, T(0.1), std::sqrt(std::numeric_limits<T>::max()) / 2, places.data()};
  }

  /// What everybody else may rely on.
  [[nodiscard]] std::vector<T> visible() const {
    std::vector<T> all;
    const auto add = [&](const T* from, std::size_t n) { all.insert(all.end(), from, from + n); };
    for (const auto& some : {&w, &bias})
      for (const Buffer<T>& buffer : *some) add(buffer.data(), buffer.size());
    for (const ChainSide<T>& side : sides) {
      add(side.inputs, base::padded<T>(layers[0].senders));
      add(side.targets, base::padded<T>(layers.back().units));
      for (std::size_t l = 0; l < layers.size(); ++l) {
        add(side.rows[l].a, layers[l].units);
        add(side.rows[l].delta, base::padded<T>(layers[l].units));
        add(side.rows[l].d, base::padded<T>(layers[l].units));
      }
    }
    return all;
  }
};

std::vector<Shape> shapes(base::Random& random, std::size_t widest) {
  std::vector<Shape> all = {{2, {2, 1}}, {1, {1}}, {64, {widest, 10}}, {100, {widest / 2, widest, 3}}};
  for (std::size_t units = 1; units <= widest; ++units) {
    all.push_back({1 + random.below(8), {1 + random.below(4), units}});
    all.push_back({1 + random.below(40), {units, 1 + random.below(static_cast<std::uint32_t>(widest))}});
    all.push_back({1 + random.below(4), {1 + random.below(4), 1 + random.below(4), 1 + random.below(4)}});
  }
  return all;
}

template <class T>
class NarrowChain : public testing::Test {};
using NumberTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(NarrowChain, NumberTypes);

TYPED_TEST(NarrowChain, HasTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  std::size_t compared = 0, whole = 0, listed = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const Kernels<T>& twin = kernels::scalar_twin<T>(table->fused);
    base::Random random(31, base::Stream::generate);
    const auto all_kinds = kinds();
    for (const Shape& shape : shapes(random, base::kPanel<T>)) {
      std::vector<ActivationKind> chosen;
      for (std::size_t l = 0; l < shape.units.size(); ++l)
        chosen.push_back(all_kinds[random.below(static_cast<std::uint32_t>(all_kinds.size()))]);
      base::Random same = random;
      Net<T> got(random, shape, chosen), expected(same, shape, chosen);
      ASSERT_EQ(test::first_difference(got.visible(), expected.visible()), -1);
      const std::uint32_t zeros = random.below(3);  // none, half or most of the inputs
      for (std::size_t p = 0; p < 5; ++p) {
        const std::size_t offset = random.below(3);
        std::vector<T> x = test::random_numbers<T>(random, shape.inputs + offset);
        const std::vector<T> t = test::random_numbers<T>(random, shape.units.back() + offset);
        for (T& number : x) number = random.below(5) < 2 * zeros ? T{0} : number;
        double loss = -1, loss_twin = -1;
        const bool small = table->learn_chain(got.chain, got.sides[p % 2], got.sides[1 - p % 2], x.data() + offset,
                                              t.data() + offset, &loss);
        ASSERT_EQ(small, twin.learn_chain(expected.chain, expected.sides[p % 2], expected.sides[1 - p % 2],
                                          x.data() + offset, t.data() + offset, &loss_twin));
        ++compared;
        if (!small) break;  // exponentials of exponentials: nobody goes on from there
        ASSERT_PRED2(test::same_bits<double>, loss, loss_twin) << table->name;
        ASSERT_EQ(test::first_difference(got.visible(), expected.visible()), -1)
            << table->name << ' ' << shape.inputs << " inputs, " << shape.units.size() << " layers, the first of "
            << shape.units[0] << ", pattern " << p;
        listed += kernels::worth_listing(got.sides[0].nonzeros, got.sides[1].nonzeros, shape.inputs) ? 1 : 0;
        ++whole;
      }
    }
  }
  const std::size_t all = kernels::runnable<T>().size() * 5 * (3 * base::kPanel<T> + 4);
  EXPECT_GE(compared * 10, all * 9);
  EXPECT_GE(whole * 10, all * 9) << "too many were not plainly finite";
  EXPECT_GE(listed, 20u);
}

TYPED_TEST(NarrowChain, TellsOfNumbersThatAreNotPlainlyFinite) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    base::Random random(32, base::Stream::generate);
    for (const Shape& shape : {Shape{2, {2, 1}}, Shape{9, {7, 5}}, Shape{40, {13, 3}}}) {
      const std::vector<ActivationKind> chosen(shape.units.size(), ActivationKind::sigmoid);
      for (const T bad :
           {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(), std::numeric_limits<T>::max()})
        for (const int where : {0, 1, 2, 3}) {
          Net<T> net(random, shape, chosen);
          std::vector<T> x = test::random_numbers<T>(random, shape.inputs);
          std::vector<T> t = test::random_numbers<T>(random, shape.units.back());
          const auto learns = [&] {
            return table->learn_chain(net.chain, net.sides[0], net.sides[1], x.data(), t.data(), nullptr);
          };
          ASSERT_TRUE(learns()) << table->name;
          if (where == 0) x.back() = bad;
          if (where == 1) t.back() = bad;
          // A weight that is NaN makes an activation NaN, whose bounded f hides nothing: its delta is NaN.
          if (where > 1 && !std::isnan(bad)) continue;
          if (where == 2) net.w[0][0] = bad;
          if (where == 3) net.w.back()[0] = bad;
          EXPECT_FALSE(learns()) << table->name << ' ' << bad << ' ' << where;
          ++compared;
        }
    }
  }
  EXPECT_GE(compared, kernels::runnable<T>().size() * 24);
}

}  // namespace
