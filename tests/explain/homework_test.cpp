// Homework: equal seeds give equal sheets, right answers are right to the digits given, a slip is found where it was
// made and what follows from it is not marked twice.
#include "explain/homework/homework.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <set>

#include "explain/render/numbers.hpp"
#include "lessons.hpp"

namespace deltarule::explain {
namespace {

/// To all digits, none dropped.
std::string exact_answers(const Trace& trace) {
  std::string text;
  char number[64];
  for (const Question& question : questions_of(trace.subject())) {
    std::snprintf(number, sizeof number, "%.16e", answer_of(trace, question));
    text += question.name + " = " + number + "\n";
  }
  return text;
}

Marking marked(const Lesson& lesson, const std::string& answers) {
  auto marking = mark(lesson, answers, "answers.txt");
  if (!marking) {
    ADD_FAILURE() << marking.error().message() << "\n" << answers;
    return {};
  }
  return *std::move(marking);
}

TEST(Homework, IsAFunctionOfItsSeedAndCanBeDoneOnPaper) {
  std::set<std::string> sheets;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Lesson lesson = homework(seed);
    EXPECT_EQ(sheet_of(lesson, ExplainFormat::markdown), sheet_of(homework(seed), ExplainFormat::markdown));
    EXPECT_LE(lesson.subject.w.size(), 20U);
    for (const double w : lesson.subject.w) EXPECT_EQ(std::round(w * 100) / 100.0, w);
    sheets.insert(sheet_of(lesson, ExplainFormat::markdown));
  }
  EXPECT_EQ(sheets.size(), 40U);
}

TEST(Homework, SheetAsksForWhatTheKeyAnswersAndDoesNotTellIt) {
  for (const ExplainFormat format : {ExplainFormat::markdown, ExplainFormat::latex}) {
    const Lesson lesson = homework(7);
    const std::string sheet = sheet_of(lesson, format), key = key_of(lesson, format);
    const Trace trace(lesson.subject, 0.5);
    std::size_t asked = 0;
    for (const Question& question : questions_of(lesson.subject)) {
      EXPECT_NE(sheet.find(question.name), std::string::npos);
      EXPECT_NE(key.find(question.name), std::string::npos);
      const std::string answer = number_text(answer_of(trace, question), {});
      EXPECT_NE(key.find(answer), std::string::npos);
      EXPECT_TRUE(answer.size() <= 5 || sheet.find(answer) == std::string::npos) << question.name;
      ++asked;
    }
    EXPECT_GE(asked, 15U);
    EXPECT_EQ(sheet.find("\\begin{document}") != std::string::npos, format == ExplainFormat::latex);
  }
}

TEST(Marking, FindsRightAnswersRightToTheDigitsGiven) {
  std::size_t answers = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Lesson lesson = homework(seed);
    const Marking marking = marked(lesson, exact_answers(Trace(lesson.subject, 0.5)));
    EXPECT_EQ(marking.right, marking.asked);
    EXPECT_EQ(marking.wrong + marking.follow, 0U);
    EXPECT_TRUE(marking.first_wrong.empty());
    answers += marking.right;
  }
  EXPECT_GE(answers, 400U);
  const Lesson lesson = homework(1);
  const Trace trace(lesson.subject, 0.5);
  const Question first = questions_of(lesson.subject)[1];  // an activation
  char text[64];
  for (const char* form : {"%.3f", "%.5f", "%.4e"}) {
    std::snprintf(text, sizeof text, form, answer_of(trace, first));
    EXPECT_EQ(marked(lesson, first.name + " = " + text).right, 1U) << text;
    std::snprintf(text, sizeof text, form, answer_of(trace, first) + 0.01);
    EXPECT_EQ(marked(lesson, first.name + " = " + text).wrong, 1U) << text;
  }
}

TEST(Marking, NamesTheClassicMistakeThatGivesTheAnswersAndCountsTheRestAsFollowing) {
  std::size_t named = 0;
  for (const MistakeInWords& one : mistakes())
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Lesson lesson = homework(seed);
      const Trace trace(lesson.subject, 0.5, one.mistake);
      const Marking marking = marked(lesson, exact_answers(trace));
      if (marking.first_wrong.empty()) continue;  // the mistake shows in no number that is asked for
      EXPECT_EQ(marking.mistake, one.name) << seed;
      const int equation = marking.first_equation;
      const int broken = broken_equation(lesson.subject, one.mistake);
      // What is asked for is δ, not its factors: (8) and (9) show in (10), (11) in (12).
      const int shown = broken == 8 || broken == 9 ? 10 : broken == 11 ? 12 : broken;
      EXPECT_EQ(equation, shown) << one.name << " " << seed << " " << marking.first_wrong;
      ++named;
    }
  EXPECT_GE(named, 100U);
}

TEST(Marking, LetsAnAnswerFollowFromTheStudentsOwnSlip) {
  const Lesson lesson = homework(3);
  const Trace trace(lesson.subject, 0.5);
  // A slip in I(h1.1), and everything behind it from that number on.
  Subject slipped = lesson.subject;
  slipped.w[feeding(slipped, {1, 0}).back().position] += 0.1;  // as though the bias had been misread
  const Marking marking = marked(lesson, exact_answers(Trace(slipped, 0.5)));
  EXPECT_EQ(marking.wrong, 1U) << text_of(marking);
  EXPECT_EQ(marking.first_wrong, "I(h1.1)");
  EXPECT_EQ(marking.first_equation, 4);
  EXPECT_GE(marking.follow, 8U);
  EXPECT_NE(text_of(marking).find("follows from an earlier slip"), std::string::npos);
}

TEST(Marking, TakesAnySubsetInAnyOrderAndTheLettersOfThePage) {
  const auto lesson = demo("mazur", 0);
  ASSERT_TRUE(lesson.ok());
  const Marking marking = marked(*lesson,
                                 "Δw(x1:h1.1) = -0.000219\n\n# my answers\n δ( y1 ) = -0.1385  # by (10)\n"
                                 "dw(h1.1:y1) = -0.0411\nE = 0.298\nI(h1.1) = 0.3775\n");
  EXPECT_EQ(marking.answers.size(), 5U);
  EXPECT_EQ(marking.right, 5U) << text_of(marking);
  EXPECT_EQ(marking.answers.front().name, "I(h1.1)");
}

TEST(Marking, DoesNotTakeZeroForWhateverIsSmall) {
  const auto lesson = demo("mazur", 0);
  ASSERT_TRUE(lesson.ok());
  EXPECT_EQ(marked(*lesson, "change(x1:h1.1) = 0.000").wrong, 1U);
}

TEST(Marking, RefusesWhatItCannotRead) {
  const Lesson lesson = homework(1);
  const auto message = [&](const std::string& text) {
    const auto made = mark(lesson, text, "answers.txt");
    EXPECT_FALSE(made.ok()) << text;
    return made.ok() ? "" : made.error().message();
  };
  EXPECT_NE(message("I(h1.1) = 0.3").find("answers.txt:1"), std::string::npos);
  EXPECT_NE(message("I(h1.1) = 0.3").find("three significant digits"), std::string::npos);
  EXPECT_NE(message("\nI(h9.1) = 0.300").find("answers.txt:2"), std::string::npos);
  EXPECT_NE(message("I(h1.1) = many").find("a number"), std::string::npos);
  EXPECT_NE(message("I(h1.1) 0.300").find("NAME = NUMBER"), std::string::npos);
  derivation::testing::Dice dice(1);
  const Lesson other =
      testing::lesson_of(testing::layered(dice, {2, 2, 2}, "tanh", "softmax", "softmax_cross_entropy"));
  EXPECT_NE(mark(other, "", "a").error().message().find("softmax"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::explain
