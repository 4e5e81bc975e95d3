#include "base/environment.hpp"

#include <cstdlib>

namespace deltarule::base {

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace deltarule::base
