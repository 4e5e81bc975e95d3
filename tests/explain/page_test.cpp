// The pages: every equation by number, 80 columns, every notation and format, names that are not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "explain/render/block.hpp"
#include "explain/render/numbers.hpp"
#include "explain/render/render.hpp"
#include "lessons.hpp"

namespace deltarule::explain {
namespace {

using nlohmann::json;
using testing::Dice;
using testing::explained;
using testing::lines_of;

Lesson demo_lesson(const std::string& name, std::size_t pattern = 0) {
  auto lesson = demo(name, pattern);
  if (!lesson) ADD_FAILURE() << lesson.error().message();
  return *std::move(lesson);
}

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::set<int> equations_of(const Explanation& explanation) {
  std::set<int> equations;
  for (const ExplainedLine& line : lines_of(explanation)) equations.insert(line.equation);
  equations.erase(0);
  return equations;
}

TEST(Page, HasAllTwelveEquationsByNumber) {
  const std::set<int> all = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  for (const char* name : {"xor", "mazur", "encoder"}) {
    EXPECT_EQ(equations_of(explained(demo_lesson(name))), all) << name;
    ExplainOptions options;
    options.unit = "h1.2";
    EXPECT_EQ(equations_of(explained(demo_lesson(name), options)), all) << name;
    options.unit.clear();
    for (const char* weight : {"x2:h1.1", "1:h1.2", "h1.2:y1"}) {
      options.weight = weight;
      EXPECT_EQ(equations_of(explained(demo_lesson(name), options)), all) << name << " " << weight;
    }
  }
}

TEST(Page, PutsInNoNumberThatHasNotStoodAboveButThoseOfTheNetworkAndOtherUnits) {
  // In a network whose every unit is on the page all numbers of f, slopes and deltas have stood above.
  Dice dice(4);
  const Lesson lesson = testing::lesson_of(testing::layered(dice, {1, 1, 1}, "tanh", "sigmoid", "half_squared_error"));
  std::vector<double> known = lesson.subject.w;
  known.insert(known.end(), lesson.subject.x.begin(), lesson.subject.x.end());
  known.insert(known.end(), lesson.subject.t.begin(), lesson.subject.t.end());
  known.push_back(0.5);  // the rate
  known.push_back(1.0);  // the unit that is always 1
  std::size_t checked = 0;
  for (const ExplainedLine& line : lines_of(explained(lesson))) {
    for (const double number : line.numbers.numbers) {
      const bool stood = std::any_of(known.begin(), known.end(), [&](double one) {
        return std::fabs(std::fabs(one) - std::fabs(number)) <= 1e-15 * std::max(1.0, std::fabs(one));
      });
      EXPECT_TRUE(stood) << "(" << line.equation << ") " << line.left << ": " << number;
      ++checked;
    }
    known.push_back(line.value);
  }
  EXPECT_GE(checked, 30U);
}

TEST(Page, IsNoWiderThanEightyColumnsInAnyNotationAndWithAnyDigits) {
  std::size_t looked_at = 0;
  for (const char* name : {"xor", "mazur", "encoder"})
    for (const Notation notation : {Notation::deltarule, Notation::nielsen, Notation::pytorch, Notation::pdp})
      for (const int digits : {3, 6, 17, 0}) {
        ExplainOptions options;
        options.notation = notation;
        options.check = options.step = true;
        ExplainLayout layout;
        layout.hex = digits == 0;
        layout.digits = std::max(digits, 3);
        for (const std::string& line : split(as_text(explained(demo_lesson(name), options), layout))) {
          EXPECT_LE(columns(line), 80U) << line;
          EXPECT_EQ(line.find('\x1b'), std::string::npos);
          EXPECT_FALSE(line.ends_with(' ')) << line;
          ++looked_at;
        }
      }
  EXPECT_GE(looked_at, 4000U);
}

TEST(Notation, TurnsSignAndIndicesOfDeltaAndChangesNoWeight) {
  std::map<Notation, std::vector<ExplainedLine>> pages;
  for (const Notation notation : {Notation::deltarule, Notation::nielsen, Notation::pytorch, Notation::pdp}) {
    ExplainOptions options;
    options.notation = notation;
    options.check = true;
    pages[notation] = lines_of(explained(demo_lesson("mazur"), options));
  }
  const std::vector<ExplainedLine>& own = pages[Notation::deltarule];
  std::size_t deltas = 0;
  for (const auto& [notation, lines] : pages) {
    ASSERT_EQ(lines.size(), own.size());
    const bool turned = notation == Notation::nielsen || notation == Notation::pytorch;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const int equation = lines[i].equation;
      const bool is_delta = equation == 5 || equation == 7 || equation == 10 || equation == 12;
      EXPECT_EQ(lines[i].value, is_delta && turned ? -own[i].value : own[i].value) << lines[i].left;
      for (const Evidence& one : lines[i].evidence) EXPECT_NEAR(one.value, lines[i].value, 1e-7) << lines[i].left;
      deltas += is_delta ? 1 : 0;
    }
  }
  EXPECT_GE(deltas, 16U);
  const auto has = [&](Notation notation, const std::string& text) {
    return std::any_of(pages[notation].begin(), pages[notation].end(), [&](const ExplainedLine& line) {
      return (line.left + " = " + line.right).find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(has(Notation::deltarule, "δ(y1) = -∂E/∂I(y1)"));
  EXPECT_TRUE(has(Notation::nielsen, "δ(y1) = ∂C/∂z(y1)"));
  EXPECT_TRUE(has(Notation::nielsen, "Δw(y1,h1.2) = -η · δ(y1) · a(h1.2)"));
  EXPECT_TRUE(has(Notation::pytorch, "z.grad(y1) = ∂L/∂z(y1)"));
  EXPECT_TRUE(has(Notation::pdp, "δ(y1) = -∂E/∂net(y1)"));
  EXPECT_TRUE(has(Notation::pdp, "Δw(y1,h1.2) = η · δ(y1) · o(h1.2)"));
}

TEST(Json, IsAnObjectOfTheSchemaWithExactNumbers) {
  ExplainOptions options;
  options.check = options.step = true;
  const Explanation explanation = explained(demo_lesson("mazur"), options);
  const json object = json::parse(as_json(explanation));
  EXPECT_EQ(object["schema"], "deltarule-explanation-1");
  EXPECT_EQ(object["proof"]["failed"], 0);
  ASSERT_EQ(object["sections"].size(), explanation.sections.size());
  std::size_t numbers = 0;
  for (std::size_t s = 0; s < explanation.sections.size(); ++s)
    for (std::size_t l = 0; l < explanation.sections[s].lines.size(); ++l) {
      const ExplainedLine& line = explanation.sections[s].lines[l];
      const json& said = object["sections"][s]["lines"][l];
      EXPECT_EQ(said["value"].get<double>(), line.value);
      EXPECT_EQ(said["equation"].is_null(), line.equation == 0);
      EXPECT_EQ(said["evidence"].size(), line.evidence.size());
      EXPECT_EQ(said["sum"].is_null(), !line.sum.has_value());
      EXPECT_EQ(line.sum ? said["sum"]["terms"].size() : 0U, line.sum ? line.sum->shown.size() : 0U);
      ++numbers;
    }
  EXPECT_GE(numbers, 30U);
}

TEST(Json, SurvivesNamesThatWouldEndAText) {
  Lesson lesson = demo_lesson("xor");
  lesson.subject.names = {{"a\"b\\c", "tab\there"}, {"<y>"}};
  const json object = json::parse(as_json(explained(lesson)));
  EXPECT_NE(object.dump().find("a\\\"b\\\\c"), std::string::npos);
  EXPECT_NE(object.dump().find("tab?here"), std::string::npos);
}

TEST(Markdown, HasAHeadingForEachSectionAndFencesThatClose) {
  const Explanation explanation = explained(demo_lesson("xor"));
  std::size_t headings = 0, fences = 0;
  for (const std::string& line : split(as_markdown(explanation, {}))) {
    headings += line.starts_with("## ") ? 1 : 0;
    fences += line.starts_with("```") ? 1 : 0;
  }
  EXPECT_EQ(headings, explanation.sections.size());
  EXPECT_EQ(fences, 2 * lines_of(explanation).size());
}

TEST(Latex, BalancesItsBracesAndKeepsNoLetterThatItCannotSet) {
  for (const char* name : {"xor", "mazur", "encoder"})
    for (const Notation notation : {Notation::deltarule, Notation::nielsen, Notation::pytorch, Notation::pdp}) {
      ExplainOptions options;
      options.notation = notation;
      options.check = options.step = true;
      Lesson lesson = demo_lesson(name);
      lesson.subject.names.outputs = {"50 % of_x & {y} #1"};
      const std::string page = as_latex(explained(lesson, options), {});
      EXPECT_EQ(std::count(page.begin(), page.end(), '{') - std::count(page.begin(), page.end(), '}'), 0);
      for (const char* letter : {"∂", "δ", "Σ", "·", "η", "²", "′", "√", "Δ", "½"})
        EXPECT_EQ(page.find(letter), std::string::npos) << letter;
      EXPECT_NE(page.find("\\delta _{\\mathrm{y1}}") == std::string::npos, notation != Notation::pytorch) << name;
      EXPECT_NE(page.find("\\end{document}"), std::string::npos);
    }
}

TEST(Number, IsRoundedToItsDigitsOrExact) {
  ExplainLayout six, hex;
  hex.hex = true;
  EXPECT_EQ(number_text(1.0 / 3, six), "0.333333");
  EXPECT_EQ(number_text(-0.0, six), "0");
  EXPECT_EQ(number_text(1.5e-7, six), "1.5e-07");
  EXPECT_EQ(number_text(-0.375, hex), "-0x1.8p-2");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity(), six), "infinity");
  EXPECT_EQ(number_text(std::nan(""), six), "not a number");
  EXPECT_EQ(filled_text({"# - #", {-1, -2}}, six), "-1 - (-2)");
  EXPECT_EQ(filled_text({"-#", {-0.5}}, six), "-(-0.5)");
  EXPECT_EQ(filled_text({"#²", {-0.5}}, six), "(-0.5)²");
  Dice dice(1);
  for (int round = 0; round < 1000; ++round) {
    const double value = dice.uniform(-1, 1) * std::exp2(static_cast<double>(dice.between(0, 200)) - 100);
    EXPECT_EQ(std::strtod(number_text(value, hex).c_str(), nullptr), value);
    ExplainLayout all;
    all.digits = 17;
    EXPECT_EQ(std::strtod(number_text(value, all).c_str(), nullptr), value);
  }
}

TEST(Name, OfAUnitThatThereIsNotIsRefusedWithNearOnes) {
  Lesson lesson = demo_lesson("encoder");
  lesson.subject.names.inputs = {"width", "height"};
  const auto message = [&](const std::string& unit, const std::string& weight) {
    ExplainOptions options;
    options.unit = unit;
    options.weight = weight;
    const auto made = explain(lesson, options);
    EXPECT_FALSE(made.ok());
    return made.ok() ? "" : made.error().message();
  };
  EXPECT_NE(message("h1.4", "").find("Did you mean \"h1.1\", \"h1.2\" and \"h1.3\"?"), std::string::npos);
  EXPECT_NE(message("widht", "").find("Did you mean \"width\""), std::string::npos);
  EXPECT_NE(message("z9", "").find("x1 … x8, h1.1 … h1.3, y1 … y8"), std::string::npos);
  EXPECT_NE(message("", "heigth:h1.2").find("Did you mean \"height\""), std::string::npos);
  EXPECT_NE(message("", "x1:y1").find("not connected"), std::string::npos);
  EXPECT_NE(message("", "x1").find("no ':'"), std::string::npos);
}

TEST(Name, OfTheUserIsUnderstoodAndShownBesideTheSymbol) {
  Lesson lesson = demo_lesson("xor");
  lesson.subject.names = {{"width", "height"}, {"kind"}};
  ExplainOptions options;
  options.weight = "width:h1.2";
  const std::string page = as_text(explained(lesson, options), {});
  EXPECT_NE(page.find("x1 = 1 (width), x2 = 0 (height)."), std::string::npos) << page;
  EXPECT_NE(page.find("w(x1:h1.2) · a(x1) = 0.6 · 1 = 0.6  width"), std::string::npos);
  options.weight.clear();
  options.unit = "kind";
  EXPECT_NE(as_text(explained(lesson, options), {}).find("All weights into y1 (kind)"), std::string::npos);
}

TEST(Page, SaysWhenAMistakeCannotBeSeen) {
  Dice dice(6);
  ExplainOptions options;
  options.mistake = Mistake::transpose;
  const Lesson one_by_one =
      testing::lesson_of(testing::layered(dice, {1, 1, 1}, "tanh", "sigmoid", "half_squared_error"));
  const std::string unseen = as_text(explained(one_by_one, options), {});
  EXPECT_NE(unseen.find("Here it changes no number"), std::string::npos) << unseen;
  const Explanation seen = explained(demo_lesson("mazur"), options);
  EXPECT_EQ(seen.proof->first_failed, 11);
  EXPECT_EQ(as_text(seen, {}).find("Here it changes no number"), std::string::npos);
}

TEST(Demo, ThatThereIsNotIsRefused) {
  EXPECT_NE(demo("xro", 0).error().message().find("xor, mazur or encoder"), std::string::npos);
  EXPECT_NE(demo("xor", 5).error().message().find("from 1 to 4"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::explain
