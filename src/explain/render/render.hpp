// An explanation as a page: plain text of 80 columns, Markdown, LaTeX, JSON. One renderer each; none computes.
#pragma once

#include <string>

#include "deltarule/explanation.hpp"

namespace deltarule::explain {

[[nodiscard]] std::string render(const Explanation& explanation, const ExplainLayout& layout);

[[nodiscard]] std::string as_text(const Explanation& explanation, const ExplainLayout& layout);
[[nodiscard]] std::string as_markdown(const Explanation& explanation, const ExplainLayout& layout);
[[nodiscard]] std::string as_latex(const Explanation& explanation, const ExplainLayout& layout);
/// Schema deltarule-explanation-1 (docs/formats.md). Numbers in their shortest exact form whatever the layout says.
[[nodiscard]] std::string as_json(const Explanation& explanation);

}  // namespace deltarule::explain
