// Laws of the command line itself: what it refuses, what it suggests, what its help shows.
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

void expect_usage(const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  expect_error(run(folder, arguments), 2, words);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"data.csv"});
}

void expect_train_usage(const std::vector<std::string>& options, const std::vector<std::string>& words) {
  std::vector<std::string> arguments = {"train", "data.csv", "--target", "kind"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  expect_usage(arguments, words);
}

TEST(Usage, NoCommandAndUnknownCommandsListTheCommands) {
  expect_usage({}, {"no command", "train, resume, cv, tune, predict, evaluate, inspect"});
  expect_usage({"trian", "data.csv"}, {"\"trian\"", "did you mean deltarule train?"});
}

TEST(Usage, AnUnknownOptionGetsTheNearestSpelling) {
  expect_train_usage({"--hiden", "3"}, {"unknown option --hiden", "did you mean --hidden?"});
  expect_train_usage({"--learn", "3"}, {"--learning-rate"});
  expect_train_usage({"--epoch=3"}, {"--epochs"});
  expect_usage({"predict", "m", "data.csv", "--prob"}, {"--proba"});
}

TEST(Usage, AnOptionOfAnotherCommandSaysWhose) { expect_train_usage({"--proba"}, {"--proba is an option of predict"}); }

TEST(Usage, AForgottenTargetListsTheColumnsAndSuggestsOne) {
  expect_usage({"train", "data.csv"}, {"--target", "id, x, y, colour, kind", "deltarule train data.csv --target"});
}

TEST(Usage, MissingArgumentsAreNamed) {
  expect_usage({"train"}, {"no DATA", "CSV"});
  expect_usage({"predict"}, {"no MODEL"});
  expect_usage({"predict", "m"}, {"no DATA"});
  expect_usage({"inspect"}, {"no FILE"});
  expect_train_usage({"more.csv"}, {"one argument too many", "more.csv"});
}

TEST(Usage, NumbersAreCheckedInWords) {
  expect_train_usage({"--learning-rate", "fast"}, {"--learning-rate: \"fast\" is not a number; needed a number above 0",
                                                   "fix: for example --learning-rate 0.01"});
  expect_train_usage({"--lr", "0"}, {"--learning-rate", "above 0"});
  expect_train_usage({"--lr", "-1"}, {"--learning-rate", "above 0"});
  expect_train_usage({"--momentum", "1"}, {"--momentum", "not including, 1"});
  expect_train_usage({"--test", "1"}, {"--test", "share"});
  expect_train_usage({"--test", "0.6", "--validation", "0.5"}, {"--test", "--validation", "below 1"});
  expect_train_usage({"--epochs", "0"}, {"--epochs", "from 1"});
  expect_train_usage({"--epochs", "1e3"}, {"--epochs", "whole number"});
  expect_train_usage({"--batch-size", "0"}, {"--batch-size", "all"});
  expect_train_usage({"--hidden", "3,0"}, {"--hidden", "none"});
  expect_train_usage({"--seed", "-1"}, {"--seed", "18446744073709551615"});
  expect_train_usage({"--threads", "0"}, {"--threads", "auto"});
}

TEST(Usage, WordsAreCheckedWithTheNearestSpelling) {
  expect_train_usage({"--optimizer", "adm"}, {"\"adm\"", "did you mean --optimizer adam?"});
  expect_train_usage({"--optimizer", "irpop+"}, {"\"irpop+\"", "did you mean --optimizer irprop+?"});
  expect_train_usage({"--schedule", "cosin(warmup=2)"}, {"\"cosin\"", "did you mean --schedule cosine?"});
  expect_train_usage({"--precision", "f16"}, {"f32, f64"});
  expect_train_usage({"--scale", "standart"}, {"did you mean --scale standard?"});
  expect_train_usage({"--task", "regresion"}, {"did you mean --task regression?"});
  expect_train_usage({"--progress", "fancy"}, {"auto, plain, none"});
  expect_train_usage({"--delimiter", "ab"}, {"--delimiter", "tab"});
  expect_train_usage({"--activation", "tahn"}, {"tahn", "tanh"});
  expect_train_usage({"--loss", "cross-entrpy"}, {"cross-entrpy"});
}

TEST(Usage, UntilTakesOneFormOnly) {
  for (const char* wrong : {"tss", "tss<", "tss<=0.04", "tss<-1", "tss<0", "rmse<1", "0.04", "tss>1", "tss<1x"}) {
    expect_train_usage({"--until", wrong}, {"--until", wrong, "--until 'tss<0.04'"});
  }
}

TEST(Usage, ContradictionsAreRefused) {
  expect_train_usage({"--network", "n.json", "--hidden", "3"}, {"--network with --hidden"});
  expect_train_usage({"--start-from", "m", "--activation", "tanh"}, {"--start-from with --activation"});
  expect_train_usage({"--refit", "--no-refit"}, {"--refit with --no-refit"});
  expect_train_usage({"--header", "--no-header"}, {"--header with --no-header"});
  expect_train_usage({"--seed", "1", "--seed", "2"}, {"--seed", "given 2 times"});
  expect_train_usage({"--quiet=yes"}, {"--quiet", "nothing after it"});
  expect_train_usage({"--lr"}, {"--learning-rate: no value"});
  expect_train_usage({"--features", "--json"}, {"--features: no value"});
}

TEST(Help, IsGroupedAndFitsEightyColumns) {
  const Folder folder;
  std::size_t checked = 0;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"--help"},
                                                                                         {"train", "--help"},
                                                                                         {"predict", "-h"},
                                                                                         {"evaluate", "--help"},
                                                                                         {"help", "inspect"},
                                                                                         {"bench", "--help"}}) {
    const Outcome outcome = run(folder, arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_NE(outcome.out.find("Examples:"), std::string::npos);
    for (const std::string& line : outcome.lines()) {
      const auto columns =
          std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
      EXPECT_LE(columns, 80) << line;
      ++checked;
    }
  }
  EXPECT_GT(checked, 100U);
}

TEST(Help, ListsEveryOptionOfTrain) {
  const Folder folder;
  const Outcome outcome = run(folder, {"train", "--help"});
  for (const char* option : {"--target",
                             "--features",
                             "--ignore",
                             "--task",
                             "--hidden",
                             "--activation",
                             "--output-activation",
                             "--loss",
                             "--optimizer",
                             "--learning-rate",
                             "--schedule",
                             "--lr",
                             "--momentum",
                             "--batch-size",
                             "--epochs",
                             "--patience",
                             "--validation",
                             "--test",
                             "--weight-decay",
                             "--init",
                             "--seed",
                             "--threads",
                             "--precision",
                             "--scale",
                             "--network",
                             "--start-from",
                             "--no-shuffle",
                             "--output",
                             "--json",
                             "--quiet",
                             "--progress",
                             "--textbook",
                             "--until",
                             "--refit",
                             "--no-refit",
                             "--missing",
                             "--delimiter",
                             "--header",
                             "--no-header",
                             "--force"}) {
    EXPECT_NE(outcome.out.find(option), std::string::npos) << option;
  }
}

TEST(Help, TheVersionIsOneLine) {
  const Folder folder;
  const Outcome outcome = run(folder, {"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.out.starts_with("deltarule ")) << outcome.out;
  EXPECT_EQ(outcome.lines().size(), 1U);
}

}  // namespace
}  // namespace deltarule::test
