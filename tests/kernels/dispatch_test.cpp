// A table that is asked for by name is the one that is used.
#include "kernels/dispatch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace {

using namespace deltarule;

TEST(Dispatch, EveryNameChoosesItsTable) {
  const auto names = kernels::isa_names();
  ASSERT_FALSE(names.empty());
  for (const auto name : names) {
    EXPECT_EQ(kernels::choose<float>(std::string(name)).name, name);
    EXPECT_EQ(kernels::choose<double>(std::string(name)).name, name);
  }
  EXPECT_EQ(names[names.size() - 2], "scalar");
  EXPECT_EQ(names.back(), "scalar-unfused");
}

TEST(Dispatch, AnUnknownNameChoosesTheScalarTwin) {
  EXPECT_EQ(&kernels::choose<float>("avx9000"), &kernels::scalar_twin<float>());
}

TEST(Dispatch, EveryTableIsOfTheClassThatItsNameStandsFor) {
  for (const kernels::Kernels<float>* k : kernels::runnable<float>()) {
    const std::string_view name = k->name;
    EXPECT_EQ(k->fused, name != "sse4" && name != "wasm" && name != "scalar-unfused") << name;
    EXPECT_EQ(k->fused, kernels::choose<double>(std::string(name)).fused) << name;
  }
}

TEST(Dispatch, WithoutARequestTheBestIsChosen) {
  EXPECT_EQ(&kernels::choose<double>(std::nullopt), kernels::runnable<double>().front());
}

TEST(Dispatch, EveryPointerOfEveryTableIsSet) {
  for (const kernels::Kernels<float>* k : kernels::runnable<float>()) {
    EXPECT_TRUE(k->net_panel && k->transpose && k->slope_block && k->bias_slopes) << k->name;
    EXPECT_TRUE(k->activate && k->multiply_derivative && k->softmax) << k->name;
    EXPECT_TRUE(k->add_penalties && k->gather_rows && k->squared_errors && k->scale && k->add && k->multiply &&
                k->delta_rule && k->momentum && k->nesterov && k->adam)
        << k->name;
    EXPECT_TRUE(k->adagrad && k->adadelta && k->lion && k->rprop && k->quickprop) << k->name;
    EXPECT_TRUE(k->rmsprop && k->square_sum && k->rough_square_sum && k->keep_movable) << k->name;
  }
}

// In a process of its own, since the choice is made once per process.
class ForcedDeathTest : public testing::Test {
 protected:
  static void expect_forced(const std::string& isa, const std::string& name, bool valid) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
          setenv("DELTARULE_ISA", isa.c_str(), 1);
          const bool right = kernels::kernels<float>().name == name && kernels::kernels<double>().name == name;
          std::exit(right && kernels::isa_request_is_valid() == valid ? 0 : 1);
        },
        testing::ExitedWithCode(0), "")
        << isa;
  }
};

TEST_F(ForcedDeathTest, TheEnvironmentForcesEveryTable) {
  for (const auto name : kernels::isa_names()) expect_forced(std::string(name), std::string(name), true);
}

TEST_F(ForcedDeathTest, AnUnknownNameIsReportedAndFallsBackToTheTwin) { expect_forced("avx9000", "scalar", false); }

}  // namespace
