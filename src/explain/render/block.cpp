#include "explain/render/block.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "explain/render/numbers.hpp"

namespace deltarule::explain {
namespace {

constexpr std::size_t kWidth = 80;

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// "= " and a right side under the = of the first line.
std::string equals(std::string_view right, std::size_t at) { return wrapped("= " + std::string(right), at, at + 2); }

std::string term_text(const Summand& term, const ExplainLayout& layout, std::size_t indent) {
  const std::string numbers = filled_text(term.numbers, layout), value = number_text(term.value, layout);
  std::string text = layout.hex ? "[" + std::to_string(term.place) + "] " : "";
  text += term.symbols;
  if (numbers != value) text += " = " + numbers;
  text += " = " + value;
  if (!term.name.empty()) text += "  " + term.name;
  return wrapped(text, indent, indent + 4);
}

std::string sum_text(const ExplainedSum& sum, const ExplainLayout& layout, std::size_t indent) {
  std::string text;
  for (const Summand& term : sum.shown) text += term_text(term, layout, indent);
  if (sum.more > 0)
    text += wrapped("and " + base::counted(sum.more, "more term") + " = " + number_text(sum.rest, layout), indent,
                    indent + 4);
  if (layout.hex)
    text += wrapped("Added from 0 in the order of the numbers in brackets, the rest last.", indent, indent + 4);
  return text;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t first, std::size_t others) {
  std::string out(first, ' ');
  std::size_t column = first;
  bool begins = true;
  while (!text.empty()) {
    const std::size_t gap = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', gap), text.size());
    const std::string_view word = text.substr(gap, end - gap);
    if (!begins && column + gap + columns(word) > kWidth) {
      out += '\n' + std::string(others, ' ');
      column = others;
    } else if (!begins) {
      out += text.substr(0, gap);
      column += gap;
    }
    out += word;
    column += columns(word);
    begins = false;
    text.remove_prefix(end);
  }
  return out + "\n";
}

std::string evidence_text(const Evidence& evidence, const ExplainLayout& layout, int least_digits) {
  std::string text = evidence.by + " " + number_text(evidence.value, layout, least_digits);
  const int digits = static_cast<int>(evidence.digits);
  if (!evidence.agrees) return text + " (does not agree)";
  return text +
         (digits >= 17 ? " (the same)" : " (to " + base::counted(static_cast<std::size_t>(digits), "digit") + ")");
}

std::string body_text(const ExplainedLine& line, const ExplainLayout& layout, std::size_t indent) {
  constexpr std::size_t kFarthest = 40;  // beyond it the = of the later lines moves left
  const std::size_t at = std::min(indent + columns(line.left) + 1, kFarthest);
  std::string text = wrapped(line.left + " = " + line.right, indent, at + 2);
  const std::string value = number_text(line.value, layout, line.least_digits);
  if (line.sum) {
    text += sum_text(*line.sum, layout, indent + 4);
  } else {
    const std::string numbers = filled_text(line.numbers, layout);
    if (numbers != value && !numbers.empty()) text += equals(numbers, at);
  }
  if (line.right.empty()) {
    text = wrapped(line.left + " = " + value, indent, at + 2);
  } else {
    text += equals(value, at);
  }
  if (line.evidence.empty()) return text;
  const bool agrees =
      std::all_of(line.evidence.begin(), line.evidence.end(), [](const Evidence& e) { return e.agrees; });
  std::string proof = agrees ? "checked:" : "WRONG:";
  for (const Evidence& evidence : line.evidence)
    proof += (&evidence == line.evidence.data() ? " " : ", ") + evidence_text(evidence, layout, line.least_digits);
  return text + wrapped(proof, indent, indent + 4);
}

std::string verdict_text(const ExplainedProof& proof) {
  if (proof.failed == 0)
    return "Proof: all " + base::counted(proof.compared, "comparison") + " agree; every equation holds.";
  return "Proof: " + std::to_string(proof.failed) + " of " + base::counted(proof.compared, "comparison") +
         " disagree. The first equation that does not hold is (" + std::to_string(proof.first_failed) + ")" +
         (proof.first_about.empty() ? "" : ", at " + proof.first_about) + ".";
}

}  // namespace deltarule::explain
