#include "cli/commands/output_place.hpp"

#include <fmt/format.h>

#include <optional>

#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

constexpr int kMostNames = 10'000;

std::optional<Error> fault_of(const std::string& path, bool overwrite) {
  try {
    check_writable(path, overwrite);
    return std::nullopt;
  } catch (const Exception& fault) {
    return fault.error();
  }
}

/// "folder/penguins" of "folder/penguins.csv"; a name's first dot is no suffix.
std::string stem_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = path.find_last_of('.');
  return dot == std::string::npos || dot <= name ? path : path.substr(0, dot);
}

std::string name_of_path(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

struct Search {
  std::string path;  ///< empty when the folder cannot be written to
  Error fault;
};

constexpr const char* kModelSuffix = ".safetensors";
constexpr const char* kRecordSuffix = ".npz";

/// The first free of STEM.safetensors, STEM-2.safetensors, …
Search free_name(const std::string& stem, const std::string& suffix, const char* option) {
  for (int number = 1; number <= kMostNames; ++number) {
    const std::string path = number == 1 ? stem + suffix : fmt::format("{}-{}{}", stem, number, suffix);
    std::optional<Error> fault = fault_of(path, false);
    if (!fault) return {path, {}};
    // Taken, by a file or by a folder: the next name. A fault that the next two names share is the folder's.
    const bool taken = !fault_of(path, true).has_value();
    if (!taken && number > 2) return {{}, std::move(*fault)};
  }
  return {{},
          Error{ErrorCode::io, stem + suffix, "this and 9,999 further names are taken", "a free name",
                fmt::format("name the file with {}", option)}};
}

OutputPlace chosen_place(const std::string& data) {
  const bool is_stream = data == "-" || data.starts_with("/dev/");  // /dev/stdin, <(…): no name to go by
  const std::string stem = is_stream ? "model" : stem_of(data);
  Search beside = free_name(stem, kModelSuffix, "-o");
  if (!beside.path.empty()) return {beside.path, false, true, {}};
  if (stem.find('/') != std::string::npos) {
    const Search here = free_name(name_of_path(stem), kModelSuffix, "-o");
    if (!here.path.empty()) {
      return {here.path, false, true, "the data's folder cannot be written to: the model goes to the current folder"};
    }
  }
  if (beside.fault.fix.empty()) beside.fault.fix = "name a place that can be written to with -o";
  throw Exception(std::move(beside.fault));
}

}  // namespace

void refuse_same_file(const std::string& output, const std::string& input, std::string_view what, std::string fix,
                      std::string_view option) {
  if (output.empty() || input.empty() || input == "-") return;
  if (output != input && !is_same_file(output, input)) return;
  refuse(std::string(option), fmt::format("\"{}\", {}", printable(output), what), "another file", std::move(fix));
}

OutputPlace choose_output(const TrainCommand& command) {
  if (command.output.empty()) return chosen_place(command.data.path);
  refuse_same_file(command.output, command.data.path, "the data itself", "name a file that ends in .safetensors");
  refuse_same_file(command.output, command.network, "the network itself", "name another file");
  check_writable(command.output, command.force);
  return {command.output, command.force, false, {}};
}

namespace {

/// A further output replaces no input, and not the model.
void refuse_files_of_the_run(const std::string& output, const TrainCommand& command, const OutputPlace& model,
                             const char* option) {
  const std::string fix = "name another file";
  refuse_same_file(output, command.data.path, "the data itself", fix, option);
  refuse_same_file(output, command.validation, "the validation rows", fix, option);
  refuse_same_file(output, command.network, "the network itself", fix, option);
  refuse_same_file(output, command.start_from, "the model to begin with", fix, option);
  refuse_same_file(output, model.path, "the model file", fix, option);
}

}  // namespace

void check_history_place(const TrainCommand& command, const OutputPlace& model) {
  if (command.history.empty()) return;
  refuse_files_of_the_run(command.history, command, model, "--history");
  check_writable(command.history, command.force);
}

OutputPlace choose_record_place(const TrainCommand& command, const OutputPlace& model) {
  if (!command.fit.record.any()) return {};
  if (command.record_to.empty()) {
    const std::string stem = model.path.ends_with(kModelSuffix) ? stem_of(model.path) : model.path;
    Search free = free_name(stem, kRecordSuffix, "--record-to");
    if (free.path.empty()) throw Exception(std::move(free.fault));
    return {free.path, false, true, {}};
  }
  refuse_files_of_the_run(command.record_to, command, model, "--record-to");
  refuse_same_file(command.record_to, command.history, "the history", "name another file", "--record-to");
  check_writable(command.record_to, command.force);
  return {command.record_to, command.force, false, {}};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace deltarule::cli
