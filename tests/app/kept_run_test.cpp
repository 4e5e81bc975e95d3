// Laws of a run that is kept in a folder: left anywhere and taken up again, it ends in the bytes of the run that never
// stopped; what goes wrong on the way is told.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>

#include "io/digest.hpp"
#include "tables.hpp"

namespace deltarule::test {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

/// A folder of its own with a data file in it.
class Place {
 public:
  Place() {
    std::string name = (fs::temp_directory_path() / "deltarule-run-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    write("data.csv", mixed_csv(90));
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] Texts names(const std::string& folder) const {
    Texts found;
    for (const auto& entry : fs::directory_iterator(path(folder))) found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }
  [[nodiscard]] RunOptions options(const std::string& folder) const {
    RunOptions options;
    options.folder = path(folder);
    options.every = {.steps = 5};
    options.files = {{"data", path("data.csv")}};
    return options;
  }

 private:
  std::string root_;
};

FitOptions short_fit() {
  FitOptions options;
  options.hidden = {5};
  options.epochs = 12;
  options.patience = 4;
  options.batch_size = 16;
  options.refit = true;
  return options;
}

/// The same with a record of everything, as KeptRun keeps it.
FitOptions recorded_fit(const RecordInterval& every = {.epochs = 1}) {
  FitOptions options = short_fit();
  options.record = {.weights = true, .activations = true, .deltas = true, .every = every, .rows = 10};
  return options;
}

/// What a session of a run said and whether it ended.
struct Session {
  bool ended = false;
  Texts starts, warnings;
  std::size_t epochs = 0;
};

Session go(const Place& place, KeptRun kept, const FitOptions& options,
           const std::function<bool(std::size_t)>& leave = {}, const std::function<void(std::size_t)>& on_epoch = {}) {
  Session session;
  std::size_t asked = 0;
  RunEvents run;
  run.on_start = [&](const std::string& text) { session.starts.push_back(text); };
  run.on_warning = [&](const std::string& text) { session.warnings.push_back(text); };
  run.leave = [&] { return leave && leave(++asked); };
  FitEvents events;
  events.on_epoch = [&](const FitProgress&) {
    ++session.epochs;
    if (on_epoch) on_epoch(session.epochs);
    return false;
  };
  const Dataset data(read_csv(place.path("data.csv")), {.target = {"kind"}});
  const std::optional<Fitted> fitted = kept.fit(data, options, events, run);
  session.ended = fitted.has_value();
  if (fitted) kept.finish(*fitted, "{\"digest\":\"" + fitted->report.weights_digest + "\"}\n");
  return session;
}

const Texts kResults = {"history.csv", "model.safetensors", "report.json"};

void expect_same_results(const Place& place, const std::string& one, const std::string& other) {
  for (const std::string& name : kResults) {
    EXPECT_FALSE(place.read(one + "/" + name).empty()) << name;
    EXPECT_EQ(place.read(one + "/" + name), place.read(other + "/" + name)) << name;
  }
}

TEST(KeptRun, EndsInTheModelOfTheRunThatNobodyKeeps) {
  const Place place;
  const Session session = go(place, KeptRun::begin(place.options("run")), short_fit());
  ASSERT_TRUE(session.ended);
  EXPECT_EQ(session.starts, Texts{"from the beginning"});
  EXPECT_TRUE(session.warnings.empty());
  const Dataset data(read_csv(place.path("data.csv")), {.target = {"kind"}});
  const Fitted alone = fit(data, short_fit());
  alone.model.save(place.path("alone"));
  EXPECT_EQ(place.read("alone"), place.read("run/model.safetensors"));
  EXPECT_EQ(history_csv(alone.report), place.read("run/history.csv"));
  EXPECT_TRUE(alone.report.refitted);
  Texts names = place.names("run");
  EXPECT_EQ(names.size(), 3U + 1 + 3) << "three checkpoints, run.json, three results: "
                                      << ::testing::PrintToString(names);
  EXPECT_TRUE(KeptRun::open(place.path("run")).complete());
}

TEST(KeptRun, LeftAnywhereAndTakenUpWithOtherThreadsEndsInTheSameBytes) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("whole")), recorded_fit()).ended);
  std::size_t left = 0, in_refit = 0;
  for (std::size_t moment = 1;; moment = moment * 2 + 1) {  // of the questions of each session
    const std::string name = "run" + std::to_string(moment);
    FitOptions options = recorded_fit();
    const auto leave = [&](std::size_t asked) { return asked >= moment; };
    RunOptions run = place.options(name);
    run.every = {.epochs = 7};
    Session session = go(place, KeptRun::begin(run), options, leave);
    if (session.ended) break;
    constexpr std::size_t kMost = 10;
    std::size_t sessions = 1;
    for (; !session.ended && sessions <= kMost; ++sessions) {
      options.threads = 1 + sessions % 3;
      session = go(place, KeptRun::open(place.path(name)), options,
                   sessions < kMost ? leave : std::function<bool(std::size_t)>());
      EXPECT_EQ(session.warnings, Texts());
      in_refit += session.starts.at(0).find("refit") != std::string::npos ? 1 : 0;
    }
    ASSERT_TRUE(session.ended);
    left += sessions;
    expect_same_results(place, "whole", name);
    EXPECT_EQ(place.read("whole/record.npz"), place.read(name + "/record.npz"));
    if (HasFailure()) return;
  }
  EXPECT_GT(place.read("whole/record.npz").size(), 1000U);
  EXPECT_GT(left, 20U);
  EXPECT_GT(in_refit, 1U);
}

TEST(KeptRun, ItsRecordIsThatOfTheRunThatNobodyKeeps) {
  const Place place;
  const Dataset data(read_csv(place.path("data.csv")), {.target = {"kind"}});
  FitOptions options = recorded_fit();
  options.record.folder = place.path("");
  const Fitted alone = fit(data, options);
  alone.report.record.save(place.path("alone.npz"));
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("run")), recorded_fit()).ended);
  EXPECT_EQ(place.read("alone.npz"), place.read("run/record.npz"));
  for (const std::string& name : place.names("run")) EXPECT_FALSE(name.ends_with(".spool")) << name;
}

/// Finds a rate with which the run goes back and comes through, and says how many whole epochs it takes back.
std::size_t rate_that_rolls_back(const Place& place, FitOptions& options) {
  const Dataset data(read_csv(place.path("data.csv")), {.target = {"kind"}});
  FitOptions own = options;
  own.record = {};
  for (double rate = 4096.0; rate > 1.0; rate /= 2.0) {
    own.learning_rate = options.learning_rate = rate;
    std::size_t taken_back = 0;
    const Error error = error_of([&] {
      for (const Rollback& one : fit(data, own).report.training.rollbacks) taken_back += one.epoch - one.back_to - 1;
    });
    if (error.code == ErrorCode::interrupted && taken_back > 0) return taken_back;
  }
  return 0;
}

/// Rollbacks before and after checkpoints.
TEST(KeptRun, ARecordThatARollbackShortensIsTakenUpToTheSameBytes) {
  const Place place;
  for (const RecordInterval every : {RecordInterval{.epochs = 1}, RecordInterval{.steps = 2}}) {
    FitOptions options = recorded_fit(every);
    options.refit = false;
    options.patience = 0;
    options.hidden = {8};
    options.activation = "relu";
    options.optimizer = "delta-rule";
    options.schedule = "one-cycle";  // which begins gently
    options.epochs = 30;
    options.on_divergence = "rollback";
    const std::string whole = "whole" + std::to_string(every.steps);
    ASSERT_GE(rate_that_rolls_back(place, options), 1U) << "epochs that are taken back after they were recorded";
    ASSERT_TRUE(go(place, KeptRun::begin(place.options(whole)), options).ended);
    std::size_t left = 0;
    for (std::size_t moment = 2;; moment += 19) {
      const std::string name = whole + "run" + std::to_string(moment);
      RunOptions run = place.options(name);
      run.every = {.steps = 4};
      Session session = go(place, KeptRun::begin(run), options, [&](std::size_t asked) { return asked >= moment; });
      if (session.ended) break;
      ++left;
      session = go(place, KeptRun::open(place.path(name)), options);
      EXPECT_EQ(session.warnings, Texts());
      ASSERT_TRUE(session.ended);
      EXPECT_EQ(place.read(whole + "/record.npz"), place.read(name + "/record.npz")) << name;
      expect_same_results(place, whole, name);
      if (HasFailure()) return;
    }
    EXPECT_GT(left, 5U);
  }
}

TEST(KeptRun, BeginsAgainWhereWhatWasRecordedIsDamagedAndSaysSo) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("whole")), recorded_fit()).ended);
  for (const char* how : {"damaged", "short", "gone"}) {
    const std::string name = std::string("run-") + how, spool = name + "/training.spool";
    ASSERT_FALSE(go(place, KeptRun::begin(place.options(name)), recorded_fit(), [](std::size_t asked) {
                   return asked == 24;
                 }).ended);
    std::string bytes = place.read(spool);
    ASSERT_GT(bytes.size(), 100U);
    if (how == std::string("damaged")) bytes[60] = static_cast<char>(bytes[60] ^ 1);  // in the first record
    if (how == std::string("short")) bytes.resize(40);
    place.write(spool, bytes);
    if (how == std::string("gone")) fs::remove(place.path(spool));
    const Session session = go(place, KeptRun::open(place.path(name)), recorded_fit());
    ASSERT_TRUE(session.ended);
    ASSERT_EQ(session.warnings.size(), 4U) << "three checkpoints, and from the beginning";
    EXPECT_NE(session.warnings[0].find("training.spool"), std::string::npos) << session.warnings[0];
    EXPECT_NE(session.warnings[3].find("from the beginning"), std::string::npos) << session.warnings[3];
    expect_same_results(place, "whole", name);
    EXPECT_EQ(place.read("whole/record.npz"), place.read(name + "/record.npz"));
  }
}

TEST(KeptRun, PassesOverDamagedCheckpointsAndSaysSo) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("whole")), short_fit()).ended);
  for (const std::size_t damaged : {1U, 2U, 3U}) {
    const std::string name = "run" + std::to_string(damaged);
    ASSERT_FALSE(go(place, KeptRun::begin(place.options(name)), short_fit(), [](std::size_t asked) {
                   return asked == 24;
                 }).ended);
    Texts checkpoints = place.names(name);
    std::erase(checkpoints, "run.json");
    ASSERT_EQ(checkpoints.size(), 3U);
    for (std::size_t k = 0; k < damaged; ++k) {
      const std::string file = name + "/" + checkpoints[2 - k];
      std::string bytes = place.read(file);
      if (k == 0) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
      if (k == 1) bytes.resize(bytes.size() - 11);
      if (k == 2) bytes.clear();
      place.write(file, bytes);
    }
    const Session session = go(place, KeptRun::open(place.path(name)), short_fit());
    ASSERT_TRUE(session.ended);
    ASSERT_EQ(session.warnings.size(), damaged + (damaged == 3 ? 1 : 0));
    for (std::size_t k = 0; k < damaged; ++k)
      EXPECT_NE(session.warnings[k].find(checkpoints[2 - k]), std::string::npos) << session.warnings[k];
    if (damaged == 3) {
      EXPECT_NE(session.warnings[3].find("from the beginning"), std::string::npos) << session.warnings[3];
    } else {
      EXPECT_NE(session.starts[0].find(checkpoints[2 - damaged]), std::string::npos) << session.starts[0];
    }
    expect_same_results(place, "whole", name);
    for (const std::string& gone : checkpoints) EXPECT_TRUE(place.read(name + "/" + gone).empty()) << "pruned";
  }
}

TEST(KeptRun, ACheckpointOfAnotherRunIsPassedOver) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("whole")), short_fit()).ended);
  FitOptions other = short_fit();
  other.seed = 5;
  const auto leave = [](std::size_t asked) { return asked == 20; };
  ASSERT_FALSE(go(place, KeptRun::begin(place.options("other")), other, leave).ended);
  ASSERT_FALSE(go(place, KeptRun::begin(place.options("run")), short_fit(), leave).ended);
  Texts theirs = place.names("other");
  place.write("run/checkpoint-000099.safetensors", place.read("other/" + theirs[1]));
  const Session session = go(place, KeptRun::open(place.path("run")), short_fit());
  ASSERT_EQ(session.warnings.size(), 1U);
  EXPECT_NE(session.warnings[0].find("another run"), std::string::npos) << session.warnings[0];
  expect_same_results(place, "whole", "run");
}

TEST(KeptRun, GoesOnWhenACheckpointCannotBeWritten) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("whole")), short_fit()).ended);
  Texts before, after;
  const Session session = go(place, KeptRun::begin(place.options("run")), short_fit(), {}, [&](std::size_t epoch) {
    if (epoch == 3) before = place.names("run"), fs::rename(place.path("run"), place.path("away"));
    if (epoch == 5) after = place.names("away"), fs::rename(place.path("away"), place.path("run"));
  });
  EXPECT_TRUE(session.ended);
  ASSERT_GE(session.warnings.size(), 1U);
  EXPECT_NE(session.warnings[0].find("training goes on"), std::string::npos) << session.warnings[0];
  EXPECT_EQ(before, after) << "older ones stay";
  expect_same_results(place, "whole", "run");
}

TEST(KeptRun, KeepsNothingOfACallbackThatThrows) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("whole")), short_fit()).ended);
  EXPECT_THROW((void)go(place, KeptRun::begin(place.options("run")), short_fit(), {},
                        [](std::size_t epoch) {
                          if (epoch == 4) throw std::runtime_error("not mine");
                        }),
               std::runtime_error);
  EXPECT_TRUE(go(place, KeptRun::open(place.path("run")), short_fit()).ended);
  expect_same_results(place, "whole", "run");
}

TEST(KeptRun, KeepsAsManyCheckpointsAsAsked) {
  const Place place;
  for (const std::size_t keep : {1U, 5U}) {
    RunOptions options = place.options("run" + std::to_string(keep));
    options.keep = keep;
    std::size_t most = 0;
    ASSERT_TRUE(go(place, KeptRun::begin(options), short_fit(), {}, [&](std::size_t) {
                  most = std::max(most, place.names("run" + std::to_string(keep)).size());
                }).ended);
    EXPECT_EQ(most, keep + 2) << "checkpoints, run.json, the lock";
  }
}

TEST(KeptRun, IsRefusedWhereItMakesNoSense) {
  const Place place;
  ASSERT_TRUE(go(place, KeptRun::begin(place.options("run")), short_fit()).ended);
  std::size_t refused = 0;
  const auto refuse = [&](const std::function<void()>& act, ErrorCode code, const std::string& words) {
    const Error error = error_of(act);
    EXPECT_EQ(error.code, code) << error.message();
    EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
    ++refused;
  };
  refuse([&] { (void)KeptRun::begin(place.options("run")); }, ErrorCode::io, "deltarule resume");
  refuse([&] { (void)KeptRun::begin(place.options("no/such")); }, ErrorCode::io, "no/such");
  refuse([&] { (void)KeptRun::begin(place.options("data.csv")); }, ErrorCode::io, "is a file");
  refuse([&] { (void)KeptRun::open(place.path("nowhere")); }, ErrorCode::io, "nowhere");
  fs::create_directory(place.path("full"));
  place.write("full/mine", "text");
  refuse([&] { (void)KeptRun::begin(place.options("full")); }, ErrorCode::io, "is not empty");
  refuse([&] { (void)KeptRun::open(place.path("full")); }, ErrorCode::io, "no run.json");
  EXPECT_EQ(place.names("full"), Texts{"mine"}) << "left as it was";
  RunOptions options = place.options("new");
  options.keep = 0;
  refuse([&] { (void)KeptRun::begin(options); }, ErrorCode::usage, "keep");
  options = place.options("new");
  options.files = {{"data", "-"}};
  refuse([&] { (void)KeptRun::begin(options); }, ErrorCode::usage, "standard input");
  options.files = {{"data", place.path("missing.csv")}};
  refuse([&] { (void)KeptRun::begin(options); }, ErrorCode::io, "missing.csv");
  EXPECT_FALSE(fs::exists(place.path("new"))) << "nothing is left of a run that was not begun";
  {
    const KeptRun held = KeptRun::begin(place.options("held"));
    refuse([&] { (void)KeptRun::begin(place.options("held")); }, ErrorCode::io, "another process");
  }
  EXPECT_EQ(refused, 10U);
}

/// The description with the digest that its text has.
std::string resealed(std::string text) {
  text.resize(text.rfind(",\"digest\""));
  const std::string digest = io::digest_of(std::as_bytes(std::span<const char>(text)));
  return text + ",\"digest\":\"" + digest + "\"}\n";
}

TEST(KeptRun, IsNotGoneOnWithWhenItsDescriptionIsDamagedOrForged) {
  const Place place;
  ASSERT_FALSE(
      go(place, KeptRun::begin(place.options("run")), short_fit(), [](std::size_t asked) { return asked == 3; }).ended);
  const std::string good = place.read("run/run.json");
  ASSERT_EQ(resealed(good), good);
  std::size_t refused = 0;
  const auto refuse = [&](const std::string& text, const std::string& words) {
    place.write("run/run.json", text);
    const Error error = error_of([&] { (void)KeptRun::open(place.path("run")); });
    EXPECT_EQ(error.code, ErrorCode::format) << error.message();
    EXPECT_NE(error.message().find("run.json"), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
    ++refused;
  };
  for (std::size_t byte = 0; byte < good.size(); byte += 9) {
    std::string damaged = good;
    damaged[byte] = static_cast<char>(damaged[byte] ^ 1);
    refuse(damaged, "digest");
    refuse(good.substr(0, byte), "digest");
    if (HasFailure()) return;
  }
  for (const auto& [from, to, words] :
       std::vector<std::array<std::string, 3>>{{"deltarule-run-1", "deltarule-run-2", "schema"},
                                               {"\"keep\":3", "\"keep\":-3", "keep"},
                                               {"\"seconds\":0", "\"seconds\":-1", "every"},
                                               {"\"what\"", "\"who\"", "what"},
                                               {"\"arguments\":[]", "\"arguments\":1", "arguments"},
                                               {"\"engine_version\":", "\"version\":", "engine_version"}}) {
    std::string forged = good;
    ASSERT_NE(forged.find(from), std::string::npos) << from;
    forged.replace(forged.find(from), from.size(), to);
    refuse(resealed(forged), words);
  }
  EXPECT_EQ(refused, (good.size() + 8) / 9 * 2 + 6);
}

TEST(KeptRun, IsNotGoneOnWithWhenItsDataEngineOrArithmeticChanged) {
  const Place place;
  const auto leave = [](std::size_t asked) { return asked == 20; };
  ASSERT_FALSE(go(place, KeptRun::begin(place.options("run")), short_fit(), leave).ended);
  const std::string data = place.read("data.csv"), run = place.read("run/run.json");
  place.write("data.csv", data + "0.5,0.5,red,yes\n");
  Error error = error_of([&] { (void)go(place, KeptRun::open(place.path("run")), short_fit()); });
  EXPECT_EQ(error.code, ErrorCode::data) << error.message();
  EXPECT_NE(error.message().find("has changed"), std::string::npos) << error.message();
  place.write("data.csv", data);
  for (const auto& [from, to, words] :
       std::vector<std::array<std::string, 3>>{{"\"arithmetic\":\"", "\"arithmetic\":\"un", "arithmetic"},
                                               {"\"engine_version\":\"", "\"engine_version\":\"9", "deltarule 9"}}) {
    std::string changed = run;
    changed.replace(changed.find(from), from.size(), to);
    place.write("run/run.json", resealed(changed));
    error = error_of([&] { (void)go(place, KeptRun::open(place.path("run")), short_fit()); });
    EXPECT_EQ(error.code, ErrorCode::usage) << error.message();
    EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
  }
  place.write("run/run.json", run);
  EXPECT_TRUE(go(place, KeptRun::open(place.path("run")), short_fit()).ended);
}

TEST(KeptRun, CountsTheTimeBeforeItWasLeftTowardsItsLimit) {
  const Place place;
  FitOptions options = short_fit();
  options.epochs = 100000000;
  options.patience = 100000000;
  options.refit = false;
  options.time_limit = 0.2;
  RunOptions run = place.options("run");
  run.every = {.seconds = 0.02};
  const Session first = go(place, KeptRun::begin(run), options, [&](std::size_t asked) { return asked > 100; });
  ASSERT_FALSE(first.ended);
  const Session second = go(place, KeptRun::open(place.path("run")), options);
  ASSERT_TRUE(second.ended) << "and does not train for ever";
  std::size_t limits = 0;
  const Model model = Model::load(place.path("run/model.safetensors"));
  std::string steps;
  for (const auto& [name, value] : model.provenance()) {
    if (name == "steps_run") steps = value;
    limits += name == "stopped_by" && value == "steps" ? 1 : 0;
  }
  EXPECT_EQ(limits, 1U);
  options.time_limit.reset();
  options.steps = std::stoull(steps);
  const Dataset data(read_csv(place.path("data.csv")), {.target = {"kind"}});
  fit(data, options).model.save(place.path("repeated"));
  EXPECT_EQ(place.read("repeated"), place.read("run/model.safetensors"));
}

}  // namespace
}  // namespace deltarule::test
