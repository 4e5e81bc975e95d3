// `deltarule gradcheck`: the slopes of a whole network against derivatives of its forward pass.
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/commands/tables.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

std::string as_json(const GradcheckCommand& command, const GradientCheck& check) {
  JsonObject object;
  object.text("schema", "deltarule-gradcheck-1")
      .text("model", command.model)
      .text("data", command.data.path)
      .count("patterns", check.patterns)
      .count("parameters", check.parameters)
      .count("checked", check.checked)
      .count("complex_steps", check.complex_steps)
      .count("central_differences", check.central_differences)
      .count("at_corners", check.at_corners)
      .count("engine_slopes", check.engine_slopes)
      .number("worst_complex", check.worst_complex)
      .number("worst_central", check.worst_central)
      .number("worst_engine", check.worst_engine)
      .count("failed", check.failed)
      .list("failures", check.failures)
      .list("notices", check.notices);
  return object.str() + "\n";
}

std::string as_text(const GradcheckCommand& command, const GradientCheck& check) {
  std::string text = fmt::format("{} on {}: {}, {}\n\n", printable(command.model), printable(command.data.path),
                                 counted(check.parameters, "parameter"), counted(check.patterns, "pattern"));
  if (check.checked == check.parameters) {
    text += "Every parameter was checked for every pattern.\n";
  } else {
    text +=
        fmt::format("For each pattern {} were checked, spread evenly over all.\n", counted(check.checked, "parameter"));
  }
  const auto row = [&](const char* what, std::size_t compared, double worst) {
    text += fmt::format("  {}  {} compared, farthest apart {}\n", pad_right(what, 18),
                        pad_left(std::to_string(compared), 8), brief(worst));
  };
  row("complex step", check.complex_steps, check.worst_complex);
  row("central difference", check.central_differences, check.worst_central);
  row("the engine, in f64", check.engine_slopes, check.worst_engine);
  if (check.at_corners > 0)
    text += fmt::format("{} at a corner of a function, where a central difference says nothing.\n",
                        counted(check.at_corners, "slope"));
  for (const std::string& failure : check.failures) text += "WRONG: " + printable(failure) + "\n";
  return text + (check.failed == 0 ? "All slopes are right.\n"
                                   : fmt::format("{} disagree.\n", counted(check.failed, "comparison")));
}

}  // namespace

int run_gradcheck(const GradcheckCommand& command) {
  const Model model = load_model(command.model, command.data.path);
  const Table table = read_table_for(model, command.data);
  const GradientCheck check = check_gradients(model, table, command.patterns);
  show_notices(table.notices(), command.quiet);
  show_notices(check.notices, command.quiet);
  write_results(command.json ? as_json(command, check) : as_text(command, check));
  return check.failed == 0 ? kDone : kDisagrees;
}

}  // namespace deltarule::cli
