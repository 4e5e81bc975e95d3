// Markdown: headings, words as paragraphs, and the lines of each equation as they are in plain text.
#include "explain/render/block.hpp"
#include "explain/render/numbers.hpp"
#include "explain/render/render.hpp"

namespace deltarule::explain {
namespace {

/// Characters that Markdown would take for its own; names come from outside.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string line_markdown(const ExplainedLine& line, const ExplainLayout& layout) {
  std::string text;
  if (line.equation > 0) text += "**(" + std::to_string(line.equation) + ")** ";
  text += escaped(line.words);
  while (text.ends_with(' ')) text.pop_back();
  return (text.empty() ? "" : text + "\n\n") + "```text\n" + body_text(line, layout, 0) + "```\n";
}

}  // namespace

std::string as_markdown(const Explanation& explanation, const ExplainLayout& layout) {
  std::string text = "# " + escaped(explanation.title) + "\n\n";
  for (const Filled& one : explanation.setting) text += "- " + escaped(filled_text(one, layout)) + "\n";
  for (const ExplainedSection& section : explanation.sections) {
    text += "\n## " + escaped(section.title) + "\n";
    for (const std::string& words : section.words) text += "\n" + escaped(words) + "\n";
    for (const ExplainedLine& line : section.lines) text += "\n" + line_markdown(line, layout);
  }
  if (explanation.proof) text += "\n**" + escaped(verdict_text(*explanation.proof)) + "**\n";
  if (!explanation.closing.empty()) text += "\n";
  for (const std::string& words : explanation.closing) text += "- " + escaped(words) + "\n";
  return text;
}

}  // namespace deltarule::explain
