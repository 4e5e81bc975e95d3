// The terms that a page shows add up to the value that it shows, to the bit, in the order that it states.
#include "explain/page/sum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "explain/render/block.hpp"
#include "lessons.hpp"

namespace deltarule::explain {
namespace {

using testing::Dice;

double chain(const std::vector<double>& terms) {
  double sum = 0;
  for (const double term : terms) sum += term;
  return sum;
}

TEST(ShownTerms, AddUpToTheValueToTheBitWhateverIsLeftOut) {
  Dice dice(1);
  std::size_t cases = 0, shortened = 0, cancelled = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<double> terms;
    const std::size_t count = dice.between(0, 40), most = dice.between(1, 10);
    for (std::size_t k = 0; k < count; ++k)
      terms.push_back(dice.uniform(-1, 1) * std::exp2(static_cast<double>(dice.between(0, 30))));
    if (dice.chance(0.3) && count > 1) terms.back() = -chain({terms.begin(), terms.end() - 1});
    const double value = chain(terms);
    const ShownTerms shown = shown_terms(terms, value, most);
    EXPECT_EQ(added(terms, shown), value);
    EXPECT_EQ(shown.shown.size() + shown.more, count);
    EXPECT_GE(shown.shown.size(), std::min(most, count));
    for (std::size_t k = 1; k < shown.shown.size(); ++k)
      EXPECT_GE(std::fabs(terms[shown.shown[k - 1]]), std::fabs(terms[shown.shown[k]]));
    ++cases;
    shortened += shown.more > 0 ? 1 : 0;
    cancelled += count > 1 && value == 0 ? 1 : 0;
  }
  EXPECT_EQ(cases, 3000U);
  EXPECT_GE(shortened, 1000U);
  EXPECT_GE(cancelled, 100U);
}

TEST(ShownTerms, AreAllShownWhereNoNumberCouldStandForTheRest) {
  // 1 is left of a sum whose largest terms are 2^60: no rest takes 2^60 + 0.5 there in one addition after one term …
  const std::vector<double> terms = {0x1p-60, 1.0, -1.0};
  const ShownTerms shown = shown_terms(terms, chain(terms), 1);
  EXPECT_EQ(added(terms, shown), chain(terms));
}

TEST(ShownTerms, ShowWhatIsNoNumberFirst) {
  const double nan = std::nan(""), infinity = INFINITY;
  const std::vector<double> terms = {1, 2, nan, -infinity, 3, nan, 4, 5, 6, 7};
  const ShownTerms shown = shown_terms(terms, nan, 2);
  EXPECT_EQ(shown.shown.size() + shown.more, terms.size());
  EXPECT_EQ(shown.shown[0], 2U);
}

/// The number behind the last "= " of a text.
double last_number(const std::string& text) { return std::strtod(text.c_str() + text.rfind("= ") + 2, nullptr); }

/// What a reader does with a page in hexadecimal: adds the terms in the order of their numbers, the rest last.
double added_by_hand(const std::string& body) {
  std::map<int, double> terms;
  double rest = 0;
  std::string line;
  std::vector<std::string> items;
  for (std::size_t from = 0; from < body.size();) {
    const std::size_t end = body.find('\n', from);
    line = body.substr(from, end - from);
    const std::size_t begin = line.find_first_not_of(' ');
    const bool is_new = line.compare(begin, 1, "[") == 0 || line.compare(begin, 4, "and ") == 0 ||
                        line.compare(begin, 5, "Added") == 0 || (!items.empty() && items.back().starts_with("Added"));
    if (is_new || items.empty()) {
      items.push_back(line.substr(begin));
    } else {
      items.back() += " " + line.substr(begin);
    }
    from = end + 1;
  }
  for (const std::string& item : items) {
    if (item.front() == '[') terms[std::atoi(item.c_str() + 1)] = last_number(item);
    if (item.starts_with("and ")) rest = last_number(item);
  }
  double sum = 0;
  for (const auto& [place, term] : terms) sum += term;
  return sum + rest;
}

TEST(HexadecimalPage, AddsUpByHandToTheValueThatItShows) {
  Dice dice(2);
  ExplainLayout hex;
  hex.hex = true;
  std::size_t sums = 0, with_rest = 0;
  for (int round = 0; round < 260; ++round) {
    const Subject subject = testing::layered(dice, {dice.between(1, 30), dice.between(1, 20), dice.between(2, 15)},
                                             "tanh", round % 2 == 0 ? "softmax" : "sigmoid",
                                             round % 2 == 0 ? "softmax_cross_entropy" : "half_squared_error");
    for (const ExplainedLine& line : testing::lines_of(testing::explained(testing::lesson_of(subject)))) {
      if (!line.sum) continue;
      const std::string body = body_text(line, hex, 4);
      EXPECT_EQ(added_by_hand(body), line.value) << body;
      EXPECT_EQ(last_number(body), line.value) << body;
      ++sums;
      with_rest += line.sum->more > 0 ? 1 : 0;
    }
  }
  EXPECT_GE(sums, 1000U);
  EXPECT_GE(with_rest, 300U);
}

}  // namespace
}  // namespace deltarule::explain
