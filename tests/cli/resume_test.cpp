// Laws of `train --run` and `resume`: whatever ends the process and whenever, the run ends in the bytes of the run that
// never stopped. The campaign kills at random moments and inside writes (docs/checks.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "campaign.hpp"
#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

const Names kResults = {"history.csv", "model.safetensors", "record.npz", "report.json"};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string table() { return two_classes(150); }

/// Runs of several kinds, long enough to be met at many moments: batches with a refit, single patterns with momentum,
/// full batches in f64, a moving rate with a metric to stop on. All of them record, by epochs or by weight changes.
std::vector<Names> works() {
  const Names common = {"train",      "data.csv", "--target", "kind",           "--ignore",      "id",
                        "--progress", "none",     "--record", "weights,deltas", "--record-rows", "4"};
  std::vector<Names> all = {
      {"--hidden", "24", "--epochs", "150", "--patience", "60", "--batch-size", "4", "--optimizer", "adam", "--refit",
       "--checkpoint-every", "300steps"},
      {"--hidden", "40", "--epochs", "120", "--patience", "0", "--batch-size", "1", "--optimizer", "momentum",
       "--checkpoint-every", "6epochs"},
      {"--hidden", "60,30", "--epochs", "700", "--patience", "0", "--precision", "f64", "--optimizer", "irprop+",
       "--checkpoint-every", "25steps"},
      {"--hidden", "30", "--every", "7steps", "--epochs", "100", "--patience", "40", "--batch-size", "8", "--stop-on",
       "log_loss", "--schedule", "cosine", "--checkpoint-every", "0.02s"}};
  for (Names& work : all) work.insert(work.begin(), common.begin(), common.end());
  return all;
}

/// A work, and what it comes to when nobody stops it.
struct Reference {
  Names arguments = {};
  std::vector<std::string> results = {};
  double seconds = 0.0;
};

Names with_run(Names arguments, const std::string& run) {
  arguments.insert(arguments.end(), {"--run", run});
  return arguments;
}

std::vector<std::string> results_in(const Folder& folder, const std::string& run) {
  std::vector<std::string> texts;
  for (const std::string& name : kResults)  // a record only where one was asked for
    if (name != "record.npz" || folder.has(run + "/" + name)) texts.push_back(folder.read(run + "/" + name));
  return texts;
}

Reference reference_of(const Folder& folder, const Names& arguments, const std::string& run) {
  Reference reference{.arguments = arguments, .results = {}};
  const double began = now();
  const Outcome outcome = test::run(folder, with_run(arguments, run));
  reference.seconds = now() - began;
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  reference.results = results_in(folder, run);
  for (const std::string& text : reference.results) EXPECT_FALSE(text.empty());
  return reference;
}

bool has_file(const Folder& folder, const std::string& run, const std::string& begin) {
  if (!folder.has(run)) return false;
  for (const std::string& name : folder.names_in(run))
    if (name.starts_with(begin)) return true;
  return false;
}

/// What was hit.
struct Tally {
  std::size_t signals = 0, after_a_checkpoint = 0, inside_a_write = 0, runs = 0, left = 0;
};

class Campaign {
 public:
  explicit Campaign(std::uint32_t seed) : dice_(seed) { folder_.write("data.csv", table()); }

  /// One run: up to four processes are ended by `signal`, then one goes on to the end.
  void run_once(int signal, Tally& tally, std::size_t wanted) {
    const Reference& reference = next_reference(tally.runs);
    const std::string name = "run" + std::to_string(tally.runs++);
    for (int ended = 0; ended < 4 && tally.signals < wanted; ++ended) {
      Process process(folder_, command(reference, name));
      const bool chases_a_write = signal == SIGKILL && dice_() % 3 == 0;
      if (chases_a_write)
        wait_for_a_write(name, reference.seconds);
      else
        std::this_thread::sleep_for(std::chrono::duration<double>(share() * reference.seconds));
      process.signal(signal);
      const Outcome outcome = process.wait();
      if (outcome.code == 0) break;  // was quicker
      // 128 + signal also for one that came before the command could catch it.
      ASSERT_TRUE(outcome.code == 128 + signal || (signal != SIGKILL && outcome.code == 130))
          << outcome.code << ": " << outcome.err;
      count(name, outcome, tally);
    }
    const Outcome last = test::run(folder_, command(reference, name));
    ASSERT_EQ(last.code, 0) << last.err;
    EXPECT_EQ(last.err.find("warning"), std::string::npos) << last.err;
    EXPECT_EQ(results_in(folder_, name), reference.results) << name << ": " << reference.arguments[13];
    EXPECT_FALSE(has_file(folder_, name, ".deltarule-")) << "no leftovers";
    folder_.remove(name);
  }

 private:
  const Reference& next_reference(std::size_t run) {
    const std::size_t work = run % works().size();
    while (references_.size() <= work) {
      const std::string name = "reference" + std::to_string(references_.size());
      references_.push_back(reference_of(folder_, works()[references_.size()], name));
    }
    return references_[work];
  }

  double share() { return std::uniform_real_distribution<double>(0.0, 1.1)(dice_); }

  /// Goes on with the run, or begins it when it has not got as far as its description.
  Names command(const Reference& reference, const std::string& name) {
    const std::string threads = std::to_string(1 + dice_() % 3);
    Names words = {"resume", name};
    if (!folder_.has(name + "/run.json")) words = with_run(reference.arguments, name);
    words.insert(words.end(), {"--threads", threads});
    return words;
  }

  void wait_for_a_write(const std::string& name, double seconds) {
    const double from = now() + share() * seconds * 0.6;
    while (now() < from + seconds)
      if (now() >= from && has_file(folder_, name, ".deltarule-")) return;
  }

  void count(const std::string& name, const Outcome& outcome, Tally& tally) {
    ++tally.signals;
    tally.after_a_checkpoint += has_file(folder_, name, "checkpoint-") ? 1 : 0;
    tally.inside_a_write += has_file(folder_, name, ".deltarule-") ? 1 : 0;
    tally.left += outcome.err.find("at a checkpoint") != std::string::npos ? 1 : 0;
  }

  Folder folder_;
  std::mt19937 dice_;
  std::deque<Reference> references_;  // made when they are first needed
};

TEST(AKilledRun, EndsInTheBytesOfTheRunThatNeverStopped) {
  Campaign campaign(17);
  const std::size_t kills = daily_or_long<std::size_t>(6, 200);
  Tally tally;
  while (tally.signals < kills && !HasFailure()) campaign.run_once(SIGKILL, tally, kills);
  std::printf("%zu kills in %zu runs, %zu after a checkpoint, %zu inside a write\n", tally.signals, tally.runs,
              tally.after_a_checkpoint, tally.inside_a_write);
  EXPECT_EQ(tally.signals, kills);
  EXPECT_GE(tally.after_a_checkpoint, daily_or_long<std::size_t>(1, 150));
  EXPECT_GE(tally.inside_a_write, daily_or_long<std::size_t>(0, 20));
}

TEST(AnInterruptedRun, IsLeftAtACheckpointAndEndsInTheSameBytes) {
  Campaign campaign(18);
  const std::size_t interrupts = daily_or_long<std::size_t>(2, 50);
  Tally tally;
  while (tally.signals < interrupts && !HasFailure())
    campaign.run_once(tally.runs % 2 == 0 ? SIGINT : SIGTERM, tally, interrupts);
  std::printf("%zu signals in %zu runs, %zu left at a checkpoint\n", tally.signals, tally.runs, tally.left);
  EXPECT_EQ(tally.signals, interrupts);
  EXPECT_GE(tally.left, daily_or_long<std::size_t>(0, 30));
}

/// A folder with a run that was left in the middle.
class Left : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("data.csv", table());
    Names work = works()[0];
    for (std::size_t i = 0; i + 1 < work.size(); ++i)  // long enough to be met in the middle on a busy machine
      if (work[i] == "--epochs" || work[i] == "--patience") work[i + 1] = "1500";
    work.back() = "3000steps";
    reference_ = reference_of(folder_, work, "reference");
    Process process(folder_, with_run(work, "run"));
    const auto checkpoints = [this] {
      return std::ranges::count_if(folder_.names_in("run"),
                                   [](const std::string& name) { return name.starts_with("checkpoint-"); });
    };
    for (double until = now() + 60; now() < until && checkpoints() < 3;)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    process.signal(SIGINT);
    const Outcome outcome = process.wait();
    ASSERT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_NE(outcome.err.find("deltarule resume run goes on"), std::string::npos) << outcome.err;
    EXPECT_FALSE(folder_.has("run/model.safetensors"));
  }
  Folder folder_;
  Reference reference_;
};

TEST_F(Left, GoesOnFromTheNewestWholeCheckpointAndNamesTheDamagedOneEvenWhenQuiet) {
  Names checkpoints;
  for (const std::string& name : folder_.names_in("run"))
    if (name.starts_with("checkpoint-")) checkpoints.push_back(name);
  ASSERT_EQ(checkpoints.size(), 3U);
  std::string bytes = folder_.read("run/" + checkpoints[2]);
  bytes[bytes.size() - 40] = static_cast<char>(bytes[bytes.size() - 40] ^ 1);
  folder_.write("run/" + checkpoints[2], bytes);
  const Outcome outcome = test::run(folder_, {"resume", "run", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err.find("warning: "), 0U) << outcome.err;
  EXPECT_NE(outcome.err.find(checkpoints[2]), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("digest"), std::string::npos) << outcome.err;
  EXPECT_EQ(results_in(folder_, "run"), reference_.results);
}

TEST_F(Left, IsTakenUpFromAnotherFolderWithEventsOfTheEpochsThatAreLeft) {
  std::filesystem::create_directory(folder_.path("elsewhere"));
  std::filesystem::rename(folder_.path("run"), folder_.path("elsewhere/moved"));
  const Outcome outcome =
      test::run(folder_, {"resume", "moved", "--json", "--threads", "2"}, {.folder = folder_.path("elsewhere")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(results_in(folder_, "elsewhere/moved"), reference_.results);
  const Names lines = outcome.lines();
  EXPECT_EQ(json::parse(lines.front())["event"], "start");
  EXPECT_EQ(json::parse(lines.front())["threads"], 2);
  EXPECT_GT(json::parse(lines[1])["epoch"], 1);
  json done = json::parse(lines.back());
  EXPECT_EQ(done["model"], "moved/model.safetensors");
  json report = json::parse(folder_.read("elsewhere/moved/report.json"));
  EXPECT_EQ(report["schema"], "deltarule-report-1");
  report.erase("schema");
  done.erase("event");
  done.erase("model");
  done.erase("record");
  EXPECT_EQ(report, done);
}

TEST_F(Left, IsCompleteOnceAndSaysSo) {
  ASSERT_EQ(test::run(folder_, {"resume", "run"}).code, 0);
  folder_.write("data.csv", "changed");
  const Outcome again = test::run(folder_, {"resume", "run"});
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.err.find("is complete"), std::string::npos) << again.err;
  EXPECT_EQ(results_in(folder_, "run"), reference_.results);
  ASSERT_EQ(test::run(folder_, {"predict", "run/model.safetensors", "reference/history.csv"}).code, 3);
}

TEST_F(Left, RefusesDataThatHaveChanged) {
  folder_.write("data.csv", table() + "r999,1,3,red,a\n");
  expect_error(test::run(folder_, {"resume", "run"}), 3, {"data.csv", "has changed", "put the old file back"});
  folder_.write("data.csv", table());
  EXPECT_EQ(test::run(folder_, {"resume", "run"}).code, 0);
}

TEST_F(Left, RefusesASecondProcess) {
  std::filesystem::create_directory(folder_.path("other"));
  std::filesystem::copy(folder_.path("data.csv"), folder_.path("other/data.csv"));
  Names endless = works()[0];
  for (std::size_t i = 0; i + 1 < endless.size(); ++i)
    if (endless[i] == "--epochs" || endless[i] == "--patience") endless[i + 1] = "100000000";
  Process first(folder_, with_run(endless, "busy"));
  for (double until = now() + 60; now() < until && !has_file(folder_, "busy", "checkpoint-");)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const Outcome second =
      test::run(folder_, {"resume", "../busy"}, {.folder = folder_.path("other")});  // its captured output apart
  expect_error(second, 5, {"busy/lock", "another process"});
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait().code, 128 + SIGKILL);
  Process third(folder_, {"resume", "busy"});  // the lock went with the process
  EXPECT_TRUE(third.wait_for_error_text("from checkpoint-", 60));
  third.signal(SIGINT);
  EXPECT_EQ(third.wait().code, 130);
}

TEST(Resume, ARunWithoutSpaceWarnsFailsWholeAndIsTakenUpWhenThereIsSome) {
  const Folder folder;
  folder.write("data.csv", table());
  const Names work = {"train",  "data.csv", "--target", "kind",     "--ignore", "id",         "--progress",
                      "none",   "--hidden", "64,64",    "--epochs", "3",        "--no-refit", "--checkpoint-every",
                      "1epochs"};
  const Reference reference = reference_of(folder, work, "reference");
  ASSERT_GT(folder.read("reference/model.safetensors").size(), 16384U);
  const Outcome outcome = test::run(folder, with_run(work, "run"), {.largest_file = 16384});
  expect_error(outcome, 5, {"run/model.safetensors", "File too large"});
  EXPECT_NE(outcome.err.find("warning: no checkpoint could be written"), std::string::npos) << outcome.err;
  EXPECT_EQ(folder.names_in("run"), Names{"run.json"}) << "nothing is half written";
  const Outcome again = test::run(folder, {"resume", "run"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(results_in(folder, "run"), reference.results);
}

TEST(Resume, ARecordWithoutSpaceEndsTheRunWhichIsTakenUpWhenThereIsSome) {
  const Folder folder;
  folder.write("data.csv", table());
  const Names work = {"train",
                      "data.csv",
                      "--target",
                      "kind",
                      "--ignore",
                      "id",
                      "--progress",
                      "none",
                      "--hidden",
                      "8",
                      "--epochs",
                      "30",
                      "--no-refit",
                      "--checkpoint-every",
                      "5epochs",
                      "--patience",
                      "0",
                      "--record",
                      "weights,activations,deltas"};
  const Reference reference = reference_of(folder, work, "reference");
  const Outcome outcome = test::run(folder, with_run(work, "run"), {.largest_file = 200'000});
  expect_error(outcome, 5, {"run/training.spool", "File too large", "free some space"});
  EXPECT_TRUE(has_file(folder, "run", "checkpoint-")) << "some way was gone";
  EXPECT_FALSE(folder.has("run/record.npz"));
  const Outcome again = test::run(folder, {"resume", "run"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_NE(again.err.find("from checkpoint-"), std::string::npos) << again.err;
  EXPECT_EQ(results_in(folder, "run"), reference.results);
  EXPECT_EQ(reference.results.size(), 4U);
}

TEST(Resume, OptionsThatMakeNoSenseAreRefused) {
  const Folder folder;
  folder.write("data.csv", table());
  const Names train = {"train", "data.csv", "--target", "kind"};
  std::size_t refused = 0;
  for (const auto& [more, words] : std::vector<std::pair<Names, Names>>{
           {{"--checkpoint-every", "5epochs"}, {"--checkpoint-every", "--run"}},
           {{"--keep", "2"}, {"--keep", "--run"}},
           {{"--run", "r", "--keep", "0"}, {"--keep", "from 1"}},
           {{"--run", "r", "--checkpoint-every", "0steps"}, {"--checkpoint-every", "5epochs"}},
           {{"--run", "r", "--checkpoint-every", "-1s"}, {"--checkpoint-every"}},
           {{"--run", "r", "--checkpoint-every", "5days"}, {"--checkpoint-every"}},
           {{"--run", ""}, {"--run"}},
           {{"--run", "r", "-o", "m"}, {"--run", "-o"}},
           {{"--run", "r", "--history", "h"}, {"--history"}},
           {{"--run", "r", "--force"}, {"--force"}}}) {
    Names arguments = train;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(folder, arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(words[0]), std::string::npos) << outcome.err;
    ++refused;
  }
  EXPECT_EQ(refused, 10U);
  expect_error(run(folder, {"train", "-", "--target", "kind", "--run", "r"}, {.input = table()}), 2,
               {"standard input", "save it first"});
  expect_error(run(folder, {"resume"}), 2, {"DIR"});
  expect_error(run(folder, {"resume", "nowhere"}), 5, {"nowhere"});
  expect_error(run(folder, {"resume", "r", "--target", "kind"}), 2, {"--target"});
  EXPECT_EQ(folder.names(), Names{"data.csv"});
}

}  // namespace
}  // namespace deltarule::test
