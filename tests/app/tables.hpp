// Small tables for the tests of this room, made from a formula or read from the folder of data that comes with them.
#pragma once

#include <string>

#include "base/random.hpp"
#include "deltarule/deltarule.hpp"

namespace deltarule::test {

/// `rows` rows of two numbers, a category and a class that follows from them, with some noise and a few missing values.
inline std::string mixed_csv(int rows, std::uint64_t seed = 1) {
  base::Random random(seed, base::Stream::generate);
  std::string text = "id_free,width,colour,kind\n";
  const char* const colours[] = {"red", "green", "blue"};
  for (int i = 0; i < rows; ++i) {
    const double a = random.normal();
    const double b = random.normal();
    const std::uint32_t colour = random.below(3);
    const bool first = a + 0.5 * b + (colour == 0 ? 1.0 : -0.5) + 0.3 * random.normal() > 0.0;
    text += std::to_string(a) + "," + (i % 17 == 3 ? "NA" : std::to_string(b)) + "," + colours[colour] + "," +
            (first ? "yes" : "no") + "\n";
  }
  return text;
}

/// y = 2 x1 - 3 x2 + 1 + noise.
inline std::string linear_csv(int rows, double noise = 0.1) {
  base::Random random(3, base::Stream::generate);
  std::string text = "x1,x2,y\n";
  for (int i = 0; i < rows; ++i) {
    const double a = random.normal();
    const double b = random.normal();
    text += std::to_string(a) + "," + std::to_string(b) + "," +
            std::to_string(2.0 * a - 3.0 * b + 1.0 + noise * random.normal()) + "\n";
  }
  return text;
}

inline const std::string kXor = "x1,x2,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n";

inline Dataset dataset(const std::string& csv, const char* target) {
  return Dataset(parse_csv(csv, "table.csv"), {.target = target});
}

inline const Metric* metric(const std::vector<Metric>& metrics, const std::string& name) {
  for (const Metric& one : metrics)
    if (one.name == name) return &one;
  return nullptr;
}

/// The Error of what `act` throws; code interrupted and an empty message when it throws nothing.
template <class Act>
Error error_of(const Act& act) {
  try {
    act();
  } catch (const Exception& fault) {
    return fault.error();
  }
  return {ErrorCode::interrupted, "", "", "", ""};
}

}  // namespace deltarule::test
