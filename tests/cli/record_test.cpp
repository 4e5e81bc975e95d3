// Laws of `train --record`: one file that Python opens, in the place that was said, and what is refused.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "npz.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

Names train(const Names& more = {}) {
  Names arguments = {"train", "data.csv", "-t", "kind", "--epochs", "6", "--no-refit", "--hidden", "4"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Record, IsWrittenBesideTheModelAndTold) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome =
      run(folder, train({"--record", "weights,activations,deltas", "--every", "2", "--json", "--patience", "0"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(folder.names(), (Names{"data.csv", "data.npz", "data.safetensors"}));
  EXPECT_NE(outcome.err.find("every 2 epochs"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("data.npz"), std::string::npos) << outcome.err;
  EXPECT_EQ(json::parse(outcome.lines().front())["record"], "data.npz");
  EXPECT_EQ(json::parse(outcome.lines().back())["record"], "data.npz");
  const auto arrays = parse_npz(folder.read("data.npz"));
  EXPECT_EQ(arrays.at("epoch").values(), (std::vector<double>{0, 2, 4, 6}));
  EXPECT_EQ(arrays.at("weights/h1").shape[1], 4U);
  EXPECT_EQ(arrays.at("rows").shape.at(0), 80U) << "all that are trained on";
  const json about = json::parse(arrays.at("about").bytes);
  EXPECT_EQ(about["format"], "deltarule-record");
  EXPECT_EQ(about["inputs"].size(), arrays.at("weights/h1").shape[2]);
  ASSERT_EQ(run(folder, train({"--record", "weights"})).code, 0);
  EXPECT_TRUE(folder.has("data-2.npz")) << "beside data-2.safetensors";
  const Outcome plain = run(folder, train({"--json", "-o", "m"}));
  EXPECT_TRUE(json::parse(plain.lines().front())["record"].is_null());
}

TEST(Record, IsReadByPythonsStandardLibraryAndByNumpyWhereItIsThere) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  ASSERT_EQ(
      run(folder, train({"--record", "weights,activations,deltas", "--record-rows", "7", "--record-to", "r.npz"})).code,
      0);
  folder.write("look.py", R"(
import ast, struct, zipfile
with zipfile.ZipFile("r.npz") as archive:
    assert archive.testzip() is None
    for name in archive.namelist():
        data = archive.read(name)
        length, = struct.unpack("<H", data[8:10])
        header = ast.literal_eval(data[10:10 + length].decode())
        count = 1
        for extent in header["shape"]:
            count *= extent
        assert len(data) - 10 - length == count * int(header["descr"][2:])
        print(name, header["descr"])
try:
    import numpy as np
except ImportError:
    pass
else:
    f = np.load("r.npz")
    h = np.einsum("mji,ri->mrj", f["weights/h1"], f["inputs"]) + f["biases/h1"][:, None, :]
    assert np.allclose(h, f["net_inputs/h1"], atol=1e-5)
    print("numpy agrees")
)");
  const std::string command = "cd '" + folder.root() + "' && python3 look.py > said 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << folder.read("said");
  for (const char* name : {"weights/h1.npy <f4", "deltas/out.npy <f4", "epoch.npy <i8", "about.npy |S"})
    EXPECT_NE(folder.read("said").find(name), std::string::npos) << folder.read("said");
}

TEST(Record, OfTwoEqualRunsIsTheSameWhateverTheThreads) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Names what = {"--record", "weights", "--record", "deltas", "--every", "5steps"};
  for (const char* threads : {"1", "3"}) {
    Names words = train(what);
    words.insert(words.end(), {"--threads", threads, "--record-to", std::string("r") + threads});
    ASSERT_EQ(run(folder, words).code, 0);
  }
  EXPECT_FALSE(folder.read("r1").empty());
  EXPECT_EQ(folder.read("r1"), folder.read("r3"));
}

TEST(Record, OfARunThatIsKeptLiesInItsFolder) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  ASSERT_EQ(run(folder, train({"--record", "weights", "--run", "kept"})).code, 0);
  ASSERT_EQ(run(folder, train({"--record", "weights", "--record-to", "alone"})).code, 0);
  EXPECT_EQ(folder.read("kept/record.npz"), folder.read("alone"));
  for (const std::string& name : folder.names_in("kept")) EXPECT_FALSE(name.ends_with(".spool")) << name;
}

TEST(Record, ReplacesNoFileThatItShouldNot) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  folder.write("taken", "mine");
  const auto to = [&](const std::string& file, const Names& more = {}) {
    Names words = train({"--record", "weights", "-o", "m", "--record-to", file});
    words.insert(words.end(), more.begin(), more.end());
    return run(folder, words);
  };
  for (const char* name : {"data.csv", "m"}) expect_error(to(name), 2, {"--record-to"});
  expect_error(to("h", {"--history", "h"}), 2, {"--record-to", "the history"});
  expect_error(to("taken"), 5, {"taken", "exists"});
  expect_error(to("no/such"), 5, {"no/such"});
  EXPECT_FALSE(folder.has("m")) << "found before training";
  EXPECT_EQ(folder.read("taken"), "mine");
  ASSERT_EQ(to("taken", {"--force"}).code, 0);
  EXPECT_FALSE(parse_npz(folder.read("taken")).empty());
}

TEST(Record, WhatMakesNoSenseIsRefused) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  std::size_t refused = 0;
  for (const auto& [more, words] : std::vector<std::pair<Names, Names>>{
           {{"--record", "weigths"}, {"weigths", "did you mean --record weights?"}},
           {{"--record", "weights,"}, {"--record", "weights, activations, deltas"}},
           {{"--record", "weights", "--every", "0"}, {"--every", "from 1", "10epochs"}},
           {{"--record", "weights", "--every", "0steps"}, {"--every", "from 1"}},
           {{"--record", "weights", "--every", "60s"}, {"--every", "\"60s\"", "epochs or steps"}},
           {{"--record", "weights", "--every", "often"}, {"--every", "\"often\""}},
           {{"--record", "deltas", "--record-rows", "0"}, {"--record-rows", "from 1"}},
           {{"--record", "weights", "--record-rows", "5"}, {"--record-rows", "of no row"}},
           {{"--every", "5"}, {"--every", "--record"}},
           {{"--record-to", "r"}, {"--record-to", "--record"}},
           {{"--record", "weights", "--run", "r", "--record-to", "f"}, {"--run", "--record-to"}}}) {
    expect_error(run(folder, train(more)), 2, words);
    ++refused;
  }
  EXPECT_EQ(refused, 11U);
  expect_error(run(folder, {"cv", "data.csv", "-t", "kind", "--record", "weights"}), 2,
               {"--record is an option of train"});
  EXPECT_EQ(folder.names(), Names{"data.csv"});
}

}  // namespace
}  // namespace deltarule::test
