// In place of base/exclusive.cpp where there is one thread.
#include "base/exclusive.hpp"

namespace deltarule::base {

void exclusively(const std::function<void()>& work) { work(); }

}  // namespace deltarule::base
