#include "app/run/description.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "io/digest.hpp"
#include "io/json.hpp"

namespace deltarule::app {
namespace {

using io::JsonCursor;

constexpr std::string_view kSchema = "deltarule-run-1";
constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  io::append_json_string(out, name);
  out += ':';
  out += text;
}
void append_text(std::string& out, std::string_view name, std::string_view text) {
  append_member(out, name, io::json_string(text));
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? "," : "") + item;
  return out + "]";
}

std::string every_json(const CheckpointInterval& every) {
  std::string seconds;
  io::append_json_number(seconds, every.seconds);
  std::string out = "{";
  append_member(out, "seconds", seconds);
  append_member(out, "epochs", std::to_string(every.epochs));
  append_member(out, "steps", std::to_string(every.steps));
  return out + "}";
}

std::string files_json(const RunDescription& run) {
  std::vector<std::string> files;
  for (std::size_t i = 0; i < run.options.files.size(); ++i) {
    std::string file = "{";
    append_text(file, "what", run.options.files[i].what);
    append_text(file, "path", run.options.files[i].path);
    append_text(file, "digest", run.digests[i]);
    files.push_back(file + "}");
  }
  return list_of(files);
}

std::string choices_json(const std::vector<Choice>& choices) {
  std::vector<std::string> items;
  for (const Choice& choice : choices) {
    std::string item = "{";
    append_text(item, "what", choice.what);
    append_text(item, "value", choice.value);
    append_text(item, "option", choice.option);
    append_member(item, "given", choice.given ? "true" : "false");
    items.push_back(item + "}");
  }
  return list_of(items);
}

/// A member by name and kind, with the first fault kept.
class Members {
 public:
  explicit Members(const JsonCursor& object) : object_(object) {}
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

  void read(std::string_view name, std::string& into) {
    take(name, into, [](const JsonCursor& value) { return value.string(); });
  }
  void read(std::string_view name, std::vector<std::string>& into) {
    take(name, into, [](const JsonCursor& value) { return value.strings(); });
  }
  void read(std::string_view name, double& into) {
    take(name, into, [](const JsonCursor& value) { return value.number(); });
  }
  void read(std::string_view name, std::uint64_t& into) {
    take(name, into, [](const JsonCursor& value) { return value.count(kAnyCount); });
  }
  template <class Value, class Get>
  void take(std::string_view name, Value& into, const Get& get) {
    if (fault_) return;
    const auto member = object_.member(name);
    if (!member) {
      fault_ = member.error();
      return;
    }
    auto value = get(*member);
    if (value)
      into = std::move(*value);
    else
      fault_ = value.error();
  }

 private:
  const JsonCursor& object_;
  std::optional<Error> fault_;
};

Result<void> read_files(const JsonCursor& list, RunDescription& run) {
  auto items = list.items();
  if (!items) return items.error();
  for (const JsonCursor& item : *items) {
    RunFile file;
    std::string digest;
    Members members(item);
    members.read("what", file.what);
    members.read("path", file.path);
    members.read("digest", digest);
    if (members.fault()) return *members.fault();
    run.options.files.push_back(std::move(file));
    run.digests.push_back(std::move(digest));
  }
  return {};
}

Result<void> read_every(const JsonCursor& object, CheckpointInterval& every) {
  Members members(object);
  std::uint64_t epochs = 0;
  members.read("seconds", every.seconds);
  members.read("epochs", epochs);
  members.read("steps", every.steps);
  if (members.fault()) return *members.fault();
  every.epochs = epochs;
  if (!(every.seconds >= 0.0)) return object.fault("seconds below 0", "a number from 0");
  return {};
}

constexpr std::string_view kDigestBegin = ",\"digest\":\"", kDigestEnd = "\"}\n";

std::string digest_of(std::string_view text) { return io::digest_of(std::as_bytes(std::span(text))); }

/// The text ends with the digest of what is before it: a letter that is changed would be another run.
Result<void> check_digest(std::string_view text, const std::string& name) {
  const std::size_t tail = kDigestBegin.size() + io::kDigestDigits + kDigestEnd.size();
  const std::string_view before = text.substr(0, text.size() - std::min(text.size(), tail));
  if (text.size() > tail &&
      text.substr(before.size()) == std::string(kDigestBegin) + digest_of(before) + std::string(kDigestEnd))
    return {};
  return Error{ErrorCode::format, name, "a text that does not end with its digest", "the description of a run",
               "It was damaged or changed: use an undamaged copy, or begin a new run"};
}

}  // namespace

std::string description_to_json(const RunDescription& run, const FitPlan& plan) {
  std::vector<std::string> words;
  for (const std::string& argument : run.options.arguments) words.push_back(io::json_string(argument));
  std::string out = "{";
  append_text(out, "schema", kSchema);
  append_text(out, "engine_version", run.engine_version);
  append_text(out, "arithmetic", run.arithmetic);
  append_text(out, "working_folder", run.working_folder);
  append_member(out, "arguments", list_of(words));
  append_member(out, "files", files_json(run));
  append_member(out, "every", every_json(run.options.every));
  append_member(out, "keep", std::to_string(run.options.keep));
  append_text(out, "task", name_of(plan.task));
  append_text(out, "network", plan.network);
  append_member(out, "choices", choices_json(plan.choices));
  return out + std::string(kDigestBegin) + digest_of(out) + std::string(kDigestEnd);
}

Result<RunDescription> description_from_json(std::string_view text, const std::string& name) {
  if (auto whole = check_digest(text, name); !whole) return whole.error();
  auto json = io::parse_json(text, name, {4, static_cast<std::size_t>(-1)});
  if (!json) return json.error();
  const JsonCursor root(*json, "", name);
  RunDescription run;
  std::string schema;
  std::uint64_t keep = 0;
  Members members(root);
  members.read("schema", schema);
  if (members.fault()) return *members.fault();
  if (schema != kSchema)
    return Error{ErrorCode::format, name, "the schema " + io::json_string(schema.substr(0, 40)),
                 io::json_string(kSchema), "Go on with the deltarule that began the run"};
  members.read("engine_version", run.engine_version);
  members.read("arithmetic", run.arithmetic);
  members.read("working_folder", run.working_folder);
  members.read("arguments", run.options.arguments);
  members.read("keep", keep);
  if (members.fault()) return *members.fault();
  run.options.keep = keep;
  const auto files = root.member("files");
  if (!files) return files.error();
  if (auto read = read_files(*files, run); !read) return read.error();
  const auto every = root.member("every");
  if (!every) return every.error();
  if (auto read = read_every(*every, run.options.every); !read) return read.error();
  return run;
}

}  // namespace deltarule::app
