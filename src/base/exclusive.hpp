// One thread at a time: the lock around state of the whole process that is read and written rarely, such as a registry.
#pragma once

#include <functional>

namespace deltarule::base {

/// Calls work() while no other thread is in such a call. It must not call exclusively() itself, and not throw.
void exclusively(const std::function<void()>& work);

}  // namespace deltarule::base
