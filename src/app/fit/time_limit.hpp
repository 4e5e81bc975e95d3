// The one clock of a run. It decides after which weight change training ends, which the model keeps as a number of
// weight changes; nothing else of a result depends on it.
#pragma once

#include <functional>

namespace deltarule::app {

/// A stop token that says true from `seconds` after now on.
[[nodiscard]] std::function<bool()> stop_after(double seconds);

}  // namespace deltarule::app
