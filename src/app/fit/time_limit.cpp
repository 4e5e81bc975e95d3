#include "app/fit/time_limit.hpp"

#include <chrono>

namespace deltarule::app {

std::function<double()> stopwatch() {
  using Clock = std::chrono::steady_clock;
  return [began = Clock::now()] { return std::chrono::duration<double>(Clock::now() - began).count(); };
}

std::function<bool()> stop_after(double seconds) {
  return [clock = stopwatch(), seconds] { return clock() >= seconds; };
}

}  // namespace deltarule::app
