// The one clock of a run. It decides after which weight change training ends, which the model keeps as a number of
// weight changes, and when a checkpoint is due; nothing else of a result depends on it, but for the times that a
// comparison of rules tells.
#pragma once

#include <functional>

namespace deltarule::app {

/// Seconds since this was called.
[[nodiscard]] std::function<double()> stopwatch();
/// A stop token that says true from `seconds` after now on.
[[nodiscard]] std::function<bool()> stop_after(double seconds);

}  // namespace deltarule::app
