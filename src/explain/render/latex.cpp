// LaTeX: a document that compiles by itself with amsmath, an align* for each equation. The symbols of plain text are
// translated one by one: letters with an address in brackets become letters with an index.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "explain/render/block.hpp"
#include "explain/render/numbers.hpp"
#include "explain/render/render.hpp"

namespace deltarule::explain {
namespace {

using Translation = std::pair<std::string_view, std::string_view>;

constexpr std::array<Translation, 20> kMath = {{
    {"∂", "\\partial "}, {"Σ", "\\sum "},     {"δ", "\\delta "},        {"Δ", "\\Delta "},
    {"η", "\\eta "},     {"σ", "\\sigma "},   {"ε", "\\varepsilon "},   {"π", "\\pi "},
    {"Φ", "\\Phi "},     {"·", "\\cdot "},    {"√", "\\surd "},         {"²", "^2"},
    {"′", "'"},          {"Î", "\\hat I"},    {"infinity", "\\infty "}, {"exp", "\\exp "},
    {"log", "\\log "},   {"tanh", "\\tanh "}, {"1/2", "\\tfrac12"},     {"2/3", "\\tfrac23"},
}};

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// "x1", "h1.2", "x1:h1.2", "h1.2,1": what stands in brackets behind a symbol.
bool is_address(std::string_view text) {
  bool has_digit = false;
  for (const char c : text) {
    has_digit = has_digit || (c >= '0' && c <= '9');
    if (!(c == 'x' || c == 'h' || c == 'y' || c == '.' || c == ':' || c == ',' || (c >= '0' && c <= '9'))) return false;
  }
  return has_digit;
}

std::string plain(std::string_view text) {
  constexpr std::array<Translation, 18> kSigns = {{
      {"\\", "\\textbackslash{}"},
      {"&", "\\&"},
      {"%", "\\%"},
      {"$", "\\$"},
      {"#", "\\#"},
      {"_", "\\_"},
      {"{", "\\{"},
      {"}", "\\}"},
      {"~", "\\textasciitilde{}"},
      {"^", "\\textasciicircum{}"},
      {"δ", "$\\delta$"},
      {"η", "$\\eta$"},
      {"Σ", "$\\sum$"},
      {"′", "$'$"},
      {"½", "$\\tfrac12$"},
      {"∂", "$\\partial$"},
      {"Δ", "$\\Delta$"},
      {"·", "$\\cdot$"},
  }};
  std::string out;
  while (!text.empty()) {
    const auto found =
        std::find_if(kSigns.begin(), kSigns.end(), [&](const Translation& one) { return text.starts_with(one.first); });
    out += found == kSigns.end() ? std::string(text.substr(0, 1)) : std::string(found->second);
    text.remove_prefix(found == kSigns.end() ? 1 : found->first.size());
  }
  return out;
}

/// A word of several letters that is no function: set upright.
std::string word_math(std::string_view word) {
  return word.size() == 1 ? std::string(word) : "\\text{" + plain(word) + "}";
}

std::string math(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto found =
        std::find_if(kMath.begin(), kMath.end(), [&](const Translation& one) { return text.starts_with(one.first); });
    const std::size_t close = text.front() == '(' ? text.find(')') : std::string_view::npos;
    const auto end = std::find_if_not(text.begin(), text.end(), is_ascii_letter);
    const auto letters = static_cast<std::size_t>(end - text.begin());
    std::size_t taken = 1;
    if (found != kMath.end()) {
      out += found->second;
      taken = found->first.size();
    } else if (close != std::string_view::npos && !out.empty() && is_address(text.substr(1, close - 1))) {
      out += "_{\\mathrm{" + std::string(text.substr(1, close - 1)) + "}}";
      taken = close + 1;
    } else if (letters > 0) {
      out += word_math(text.substr(0, letters));
      taken = letters;
    } else if (text.front() == '_') {
      out += "\\_";
    } else {
      out += text.front();
    }
    text.remove_prefix(taken);
  }
  return out;
}

/// 1.5e-07 as 1.5 \cdot 10^{-7}.
std::string number_math(double value, const ExplainLayout& layout) {
  const std::string text = number_text(value, layout);
  const std::size_t e = layout.hex ? std::string::npos : text.find('e');
  if (layout.hex) return "\\mathtt{" + text + "}";
  if (e == std::string::npos || text.find("infinity") != std::string::npos || text.find("not") != std::string::npos)
    return math(text);
  std::string exponent = text.substr(e + 1);
  const bool negative = exponent.front() == '-';
  exponent.erase(0, std::min(exponent.find_first_not_of("+-0"), exponent.size() - 1));
  return text.substr(0, e) + " \\cdot 10^{" + (negative ? "-" : "") + exponent + "}";
}

std::string filled_math(const Filled& filled, const ExplainLayout& layout) {
  std::string out;
  std::size_t begin = 0;
  for (const double number : filled.numbers) {
    const std::size_t at = filled.form.find('#', begin);
    const std::string before = filled.form.substr(begin, at - begin);
    out += math(before);
    const std::size_t last = before.find_last_not_of(' ');
    const bool stands_free =
        (last == std::string::npos && begin == 0) || (last != std::string::npos && before[last] == '(');
    const bool brackets = number < 0 && (!stands_free || filled.form.compare(at + 1, 2, "²") == 0);
    out += brackets ? "(" + number_math(number, layout) + ")" : number_math(number, layout);
    begin = at + 1;
  }
  return out + math(std::string_view(filled.form).substr(begin));
}

ExplainLayout wider(ExplainLayout layout, const ExplainedLine& line) {
  layout.digits = std::max(layout.digits, line.least_digits);
  return layout;
}

std::string row(const std::string& left, const std::string& right) { return left + " &= " + right; }

std::string line_latex(const ExplainedLine& line, const ExplainLayout& layout) {
  std::string out =
      "\\paragraph{" + (line.equation > 0 ? "(" + std::to_string(line.equation) + ")" : "") + "} " + plain(line.words) +
      "\n\\begin{align*}\n" +
      row(math(line.left), line.right.empty() ? number_math(line.value, wider(layout, line)) : math(line.right));
  if (line.sum) {
    for (const Summand& term : line.sum->shown) {
      out += " \\\\\n& \\quad " + math(term.symbols) + " = " + filled_math(term.numbers, layout) + " = " +
             number_math(term.value, layout);
      if (!term.name.empty()) out += " \\quad \\text{" + plain(term.name) + "}";
    }
    if (line.sum->more > 0)
      out += " \\\\\n& \\quad \\text{and " + base::counted(line.sum->more, "more term") +
             "} = " + number_math(line.sum->rest, layout);
  } else if (!line.numbers.form.empty()) {
    out += " \\\\\n" + row("", filled_math(line.numbers, layout));
  }
  if (!line.right.empty()) out += " \\\\\n" + row("", number_math(line.value, wider(layout, line)));
  out += "\n\\end{align*}\n";
  for (const Evidence& evidence : line.evidence)
    out += "Checked: " + plain(evidence_text(evidence, layout, line.least_digits)) + ".\n";
  return out;
}

}  // namespace

std::string as_latex(const Explanation& explanation, const ExplainLayout& layout) {
  std::string out =
      "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage[T1]{fontenc}\n\\usepackage{amsmath}\n"
      "\\allowdisplaybreaks\n\\begin{document}\n\\section*{" +
      plain(explanation.title) + "}\n";
  for (const Filled& one : explanation.setting) out += plain(filled_text(one, layout)) + "\\par\n";
  for (const ExplainedSection& section : explanation.sections) {
    out += "\\subsection*{" + plain(section.title) + "}\n";
    for (const std::string& words : section.words) out += plain(words) + "\\par\n";
    for (const ExplainedLine& line : section.lines) out += line_latex(line, layout);
  }
  if (explanation.proof) out += plain(verdict_text(*explanation.proof)) + "\\par\n";
  return out + "\\end{document}\n";
}

}  // namespace deltarule::explain
