// `deltarule explain`: one row through the equations, as a page on standard output.
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/commands/tables.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"

namespace deltarule::cli {
namespace {

Explanation explanation_of(const ExplainCommand& command) {
  if (!command.demo.empty()) return explain_demo(command.demo, command.options);
  const Model model = load_model(command.model, command.data.path);
  const Table table = read_table_for(model, command.data);
  show_notices(table.notices(), command.quiet);
  return explain_row(model, table, command.options);
}

}  // namespace

int run_explain(const ExplainCommand& command) {
  const Explanation explanation = explanation_of(command);
  show_notices(explanation.notices, command.quiet);
  write_results(to_text(explanation, command.layout));
  const bool found_wrong = explanation.proof && explanation.proof->failed > 0;
  return found_wrong ? kDisagrees : kDone;
}

}  // namespace deltarule::cli
