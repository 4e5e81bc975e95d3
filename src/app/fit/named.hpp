// Look-ups of names that options give: a name that is not known is answered with the option, what exists and the
// nearest. The registries themselves know no options.
#pragma once

#include <string>

#include "derivation/registry.hpp"
#include "network/init.hpp"

namespace deltarule::app {

/// Throw Exception (usage); `option` is the place, "--activation".
[[nodiscard]] derivation::Activation activation_named(const std::string& option, const std::string& name);
[[nodiscard]] derivation::Loss loss_named(const std::string& name);
void check_init(const std::string& name);

}  // namespace deltarule::app
