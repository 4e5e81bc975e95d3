#include "base/exclusive.hpp"

#include <mutex>

namespace deltarule::base {

void exclusively(const std::function<void()>& work) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  work();
}

}  // namespace deltarule::base
