// The body of a line of an explanation in plain text: symbols, numbers put in, value, and what proves it. Shared by the
// pages that show it as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "deltarule/explanation.hpp"

namespace deltarule::explain {

/// Broken at spaces so that no line is wider than 80 columns; the first begins after `first` spaces, others after
/// `others`. Ends with a line end.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t first, std::size_t others);

/// The lines of the body, each indented by `indent` at least.
[[nodiscard]] std::string body_text(const ExplainedLine& line, const ExplainLayout& layout, std::size_t indent);

/// "complex step -0.0978 (to 16 digits)".
[[nodiscard]] std::string evidence_text(const Evidence& evidence, const ExplainLayout& layout, int least_digits = 0);
/// "All 42 comparisons agree." or which equation does not hold.
[[nodiscard]] std::string verdict_text(const ExplainedProof& proof);

}  // namespace deltarule::explain
