#include "app/fit/named.hpp"

#include <vector>

#include "app/engine/unwrap.hpp"
#include "app/words.hpp"
#include "base/text.hpp"

namespace deltarule::app {
namespace {

const std::vector<std::string> kInits = {"auto",         "glorot_uniform", "glorot_normal",
                                         "he_uniform",   "he_normal",      "lecun_uniform",
                                         "lecun_normal", "uniform(0.5)",   "constant(0.1)"};

/// The nearest name when one is near, and in any case what there is.
[[noreturn]] void refuse_name(const std::string& option, const std::string& name, const std::string& meant,
                              const std::vector<std::string>& known) {
  const std::string near = meant.empty() ? base::nearest_spelling(name, known) : meant;
  throw Exception({ErrorCode::usage, option, base::quoted(name), "one of " + joined(known),
                   near.empty() ? "Use one of these names" : "Did you mean " + near + "?"});
}

std::string letters_of(const std::string& name) {
  std::string letters;
  for (const char letter : name)
    if (letter != '-' && letter != '_' && letter != ' ') letters += letter;
  return letters;
}

}  // namespace

derivation::Activation activation_named(const std::string& option, const std::string& name) {
  const auto found = derivation::find_activation(name);
  if (found) return *found;
  if (found.error().needed != "a known activation") {  // a known one with a wrong setting
    Error fault = found.error();
    fault.place = option;
    throw Exception(fault);
  }
  refuse_name(option, name, {}, derivation::activation_names());
}

derivation::Loss loss_named(const std::string& name) {
  const auto found = derivation::find_loss(name);
  if (found) return *found;
  if (found.error().needed != "a known loss") {
    Error fault = found.error();
    fault.place = "--loss";
    throw Exception(fault);
  }
  std::vector<std::string> known = derivation::loss_names();
  known.insert(known.begin(), "cross-entropy");
  refuse_name("--loss", name, letters_of(name) == "crossentropy" ? "cross-entropy" : "", known);
}

void check_init(const std::string& name) {
  const auto found = network::find_init(name);
  if (found) return;
  if (name == "uniform" || name == "constant")
    refuse_name("--init", name, name == "uniform" ? "uniform(0.5)" : "constant(0.1)", kInits);
  if (name.find('(') != std::string::npos) {
    Error fault = found.error();
    fault.place = "--init";
    if (fault.fix.empty()) fault.fix = "For example uniform(0.5)";
    throw Exception(fault);
  }
  refuse_name("--init", name, name == "xavier" ? "glorot_uniform" : "", kInits);
}

}  // namespace deltarule::app
