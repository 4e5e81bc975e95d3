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

/// The first free of STEM.safetensors, STEM-2.safetensors, …
Search free_name(const std::string& stem) {
  for (int number = 1; number <= kMostNames; ++number) {
    const std::string path = number == 1 ? stem + ".safetensors" : fmt::format("{}-{}.safetensors", stem, number);
    std::optional<Error> fault = fault_of(path, false);
    if (!fault) return {path, {}};
    // Taken, by a file or by a folder: the next name. A fault that the next two names share is the folder's.
    const bool taken = !fault_of(path, true).has_value();
    if (!taken && number > 2) return {{}, std::move(*fault)};
  }
  return {{},
          Error{ErrorCode::io, stem + ".safetensors", "this and 9,999 further names are taken", "a free name",
                "name the model file with -o"}};
}

OutputPlace chosen_place(const std::string& data) {
  const bool is_stream = data == "-" || data.starts_with("/dev/");  // /dev/stdin, <(…): no name to go by
  const std::string stem = is_stream ? "model" : stem_of(data);
  Search beside = free_name(stem);
  if (!beside.path.empty()) return {beside.path, false, true, {}};
  if (stem.find('/') != std::string::npos) {
    const Search here = free_name(name_of_path(stem));
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

void check_history_place(const TrainCommand& command, const OutputPlace& model) {
  if (command.history.empty()) return;
  const std::string fix = "name another file";
  refuse_same_file(command.history, command.data.path, "the data itself", fix, "--history");
  refuse_same_file(command.history, command.validation, "the validation rows", fix, "--history");
  refuse_same_file(command.history, command.network, "the network itself", fix, "--history");
  refuse_same_file(command.history, command.start_from, "the model to begin with", fix, "--history");
  refuse_same_file(command.history, model.path, "the model file", fix, "--history");
  check_writable(command.history, command.force);
}

}  // namespace deltarule::cli
