// Laws of bad data: each fault has its own message, its own place and exit code, and leaves no model behind.
#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

/// Trains on `text` as data.csv and expects to be refused, with nothing written.
void expect_refused(const std::string& text, const std::vector<std::string>& options, int code,
                    const std::vector<std::string>& words) {
  const Folder folder;
  folder.write("data.csv", text);
  std::vector<std::string> arguments = {"train", "data.csv"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  expect_error(run(folder, arguments), code, words);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"data.csv"});
}

TEST(BadData, AMissingFileIsAnInputOutputErrorWithItsName) {
  const Folder folder;
  expect_error(run(folder, {"train", "nowhere.csv", "--target", "y"}), 5, {"nowhere.csv", "No such file"});
  EXPECT_TRUE(folder.names().empty());
}

TEST(BadData, AFolderIsNotAFile) {
  const Folder folder;
  expect_error(run(folder, {"train", ".", "--target", "y"}), 5, {"directory"});
}

TEST(BadData, AnEmptyFileIsRefused) { expect_refused("", {"--target", "y"}, 3, {"data.csv", "empty"}); }

TEST(BadData, AHeaderWithoutRowsIsRefused) {
  expect_refused("x,y\n", {"--target", "y", "--header"}, 3, {"data.csv", "no row", "header"});
}

TEST(BadData, OneRowIsRefused) { expect_refused("x,y\n1,2\n", {"--target", "y"}, 3, {"data.csv", "one row"}); }

TEST(BadData, OneClassIsRefusedByName) {
  expect_refused("x,y\n1,yes\n2,yes\n3,yes\n", {"--target", "y"}, 3, {"\"y\"", "yes", "class"});
}

TEST(BadData, ARaggedRowIsNamedByItsLine) {
  expect_refused("x,z,y\n1,2,a\n1,b\n2,3,a\n", {"--target", "y"}, 3, {"data.csv:3", "2 fields", "3"});
}

TEST(BadData, ATextTargetIsNoRegression) {
  expect_refused("x,y\n1,low\n2,high\n3,low\n4,7\n", {"--target", "y", "--task", "regression"}, 3,
                 {"\"y\"", "regression", "low"});
}

TEST(BadData, AnUnknownTargetGetsTheNearestSpelling) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "knid"});
  EXPECT_TRUE(outcome.code == 2 || outcome.code == 3) << outcome.code;
  expect_error(outcome, outcome.code, {"knid", "kind"});
}

TEST(BadData, AnUnknownFeatureOrIgnoredColumnGetsTheNearestSpelling) {
  expect_refused(two_classes(60), {"--target", "kind", "--features", "x,coluor"}, 3, {"coluor", "colour"});
  expect_refused(two_classes(60), {"--target", "kind", "--ignore", "idd"}, 3, {"idd", "id"});
}

TEST(BadData, ATargetWithoutAnyValueIsRefused) {
  expect_refused("x,y\n1,\n2,NA\n3,?\n", {"--target", "y"}, 3, {"\"y\"", "value"});
}

TEST(BadData, FeaturesWithoutAnyValueLeaveNothingToLearnFrom) {
  expect_refused("x,y\nNA,a\nNA,b\nNA,a\n", {"--target", "y"}, 3, {"no column is left to learn from"});
}

TEST(BadData, ANumberBeyondAllNumbersIsNamedByItsPlace) {
  expect_refused("x,y\n1,2\n1e999,3\n4,5\n", {"--target", "y", "--task", "regression"}, 3,
                 {"data.csv:3", "\"x\"", "1e999"});
}

TEST(BadData, NulBytesAreRefused) {
  expect_refused(std::string("x,y\n1,2\n3,\0\n", 12), {"--target", "y"}, 3, {"data.csv", "NUL"});
}

TEST(BadData, WhatIsNotUtf8IsRefusedWithItsLine) {
  expect_refused("x,y\n1,caf\xe9\n2,tea\n", {"--target", "y"}, 3, {"data.csv:2", "UTF-8"});
}

TEST(BadData, ALineOfTenMegabytesEndsWithAMessage) {
  const Folder folder;
  folder.write("data.csv", "x,y\n" + std::string(10'000'000, '1') + "\n2,3\n");
  expect_error(run(folder, {"train", "data.csv", "--target", "y"}), 3, {"data.csv:2"});
}

TEST(BadData, ALineOfSeventeenMegabytesIsTooLong) {
  const Folder folder;
  folder.write("data.csv", "x,y\na," + std::string(17'000'000, 'b') + "\n");
  expect_error(run(folder, {"train", "data.csv", "--target", "y"}), 3, {"data.csv:2"});
}

TEST(BadData, AnUnclosedQuoteIsNamedByItsLine) {
  expect_refused("x,y\n1,\"a\n2,b\n", {"--target", "y"}, 3, {"data.csv:2", "quote"});
}

TEST(BadData, AColumnInTwoRolesIsAUsageError) {
  expect_refused(two_classes(60), {"--target", "kind", "--features", "kind,x"}, 2, {"--features", "kind", "one role"});
}

TEST(DataNotices, AConstantColumnIsDroppedWithANotice) {
  const Folder folder;
  std::string text = "x,flat,y\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i) + ",7," + (i < 30 ? "a" : "b") + "\n";
  folder.write("data.csv", text);
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "y", "--epochs", "3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("\"flat\""), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("constant"), std::string::npos) << outcome.err;
}

TEST(DataNotices, AColumnWithoutAnyValueIsLeftOutWithANotice) {
  const Folder folder;
  std::string text = "x,void,y\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i) + ",NA," + (i < 30 ? "a" : "b") + "\n";
  folder.write("data.csv", text);
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "y", "--epochs", "3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("\"void\""), std::string::npos) << outcome.err;
}

TEST(DataNotices, AModelGivenAsDataIsCalledAModel) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  ASSERT_EQ(run(folder, {"train", "data.csv", "--target", "kind", "--epochs", "2", "-o", "m.safetensors"}).code, 0);
  expect_error(run(folder, {"train", "m.safetensors", "--target", "kind"}), 3, {"m.safetensors", "model"});
}

}  // namespace
}  // namespace deltarule::test
