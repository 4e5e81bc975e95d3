// Homework: a small network drawn from a seed, with numbers that can be reckoned by hand, as a sheet of questions and
// its key. And the marking of answers, of homework or of any other lesson. docs/explain.md says how answers are
// written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/explanation.hpp"
#include "deltarule/marking.hpp"
#include "explain/explain.hpp"
#include "explain/trace/trace.hpp"

namespace deltarule::explain {

/// A quantity that is asked for, in the order of computation.
struct Question {
  enum class Of { net_input, activation, error, delta, change } of = Of::net_input;
  Unit unit = {};  // whose I, a, δ
  Link link = {};  // whose Δw
  int equation = 0;
  std::string name = {};  // "I(h1.1)", "delta(y1)", "change(x1:h1.1)"
};

/// Every I and a forward, E, every δ back, every change; biases that are not trained are left out.
[[nodiscard]] std::vector<Question> questions_of(const Subject& subject);
[[nodiscard]] double answer_of(const Trace& trace, const Question& question);

/// Two or three inputs, hidden units and outputs of sigmoids, weights and inputs of one or two digits.
[[nodiscard]] Lesson homework(std::uint64_t seed);

/// Sheet and key as Markdown or LaTeX; any other format is taken for Markdown.
[[nodiscard]] std::string sheet_of(const Lesson& lesson, ExplainFormat format);
[[nodiscard]] std::string key_of(const Lesson& lesson, ExplainFormat format);

/// Answers, a line each: "I(h1.1) = 0.35", "δ(y1) = -0.138", "Δw(x1:h1.1) = 0.0043"; what stands behind a '#' is not
/// read. Data error, with the line, for a name that is not asked for, a number that is none, or one of fewer than three
/// digits. `source` stands in messages.
[[nodiscard]] Result<Marking> mark(const Lesson& lesson, std::string_view text, const std::string& source);

/// The marking in words, for people.
[[nodiscard]] std::string text_of(const Marking& marking);

}  // namespace deltarule::explain
