#include "cli/commands/tune_command.hpp"

#include <string_view>

#include "cli/commands/tables.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

void add(std::vector<std::string>& words, std::string_view option, const std::string& value) {
  if (value.empty()) return;
  words.emplace_back(option);
  words.push_back(shell_word(value));
}

void add_reading(const CsvOptions& csv, std::vector<std::string>& words) {
  if (csv.delimiter != '\0') add(words, "--delimiter", csv.delimiter == '\t' ? "tab" : std::string(1, csv.delimiter));
  if (csv.header == CsvOptions::Header::yes) words.emplace_back("--header");
  if (csv.header == CsvOptions::Header::no) words.emplace_back("--no-header");
  if (csv.missing == CsvOptions{}.missing) return;
  std::vector<std::string> texts;
  for (const std::string& text : csv.missing)
    if (!text.empty()) texts.push_back(text);
  add(words, "--missing", joined(texts, ","));
}

}  // namespace

std::vector<std::string> winning_command(const TuneCommand& command, const Tuned& tuned) {
  const TrainCommand& train = command.train;
  std::vector<std::string> words = {"deltarule", "train", argument_of(train.data.path)};
  const auto add_all = [&](std::string_view option, const std::vector<std::string>& values) {
    for (const std::string& value : values) add(words, option, value);
  };
  add_all("--target", train.target);
  add_all("--features", train.features);
  add_all("--ignore", train.ignore);
  add_all("--categorical", train.categorical);
  add(words, "--weight", train.weight);
  if (train.task != Task::automatic) add(words, "--task", std::string(name_of(train.task)));
  add(words, "--group-by", train.group_by);
  add(words, "--split-by-time", train.split_by_time);
  add(words, "--split-column", train.split_column);
  add(words, "--network", train.network);
  add(words, "--validation", train.validation);
  add_reading(train.data.csv, words);
  for (const std::string& word : tuned.arguments) words.push_back(shell_word(word));
  return words;
}

std::vector<std::string> command_lines(const std::vector<std::string>& words, std::size_t width) {
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < words.size(); ++k) {
    std::string piece = words[k];  // an option and its value stay together
    if (piece.starts_with("--") && k + 1 < words.size() && !words[k + 1].starts_with("--")) piece += " " + words[++k];
    if (!lines.empty() && display_width(lines.back()) + display_width(piece) + 3 <= width) {
      lines.back() += " " + piece;
    } else {
      if (!lines.empty()) lines.back() += " \\";
      lines.push_back((lines.empty() ? "" : "  ") + piece);
    }
  }
  return lines;
}

}  // namespace deltarule::cli
