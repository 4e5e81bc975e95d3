// JSON, one object on one line: schema deltarule-explanation-1.
#include <charconv>
#include <cmath>

#include "explain/render/render.hpp"

namespace deltarule::explain {
namespace {

std::string text_json(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte / 16U];
      out += kDigits[byte % 16U];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string number_json(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

template <class All, class One>
std::string list_json(const All& all, const One& one) {
  std::string out = "[";
  for (const auto& each : all) out += (out.size() > 1 ? "," : "") + one(each);
  return out + "]";
}

std::string member(std::string_view key, const std::string& json) { return text_json(key) + ":" + json; }

std::string filled_json(const Filled& filled) {
  return "{" + member("form", text_json(filled.form)) + "," +
         member("numbers", list_json(filled.numbers, number_json)) + "}";
}

std::string term_json(const Summand& term) {
  return "{" + member("place", std::to_string(term.place)) + "," + member("symbols", text_json(term.symbols)) + "," +
         member("numbers", filled_json(term.numbers)) + "," + member("value", number_json(term.value)) + "," +
         member("name", text_json(term.name)) + "}";
}

std::string sum_json(const ExplainedSum& sum) {
  return "{" + member("terms", list_json(sum.shown, term_json)) + "," + member("more", std::to_string(sum.more)) + "," +
         member("rest", number_json(sum.rest)) + "}";
}

std::string evidence_json(const Evidence& evidence) {
  return "{" + member("by", text_json(evidence.by)) + "," + member("value", number_json(evidence.value)) + "," +
         member("digits", number_json(evidence.digits)) + "," + member("agrees", evidence.agrees ? "true" : "false") +
         "}";
}

std::string line_json(const ExplainedLine& line) {
  const std::string equation = line.equation == 0 ? "null" : std::to_string(line.equation);
  return "{" + member("equation", equation) + "," + member("about", text_json(line.about)) + "," +
         member("words", text_json(line.words)) + "," + member("left", text_json(line.left)) + "," +
         member("right", text_json(line.right)) + "," + member("numbers", filled_json(line.numbers)) + "," +
         member("value", number_json(line.value)) + "," + member("sum", line.sum ? sum_json(*line.sum) : "null") + "," +
         member("evidence", list_json(line.evidence, evidence_json)) + "}";
}

std::string section_json(const ExplainedSection& section) {
  return "{" + member("title", text_json(section.title)) + "," + member("words", list_json(section.words, text_json)) +
         "," + member("lines", list_json(section.lines, line_json)) + "}";
}

std::string proof_json(const ExplainedProof& proof) {
  const std::string first = proof.first_failed == 0 ? "null" : std::to_string(proof.first_failed);
  return "{" + member("compared", std::to_string(proof.compared)) + "," +
         member("failed", std::to_string(proof.failed)) + "," + member("first_failed", first) + "," +
         member("first_about", text_json(proof.first_about)) + "}";
}

}  // namespace

std::string as_json(const Explanation& explanation) {
  return "{" + member("schema", text_json("deltarule-explanation-1")) + "," +
         member("title", text_json(explanation.title)) + "," +
         member("setting", list_json(explanation.setting, filled_json)) + "," +
         member("sections", list_json(explanation.sections, section_json)) + "," +
         member("proof", explanation.proof ? proof_json(*explanation.proof) : "null") + "," +
         member("closing", list_json(explanation.closing, text_json)) + "," +
         member("notices", list_json(explanation.notices, text_json)) + "}\n";
}

}  // namespace deltarule::explain
