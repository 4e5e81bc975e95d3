// Marks answers: right to the digits that were given, or following from what was given before, or wrong.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/text.hpp"
#include "derivation/loss_functions.hpp"
#include "explain/homework/homework.hpp"
#include "explain/render/numbers.hpp"

namespace deltarule::explain {
namespace {

using Of = Question::Of;

struct Answer {
  double value = 0.0;
  double last_place = 0.0;  // one unit of the last digit that was given
};

bool agrees(const Answer& answer, double value) {
  // A unit of the last place, not half of one: whoever rounds on the way is not wrong. Nobody is held to more than ten.
  return std::fabs(answer.value - value) <= std::max(answer.last_place * (1 + 1e-9), 1e-10 * std::fabs(value));
}

// ---- reading ----

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// "δ(y1)" and "Δw(x1:y1)" as they are asked for.
std::string canonical(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (c != ' ') text += c;
  for (const auto& [from, to] :
       {std::pair<std::string_view, std::string_view>{"δ", "delta"}, {"Δw", "change"}, {"dw(", "change("}})
    if (text.starts_with(from)) text.replace(0, from.size(), to);
  return text;
}

/// Significant digits of a number as it is written, and the value of one unit of the last.
std::size_t digits_of(std::string_view text, double& last_place) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  std::size_t digits = 0;
  int exponent = 0;
  bool behind_point = false, counts = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') behind_point = true;
    if (c < '0' || c > '9') continue;
    counts = counts || c != '0';
    digits += counts ? 1 : 0;
    if (behind_point) --exponent;
  }
  int written = 0;
  if (e < text.size()) {
    const std::size_t begin = e + 1 + (e + 1 < text.size() && text[e + 1] == '+' ? 1 : 0);
    std::from_chars(text.data() + begin, text.data() + text.size(), written);
  }
  last_place = std::pow(10.0, exponent + written);
  return digits;
}

Result<Answer> parse_answer(std::string_view text, const std::string& place) {
  constexpr std::size_t kFewest = 3;
  Answer answer;
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), answer.value);
  if (fault != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(answer.value))
    return Error{ErrorCode::data, place, base::quoted(text), "a number", "For example I(h1.1) = 0.350"};
  if (digits_of(digits, answer.last_place) < kFewest && answer.value != 0)
    return Error{ErrorCode::data, place, base::quoted(text) + ", which has too few digits to be marked",
                 "at least three significant digits", "Write 0.350 for 0.35"};
  if (answer.value == 0) answer.last_place = 0;  // 0.000 is not right for whatever is small
  return answer;
}

using Answers = std::map<std::string, Answer>;

Result<Answers> read_answers(std::string_view text, const std::vector<Question>& questions, const std::string& source) {
  std::vector<std::string> names;
  for (const Question& question : questions) names.push_back(question.name);
  Answers answers;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, std::min(text.find('#'), end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string place = source + ":" + std::to_string(++number);
    if (line.empty()) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      return Error{ErrorCode::data, place, base::quoted(line), "NAME = NUMBER", "For example I(h1.1) = 0.350"};
    const std::string name = canonical(line.substr(0, equals));
    if (std::find(names.begin(), names.end(), name) == names.end())
      return Error{ErrorCode::data, place, base::quoted(name), "one of " + base::listed(names, 5),
                   base::did_you_mean(name, names)};
    const auto answer = parse_answer(trimmed(line.substr(equals + 1)), place);
    if (!answer) return answer.error();
    answers[name] = *answer;
  }
  return answers;
}

// ---- following ----

/// The derivation with the numbers that were given in place of its own.
class Following {
 public:
  Following(const Lesson& lesson, const Answers& answers)
      : subject_(lesson.subject), eta_(rate_of(lesson.trainer.optimizer)), answers_(answers) {}

  /// In the order of the questions. What was given is what later ones are made of.
  double next(const Question& question) {
    const double value = compute(question);
    const auto given = answers_.find(question.name);
    known_[question.name] = given == answers_.end() ? value : given->second.value;
    return value;
  }

 private:
  [[nodiscard]] double known(const std::string& letter, Unit unit) const {
    return known_.find(letter + "(" + address_of(subject_, unit) + ")")->second;
  }
  [[nodiscard]] double a(Unit unit) const { return unit.source == 0 ? subject_.x[unit.index] : known("a", unit); }
  [[nodiscard]] double carried(const Link& link) const { return link.bias ? 1.0 : a(link.from); }

  double compute(const Question& question) const {
    const derivation::Activation* f =
        question.unit.source == 0 ? nullptr : &subject_.resolved.activations[question.unit.layer()];
    switch (question.of) {
      case Of::net_input: {
        double sum = 0;
        for (const Link& link : feeding(subject_, question.unit)) sum += subject_.w[link.position] * carried(link);
        return sum;
      }
      case Of::activation:
        return derivation::activate<double>(*f, known("I", question.unit));
      case Of::error:
        return error();
      case Of::delta: {
        const double f_prime = slope(*f, question.unit);
        if (is_output(subject_, question.unit)) return (subject_.t[question.unit.index] - a(question.unit)) * f_prime;
        double sum = 0;
        for (const Link& link : fed_by(subject_, question.unit))
          sum += known("delta", link.to) * subject_.w[link.position];
        return f_prime * sum;
      }
      case Of::change:
        return derivation::equation_6_change(eta_, known("delta", question.link.to), carried(question.link));
    }
    return 0.0;
  }

  /// Of a sigmoid from the activation, as it is done on paper.
  [[nodiscard]] double slope(const derivation::Activation& f, Unit unit) const {
    if (f.kind == base::ActivationKind::sigmoid) return a(unit) * (1 - a(unit));
    return derivation::derivative<double>(f, known("I", unit));
  }

  [[nodiscard]] double error() const {
    double E = 0;
    for (std::size_t k = 0; k < subject_.t.size(); ++k)
      E += derivation::half_squared_error(subject_.t[k], a({subject_.graph.layers().size(), k}));
    return E;
  }

  const Subject& subject_;
  double eta_;
  const Answers& answers_;
  std::map<std::string, double> known_;
};

/// The classic mistake whose derivation has this number, the one that explains most of the answers first.
void find_mistake(const Lesson& lesson, const std::vector<Question>& questions, const Answers& answers,
                  Marking& marking) {
  std::size_t most = 0;
  for (const MistakeInWords& one : mistakes()) {
    if (!check_mistake(lesson.subject, one.mistake).ok()) continue;
    const Trace trace(lesson.subject, rate_of(lesson.trainer.optimizer), one.mistake);
    std::size_t explained = 0;
    bool has_first = false;
    for (const Question& question : questions) {
      const auto given = answers.find(question.name);
      if (given == answers.end() || !agrees(given->second, answer_of(trace, question))) continue;
      ++explained;
      has_first = has_first || question.name == marking.first_wrong;
    }
    if (!has_first || explained <= most) continue;
    most = explained;
    marking.mistake = one.name;
    marking.mistake_in_words = one.words;
  }
}

/// Answers are compared with half a squared error and single units: with what is asked on paper.
Result<void> check_lesson(const Subject& subject) {
  for (const base::Layer& layer : subject.graph.layers())
    if (layer.is_normalised() || layer.activation == "softmax")
      return Error{ErrorCode::spec, "--answers", "a network with softmax or normalised layers",
                   "plain layers, whose numbers can be reckoned one by one", "Mark --homework or --demo"};
  if (subject.resolved.loss.kind != base::LossKind::half_squared_error)
    return Error{ErrorCode::spec, "--answers", "the loss " + subject.resolved.loss.name, "half_squared_error",
                 "Mark --homework or --demo"};
  return {};
}

}  // namespace

Result<Marking> mark(const Lesson& lesson, std::string_view text, const std::string& source) {
  if (const auto possible = check_lesson(lesson.subject); !possible) return possible.error();
  const std::vector<Question> questions = questions_of(lesson.subject);
  const auto answers = read_answers(text, questions, source);
  if (!answers) return answers.error();
  const Trace trace(lesson.subject, rate_of(lesson.trainer.optimizer));
  Following following(lesson, *answers);
  Marking marking;
  marking.asked = questions.size();
  for (const Question& question : questions) {
    const double follows = following.next(question);
    const auto given = answers->find(question.name);
    if (given == answers->end()) continue;
    MarkedAnswer one{question.name, question.equation, given->second.value, answer_of(trace, question), follows};
    const bool right = agrees(given->second, one.right);
    one.mark = right ? Mark::right : agrees(given->second, follows) ? Mark::follows : Mark::wrong;
    (one.mark == Mark::right ? marking.right : one.mark == Mark::follows ? marking.follow : marking.wrong) += 1;
    if (one.mark == Mark::wrong && marking.first_wrong.empty()) {
      marking.first_wrong = one.name;
      marking.first_equation = one.equation;
    }
    marking.answers.push_back(std::move(one));
  }
  if (!marking.first_wrong.empty()) find_mistake(lesson, questions, *answers, marking);
  return marking;
}

std::string text_of(const Marking& marking) {
  std::string text;
  for (const MarkedAnswer& one : marking.answers) {
    text += one.name + " = " + number_text(one.given, {}) + ": ";
    if (one.mark == Mark::right) text += "right";
    if (one.mark == Mark::follows) text += "follows from an earlier slip; right is " + number_text(one.right, {});
    if (one.mark == Mark::wrong) {
      text += "wrong; right is " + number_text(one.right, {});
      if (!agrees({one.right, std::fabs(one.right) * 1e-6}, one.following))
        text += ", and from the numbers before it " + number_text(one.following, {});
    }
    text += "\n";
  }
  text += "\n" + base::counted(marking.answers.size(), "answer") + " to " + base::counted(marking.asked, "question") +
          ": " + std::to_string(marking.right) + " right, " + std::to_string(marking.follow) + " following, " +
          std::to_string(marking.wrong) + " wrong.\n";
  if (marking.first_wrong.empty()) return text;
  text += "The first that is wrong is " + marking.first_wrong + ", by " +
          (marking.first_equation == 0 ? std::string("a = f(I)")
                                       : "equation (" + std::to_string(marking.first_equation) + ")") +
          ".\n";
  if (!marking.mistake.empty())
    text += "The mistake " + marking.mistake + " gives this number: " + marking.mistake_in_words + ".\n";
  return text;
}

}  // namespace deltarule::explain
