#include "explain/render/render.hpp"

namespace deltarule::explain {

std::string render(const Explanation& explanation, const ExplainLayout& layout) {
  switch (layout.format) {
    case ExplainFormat::text:
      return as_text(explanation, layout);
    case ExplainFormat::markdown:
      return as_markdown(explanation, layout);
    case ExplainFormat::latex:
      return as_latex(explanation, layout);
    case ExplainFormat::json:
      break;
  }
  return as_json(explanation);
}

}  // namespace deltarule::explain
