#include "deltarule/error.hpp"

namespace deltarule {

std::string Error::message() const {
  std::string text = place;
  const auto append = [&text](const char* between, const std::string& part) {
    if (part.empty()) return;
    if (!text.empty()) text += between;
    text += part;
  };
  append(": ", got);
  append(needed.empty() || got.empty() ? ": " : "; needed ", needed);
  append(". ", fix);
  return text;
}

}  // namespace deltarule
