// `deltarule explain`: one row through the equations, as a page on standard output; homework and its marking.
#include <fmt/format.h>

#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/tables.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/text/json.hpp"
#include "deltarule/homework.hpp"

namespace deltarule::cli {
namespace {

std::pair<Model, Table> files_of(const ExplainCommand& command) {
  Model model = load_model(command.model, command.data.path);
  Table table = read_table_for(model, command.data);
  show_notices(table.notices(), command.quiet);
  return {std::move(model), std::move(table)};
}

Explanation explanation_of(const ExplainCommand& command) {
  if (!command.demo.empty()) return explain_demo(command.demo, command.options);
  const auto [model, table] = files_of(command);
  return explain_row(model, table, command.options);
}

Marking marking_of(const ExplainCommand& command) {
  if (command.homework) return mark_homework(*command.homework, command.answers);
  if (!command.demo.empty()) return mark_demo(command.demo, command.options, command.answers);
  const auto [model, table] = files_of(command);
  return mark_row(model, table, command.options, command.answers);
}

std::string as_json(const Marking& marking) {
  constexpr const char* kMarks[] = {"right", "follows", "wrong"};
  std::vector<std::string> answers;
  for (const MarkedAnswer& one : marking.answers)
    answers.push_back(JsonObject()
                          .text("name", one.name)
                          .raw("equation", one.equation == 0 ? "null" : std::to_string(one.equation))
                          .number("given", one.given)
                          .number("right", one.right)
                          .number("following", one.following)
                          .text("mark", kMarks[static_cast<std::size_t>(one.mark)])
                          .str());
  JsonObject object;
  object.text("schema", "deltarule-marking-1")
      .count("asked", marking.asked)
      .raw("answers", json_array(answers))
      .count("right", marking.right)
      .count("follow", marking.follow)
      .count("wrong", marking.wrong)
      .text("first_wrong", marking.first_wrong)
      .raw("first_equation", marking.first_equation == 0 ? "null" : std::to_string(marking.first_equation))
      .text("mistake", marking.mistake)
      .text("mistake_in_words", marking.mistake_in_words);
  return object.str() + "\n";
}

}  // namespace

int run_explain(const ExplainCommand& command) {
  if (!command.answers.empty()) {
    const Marking marking = marking_of(command);
    write_results(command.layout.format == ExplainFormat::json ? as_json(marking) : to_text(marking));
    return kDone;
  }
  if (command.homework) {
    const ExplainFormat format = command.layout.format;
    write_results(command.key ? homework_key(*command.homework, format) : homework_sheet(*command.homework, format));
    return kDone;
  }
  const Explanation explanation = explanation_of(command);
  show_notices(explanation.notices, command.quiet);
  write_results(to_text(explanation, command.layout));
  const bool found_wrong = explanation.proof && explanation.proof->failed > 0;
  return found_wrong ? kDisagrees : kDone;
}

}  // namespace deltarule::cli
