#include "explain/homework/homework.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"
#include "base/text.hpp"
#include "explain/render/numbers.hpp"

namespace deltarule::explain {
namespace {

using Of = Question::Of;

/// From low to high in steps of a hundredth, so that it is short on paper.
double hundredths(base::Random& random, int low, int high) {
  const auto count = static_cast<std::uint32_t>(high - low + 1);
  return static_cast<double>(low + static_cast<int>(random.below(count))) / 100.0;
}

std::size_t between(base::Random& random, std::uint32_t low, std::uint32_t high) {
  return low + random.below(high - low + 1);
}

std::string label(const Subject& subject, const Question& question) {
  return question.of == Of::change ? address_of(subject, question.link) : address_of(subject, question.unit);
}

/// A table in Markdown or LaTeX.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                  ExplainFormat format) {
  const auto row = [&](const std::vector<std::string>& cells, std::string_view between, std::string begin,
                       std::string_view end) {
    for (std::size_t i = 0; i < cells.size(); ++i) begin += (i == 0 ? "" : std::string(between)) + cells[i];
    return begin + std::string(end) + "\n";
  };
  if (format == ExplainFormat::latex) {
    std::string text =
        "\\begin{tabular}{" + std::string(head.size(), 'l') + "}\n" + row(head, " & ", "", " \\\\ \\hline");
    for (const auto& cells : rows) text += row(cells, " & ", "", " \\\\");
    return text + "\\end{tabular}\\par\\medskip\n";
  }
  std::string text = row(head, " | ", "| ", " |") + row(std::vector<std::string>(head.size(), "---"), "|", "|", "|");
  for (const auto& cells : rows) text += row(cells, " | ", "| ", " |");
  return text + "\n";
}

std::string heading(const std::string& text, ExplainFormat format) {
  return format == ExplainFormat::latex ? "\\section*{" + text + "}\n" : "# " + text + "\n\n";
}

std::string paragraph(const std::string& text, ExplainFormat format) {
  return text + (format == ExplainFormat::latex ? "\\par\\medskip\n" : "\n\n");
}

std::string document(const std::string& body, ExplainFormat format) {
  if (format != ExplainFormat::latex) return body;
  return "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\setlength{\\parindent}{0pt}\n\\begin{document}\n" +
         body + "\\end{document}\n";
}

std::string number(double value) { return number_text(value, {}); }

std::string given_part(const Lesson& lesson, ExplainFormat format) {
  const Subject& subject = lesson.subject;
  std::string text =
      paragraph("All units are sigmoids, the error is half the sum of the squared deviations, the learning rate is " +
                    number(rate_of(lesson.trainer.optimizer)) +
                    ". h1.2 is hidden unit 2, x1:h1.2 the weight from x1 to it, 1:h1.2 "
                    "its bias. A delta is minus the slope of the error by the net input, and a change is added.",
                format);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < subject.x.size(); ++i)
    rows.push_back({address_of(subject, Unit{0, i}), number(subject.x[i])});
  for (std::size_t k = 0; k < subject.t.size(); ++k) {
    const std::string y = address_of(subject, Unit{subject.graph.layers().size(), k});
    rows.push_back({"target of " + y, number(subject.t[k])});
  }
  text += table({"given", "value"}, rows, format);
  rows.clear();
  for (std::size_t l = 0; l < subject.graph.layers().size(); ++l)
    for (std::size_t j = 0; j < subject.graph.layers()[l].units; ++j)
      for (const Link& link : feeding(subject, {l + 1, j}))
        rows.push_back({address_of(subject, link), number(subject.w[link.position])});
  return text + table({"weight", "value"}, rows, format);
}

}  // namespace

std::vector<Question> questions_of(const Subject& subject) {
  std::vector<Question> all;
  const auto& layers = subject.graph.layers();
  const auto add = [&](Of of, Unit unit, const Link& link, int equation, const std::string& letter) {
    Question question{of, unit, link, equation, {}};
    question.name = letter + "(" + label(subject, question) + ")";
    if (of == Of::error) question.name = "E";
    all.push_back(std::move(question));
  };
  for (std::size_t l = 0; l < layers.size(); ++l)
    for (std::size_t j = 0; j < layers[l].units; ++j) {
      add(Of::net_input, {l + 1, j}, {}, 4, "I");
      add(Of::activation, {l + 1, j}, {}, 0, "a");
    }
  add(Of::error, {}, {}, 1, "E");
  for (std::size_t l = layers.size(); l-- > 0;)
    for (std::size_t j = 0; j < layers[l].units; ++j)
      add(Of::delta, {l + 1, j}, {}, l + 1 == layers.size() ? 10 : 12, "delta");
  for (std::size_t l = 0; l < layers.size(); ++l)
    for (std::size_t j = 0; j < layers[l].units; ++j)
      for (const Link& link : feeding(subject, {l + 1, j}))
        if (is_trained(subject, link)) add(Of::change, {}, link, 6, "change");
  return all;
}

double answer_of(const Trace& trace, const Question& question) {
  switch (question.of) {
    case Of::net_input:
      return trace.I(question.unit);
    case Of::activation:
      return trace.a(question.unit);
    case Of::error:
      return trace.E();
    case Of::delta:
      return trace.delta(question.unit);
    case Of::change:
      return trace.change(question.link);
  }
  return 0.0;
}

Lesson homework(std::uint64_t seed) {
  base::Random random(seed, base::Stream::generate);
  const std::size_t inputs = between(random, 2, 3), hidden = between(random, 2, 3), outputs = between(random, 1, 2);
  NetworkSpec spec;
  spec.inputs = inputs;
  for (const std::size_t units : {hidden, outputs}) {
    LayerSpec layer;
    layer.units = units;
    layer.activation = "sigmoid";
    spec.layers.push_back(layer);
  }
  std::vector<double> w, x, t;
  for (std::size_t k = 0; k < hidden * (inputs + 1) + outputs * (hidden + 1); ++k)
    w.push_back(hundredths(random, -90, 90));
  for (std::size_t i = 0; i < inputs; ++i) x.push_back(hundredths(random, 10, 100));
  for (std::size_t k = 0; k < outputs; ++k) t.push_back(hundredths(random, 5, 95));
  // The wiring is one that there is, so the subject is.
  Lesson lesson{*make_subject(std::move(spec), std::move(w), std::move(x), std::move(t))};
  lesson.trainer.optimizer = DeltaRule{0.5};
  lesson.title = "homework " + std::to_string(seed);
  lesson.earlier_x = {lesson.subject.x};
  lesson.earlier_t = {lesson.subject.t};
  return lesson;
}

std::string sheet_of(const Lesson& lesson, ExplainFormat format) {
  std::string text = heading("Backpropagation: " + lesson.title, format) + given_part(lesson, format);
  text += paragraph("Find, in this order, with at least four significant digits:", format);
  std::vector<std::vector<std::string>> rows;
  for (const Question& question : questions_of(lesson.subject)) {
    const std::string by = question.equation == 0 ? "a = f(I)" : "(" + std::to_string(question.equation) + ")";
    rows.push_back({question.name, by, ""});
  }
  return document(text + table({"quantity", "by", "answer"}, rows, format), format);
}

std::string key_of(const Lesson& lesson, ExplainFormat format) {
  const Trace trace(lesson.subject, rate_of(lesson.trainer.optimizer));
  std::vector<std::vector<std::string>> rows;
  for (const Question& question : questions_of(lesson.subject)) {
    const std::string by = question.equation == 0 ? "a = f(I)" : "(" + std::to_string(question.equation) + ")";
    rows.push_back({question.name, by, number(answer_of(trace, question))});
  }
  return document(heading("Key: " + lesson.title, format) + table({"quantity", "by", "answer"}, rows, format), format);
}

}  // namespace deltarule::explain
