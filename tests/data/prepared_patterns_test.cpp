// Laws of the gather: each row is what the rules say, wherever it is gathered to.
#include <limits>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "io/number.hpp"
#include "prepared.hpp"

namespace deltarule::data {
namespace {

using testing::fitted_on;
using testing::gather;
using testing::prepare;
using testing::table_of;
using Numbers = std::vector<double>;

TEST(PreparedPatterns, every_kind_of_unit_is_its_rule) {
  const Table table = table_of("n,m,c,d,y\n1,,red,u,a\n3,2,blue,,b\n5,4,red,v,c\n");
  const Preprocessing rules = fitted_on(table, {.targets = {"y"}}, {.scaling = Scaling::minmax});
  ASSERT_EQ(rules.input_names(),
            (std::vector<std::string>{"n", "m", "m=missing", "c=blue", "c=red", "d=u", "d=v", "d=missing"}));
  const auto all = prepare(table, rules, {.targets = Targets::required});
  EXPECT_EQ(all.x, (Numbers{0,   0.5, 1, 0, 1, 1, 0, 0,  //
                            0.5, 0,   0, 1, 0, 0, 0, 1,  //
                            1,   1,   0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(all.t, (Numbers{1, 0, 0, 0, 1, 0, 0, 0, 1}));
}

TEST(PreparedPatterns, targets_of_every_task_are_their_rule) {
  const BindOptions with_targets = {.targets = Targets::required};
  const Table binary = table_of("x,y\n1,no\n2,yes\n3,no\n");
  EXPECT_EQ(prepare(binary, fitted_on(binary), with_targets).t, (Numbers{0, 1, 0}));
  const Table labels = table_of("x,y,z\n1,0,1\n2,1,0\n");
  EXPECT_EQ(prepare(labels, fitted_on(labels, {.targets = {"z", "y"}}), with_targets).t, (Numbers{1, 0, 0, 1}));
  const Table values = table_of("x,y\n1,0.5\n2,2.5\n");
  EXPECT_EQ(prepare(values, fitted_on(values), with_targets).t, (Numbers{-1, 1}));
  EXPECT_TRUE(prepare(values, fitted_on(values)).t.empty()) << "bound without targets";
}

// 200 rows of mixed columns with gaps.
Table random_mixed(std::uint32_t trial) {
  base::Random random(11, base::Stream::generate, 0, trial);
  std::string text = "a,b,c,d,y\n";
  for (int i = 0; i < 200; ++i) {
    text +=
        io::to_text(random.uniform(-100, 100)) + "," + (random.below(5) == 0 ? "" : std::to_string(random.below(1000)));
    text += ",k" + std::to_string(random.below(4)) + "," +
            (random.below(5) == 0 ? "" : "j" + std::to_string(random.below(3)));
    text += "," + io::to_text(random.uniform()) + "\n";
  }
  return table_of(text);
}

TEST(PreparedPatterns, standardised_training_rows_have_mean_0_and_deviation_1) {
  std::size_t compared = 0;
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    const Table table = random_mixed(trial);
    const auto all = prepare(table, fitted_on(table), {.targets = Targets::required});
    const std::size_t width = all.x.size() / 200;
    double mean = 0;
    double square = 0;
    for (std::size_t r = 0; r < 200; ++r) {
      mean += all.x[r * width] / 200;
      square += all.x[r * width] * all.x[r * width] / 200;
    }
    // 200 terms of size about 1, each with a few roundings.
    const double tolerance = 200 * 8 * std::numeric_limits<double>::epsilon();
    EXPECT_NEAR(mean, 0.0, tolerance);
    EXPECT_NEAR(square, 1.0, tolerance);
    ++compared;
  }
  EXPECT_EQ(compared, 20U);
}

TEST(PreparedPatterns, float_is_double_rounded_once) {
  const Table table = random_mixed(1);
  const Preprocessing rules = fitted_on(table);
  const auto wide = prepare<double>(table, rules, {.targets = Targets::required});
  const auto narrow = prepare<float>(table, rules, {.targets = Targets::required});
  ASSERT_EQ(wide.x.size(), narrow.x.size());
  ASSERT_GT(wide.x.size(), 1000U);
  for (std::size_t i = 0; i < wide.x.size(); ++i) EXPECT_EQ(narrow.x[i], static_cast<float>(wide.x[i]));
  for (std::size_t i = 0; i < wide.t.size(); ++i) EXPECT_EQ(narrow.t[i], static_cast<float>(wide.t[i]));
}

TEST(PreparedPatterns, a_row_is_the_same_in_any_batch_and_padding_is_left_alone) {
  const Table table = random_mixed(2);
  Notices notices;
  const auto bound = bind_table(table, fitted_on(table), {.targets = Targets::required}, notices);
  ASSERT_TRUE(bound.ok());
  const PreparedPatterns<float> patterns(*bound, {5, 50, 150, 7});
  EXPECT_EQ(patterns.size(), 4U);
  const std::vector<std::uint32_t> order = {2, 0, 3, 3, 1};
  const std::size_t stride = patterns.inputs() + 3;
  std::vector<float> x(order.size() * stride, -5.0F);
  std::vector<float> t(order.size() * 2, -5.0F);
  patterns.gather(order, {x.data(), order.size(), patterns.inputs(), stride}, {t.data(), order.size(), 1, 2});
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto alone = gather(patterns, {order[i]});
    for (std::size_t u = 0; u < patterns.inputs(); ++u) EXPECT_EQ(x[i * stride + u], alone.x[u]);
    for (std::size_t u = patterns.inputs(); u < stride; ++u) EXPECT_EQ(x[i * stride + u], -5.0F);
    EXPECT_EQ(t[i * 2], alone.t[0]);
    EXPECT_EQ(t[i * 2 + 1], -5.0F);
  }
}

}  // namespace
}  // namespace deltarule::data
