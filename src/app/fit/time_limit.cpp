#include "app/fit/time_limit.hpp"

#include <chrono>

namespace deltarule::app {

std::function<bool()> stop_after(double seconds) {
  using Clock = std::chrono::steady_clock;
  return
      [began = Clock::now(), limit = std::chrono::duration<double>(seconds)] { return Clock::now() - began >= limit; };
}

}  // namespace deltarule::app
