// `deltarule evaluate`: a model measured on a table, as text or as one JSON object.
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/commands/measures.hpp"
#include "cli/commands/tables.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

std::string as_json(const EvaluateCommand& command, const Model& model, const Evaluation& evaluation) {
  JsonObject object;
  object.text("schema", "deltarule-evaluation-1")
      .text("model", command.model)
      .text("data", command.data.path)
      .text("task", name_of(model.task()))
      .list("targets", model.targets())
      .count("rows", evaluation.rows)
      .raw("metrics", metrics_json(evaluation.metrics))
      .raw("intervals", intervals_json(evaluation.metrics))
      .list("classes", evaluation.classes);
  object.raw("confusion",
             evaluation.confusion.empty() ? "null" : confusion_json(evaluation.confusion, evaluation.classes.size()));
  object.text("weights_digest", model.weights_digest()).list("notices", evaluation.notices);
  return object.str() + "\n";
}

std::string as_text(const EvaluateCommand& command, const Model& model, const Evaluation& evaluation) {
  constexpr std::size_t kWidth = 80;
  std::string text = fmt::format("{} on {}: {}, {} of {}\n\n", printable(command.model), printable(command.data.path),
                                 counted(evaluation.rows, "row"), name_of(model.task()), joined(model.targets()));
  for (const std::string& line : metric_lines(evaluation.metrics)) text += line + "\n";
  const std::vector<std::string> confusion = confusion_lines(evaluation.confusion, evaluation.classes, kWidth);
  if (!confusion.empty()) text += "\n";
  for (const std::string& line : confusion) text += line + "\n";
  return text;
}

}  // namespace

int run_evaluate(const EvaluateCommand& command) {
  const Model model = load_model(command.model, command.data.path);
  const Table table = read_table_for(model, command.data);
  const Evaluation evaluation = model.evaluate(table, command.options, command.seed);
  show_notices(table.notices(), command.quiet);
  show_notices(evaluation.notices, command.quiet);
  write_results(command.json ? as_json(command, model, evaluation) : as_text(command, model, evaluation));
  return kDone;
}

}  // namespace deltarule::cli
