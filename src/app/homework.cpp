// The public face of homework: sheets and keys by seed, answers from a file.
#include "deltarule/homework.hpp"

#include "app/engine/unwrap.hpp"
#include "app/lesson.hpp"
#include "explain/homework/homework.hpp"
#include "io/file.hpp"

namespace deltarule {
namespace {

Marking marked(const explain::Lesson& lesson, const std::string& answers) {
  const io::FileBytes file = unwrap(io::read_file(answers));
  return unwrap(explain::mark(lesson, file.text(), io::display_name(answers)));
}

}  // namespace

std::string homework_sheet(std::uint64_t seed, ExplainFormat format) {
  return explain::sheet_of(explain::homework(seed), format);
}

std::string homework_key(std::uint64_t seed, ExplainFormat format) {
  return explain::key_of(explain::homework(seed), format);
}

Marking mark_homework(std::uint64_t seed, const std::string& answers) {
  return marked(explain::homework(seed), answers);
}

Marking mark_demo(const std::string& name, const ExplainOptions& options, const std::string& answers) {
  return marked(unwrap(explain::demo(name, options.pattern)), answers);
}

Marking mark_row(const Model& model, const Table& table, const ExplainOptions& options, const std::string& answers) {
  return marked(app::lesson_of_row(model, table, options).lesson, answers);
}

std::string to_text(const Marking& marking) { return explain::text_of(marking); }

}  // namespace deltarule
