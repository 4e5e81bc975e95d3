// Numbers in settings: the whole text or nothing.
#include "base/finite_number.hpp"

#include <gtest/gtest.h>

namespace {

using deltarule::base::finite_number;

TEST(FiniteNumber, IsReadFromDecimalAndScientificNotation) {
  EXPECT_EQ(finite_number("0.25"), 0.25);
  EXPECT_EQ(finite_number("-3e-2"), -0.03);
  EXPECT_EQ(finite_number(".5"), 0.5);
  EXPECT_EQ(finite_number("1e-310"), 1e-310);
}

TEST(FiniteNumber, IsNothingUnlessItIsTheWholeText) {
  for (const char* text : {"", " 1", "1 ", "+1", "1e", "--1", "0x10", "1,5", "1.5.2", "one", "-"})
    EXPECT_FALSE(finite_number(text)) << '"' << text << '"';
}

TEST(FiniteNumber, IsNothingBeyondADouble) {
  for (const char* text : {"inf", "nan", "-infinity", "1e400", "-1e400", "1e-400"})
    EXPECT_FALSE(finite_number(text)) << text;
}

}  // namespace
