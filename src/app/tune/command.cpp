#include "app/tune/command.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace deltarule::app {
namespace {

/// Options whose values are names of columns or files.
constexpr std::array<std::string_view, 6> kOfTheTable = {"--weight",       "--group-by", "--split-by-time",
                                                         "--split-column", "row_split",  "--start-from"};

bool is_of_the_table(const Choice& choice) {
  if (choice.what == "validation") return true;  // the rows of another table
  return std::find(kOfTheTable.begin(), kOfTheTable.end(), choice.option) != kOfTheTable.end();
}

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

/// "20 epochs and 1000 weight changes" begins with its number; "no early stop" has none.
std::string leading_number(const std::string& text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return end == 0 ? "0" : text.substr(0, end);
}

void add(const Choice& choice, std::vector<std::string>& words) {
  if (choice.what == "refit") {
    words.emplace_back(choice.value.starts_with("yes") ? "--refit" : "--no-refit");
  } else if (choice.what == "order") {
    if (choice.value != "shuffled each epoch") words.push_back(choice.option);
  } else if (choice.what == "rule settings") {  // in brackets behind the rule's name
    const auto rule = std::find(words.begin(), words.end(), choice.option);
    if (rule != words.end()) *(rule + 1) += "(" + without_spaces(choice.value) + ")";
  } else {
    words.push_back(choice.option);
    if (choice.what == "patience") {
      words.push_back(leading_number(choice.value));
    } else {
      words.push_back(choice.what == "goal" ? without_spaces(choice.value) : choice.value);
    }
  }
}

}  // namespace

std::vector<std::string> arguments_of(const std::vector<Choice>& choices) {
  std::vector<std::string> words;
  for (const Choice& choice : choices)
    if (!is_of_the_table(choice)) add(choice, words);
  return words;
}

}  // namespace deltarule::app
