// Plain text: 80 columns, in reading order, without colour or drawing.
#include "explain/render/block.hpp"
#include "explain/render/numbers.hpp"
#include "explain/render/render.hpp"

namespace deltarule::explain {
namespace {

constexpr std::size_t kIndent = 4;

std::string line_text(const ExplainedLine& line, const ExplainLayout& layout) {
  const std::string number = line.equation == 0 ? "" : "(" + std::to_string(line.equation) + ") ";
  std::string text;
  if (!line.words.empty()) text += wrapped(number + line.words, line.equation == 0 ? kIndent : 0, kIndent);
  if (line.words.empty() && !number.empty()) text += number + "\n";
  return text + body_text(line, layout, kIndent);
}

}  // namespace

std::string as_text(const Explanation& explanation, const ExplainLayout& layout) {
  std::string text = wrapped(explanation.title, 0, 0) + "\n";
  for (const Filled& one : explanation.setting) text += wrapped(filled_text(one, layout), 0, 2);
  std::size_t number = 0;
  for (const ExplainedSection& section : explanation.sections) {
    text += "\n" + wrapped(std::to_string(++number) + ". " + section.title, 0, 3);
    for (const std::string& words : section.words) text += "\n" + wrapped(words, 0, 0);
    for (const ExplainedLine& line : section.lines) text += "\n" + line_text(line, layout);
  }
  text += "\n";
  if (explanation.proof) text += wrapped(verdict_text(*explanation.proof), 0, 0);
  for (const std::string& words : explanation.closing) text += wrapped(words, 0, 2);
  return text;
}

}  // namespace deltarule::explain
