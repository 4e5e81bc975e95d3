// A deltarule-case-1 file (tests/cases/README.md) as plain data: a network, how it is trained, and the numbers that
// must come out. Reading only: replay.cpp trains and compares. Whatever is not understood is refused by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "deltarule/rules.hpp"
#include "deltarule/spec.hpp"
#include "deltarule/training.hpp"

namespace replay {

/// The file cannot be read, is not JSON, or contradicts itself.
struct Damaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The file asks for something that the engine, or this program, does not have.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Matrix = std::vector<std::vector<double>>;

/// Numbers that must be there at one moment of the run; what is not stated is empty.
struct State {
  std::size_t when = 0;  // step or epoch
  std::optional<double> loss_sum = {};
  std::optional<std::vector<double>> weights = {};  // canonical order; NaN where nothing is stated (masked places)
  std::optional<Matrix> outputs = {};               // of the first patterns
};

struct FirstBelow {
  double threshold = 0.0;
  std::size_t epoch = 0;
  std::optional<double> loss_sum = {};
};

struct Expected {
  State initial;
  std::optional<std::vector<double>> first_batch_gradient = {};
  std::vector<State> after_step = {}, after_epoch = {};
  std::optional<FirstBelow> first_below = {};
  std::optional<State> final = {};
};

struct Case {
  std::string name;
  deltarule::NetworkSpec network;
  deltarule::TrainerOptions options;
  std::size_t batch_size = 0;  // 0 = all patterns
  std::size_t epochs = 0;
  std::vector<std::vector<std::uint32_t>> order = {};
  double relative = 0.0, absolute = 0.0;
  Matrix x, t;
  std::vector<double> initial;  // canonical order
  Expected expected;
};

/// Throws Damaged or Unsupported.
Case read_case(const std::string& path);

}  // namespace replay
