#include "app/fit/rollbacks.hpp"

#include "io/number.hpp"

namespace deltarule::app {

std::vector<std::string> rollback_notices(const FitResult& result) {
  std::vector<std::string> notices;
  for (const Rollback& one : result.rollbacks)
    notices.push_back("diverged at " + one.why + "; went back to " +
                      (one.back_to == 0 ? "the beginning" : "the end of epoch " + std::to_string(one.back_to)) +
                      " with " + io::to_text(one.rate_factor) + " of the rate");
  if (!notices.empty()) notices.back() += ". A lower --learning-rate may spare it that";
  return notices;
}

}  // namespace deltarule::app
