#include "base/stable_order.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace deltarule::base {
namespace {

TEST(StableOrder, SortsAndKeepsTheOrderOfEquals) {
  std::vector<std::pair<int, char>> list = {{2, 'a'}, {1, 'b'}, {2, 'c'}, {0, 'd'}, {1, 'e'}, {2, 'f'}};
  order_stably(list, [](const auto& a, const auto& b) { return a.first > b.first; });
  EXPECT_EQ(list, (std::vector<std::pair<int, char>>{{2, 'a'}, {2, 'c'}, {2, 'f'}, {1, 'b'}, {1, 'e'}, {0, 'd'}}));
  std::vector<int> none;
  order_stably(none, [](int a, int b) { return a < b; });
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace deltarule::base
