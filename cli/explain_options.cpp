#include "cli/explain_options.hpp"

#include <algorithm>

namespace deltarule::cli {
namespace {

Notation notation_value(const std::string& text) {
  const std::vector<std::string> names = {"deltarule", "nielsen", "pytorch", "pdp"};
  const std::string name = one_of("--notation", text, names);
  return static_cast<Notation>(std::ranges::find(names, name) - names.begin());
}

ExplainFormat format_value(const std::string& text) {
  const std::vector<std::string> names = {"text", "markdown", "latex", "json"};
  const std::string name = one_of("--format", text, names);
  return static_cast<ExplainFormat>(std::ranges::find(names, name) - names.begin());
}

Mistake mistake_value(const std::string& text) {
  std::vector<std::string> names;
  for (const MistakeName& one : mistake_names()) names.push_back(one.name);
  const std::string name = one_of("--break", text, names);
  return mistake_names()[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())].mistake;
}

int digits_value(const std::string& text) {
  constexpr std::uint64_t kMost = 17;
  const std::uint64_t digits = whole_value("--digits", text, 3, "significant digits, from 3 to 17", "6");
  if (digits > kMost) refuse("--digits", text, "significant digits, from 3 to 17", "for example --digits 17");
  return static_cast<int>(digits);
}

/// A demo and homework need neither model nor table.
void lesson_of(const Given& given, ExplainCommand& explain) {
  exclude(given, "--demo", "--homework", "two things to explain");
  given.set(explain.demo, "--demo");
  if (const auto seed = given.one("--homework"))
    explain.homework = whole_value("--homework", *seed, 0, "a seed: a whole number from 0", "7");
  explain.key = given.flag("--key");
  if (explain.key && !explain.homework) refuse("--key", "no homework", "--homework SEED with it");
  given.set(explain.answers, "--answers");
  exclude(given, "--key", "--answers", "a key is not marked");
  if (explain.demo.empty() && !explain.homework) {
    explain.model = model_of(given);
    explain.data = data_of(given);
  } else if (given.flag("MODEL")) {
    refuse(explain.demo.empty() ? "--homework with MODEL" : "--demo with MODEL", "two things to explain",
           "one of the two", "leave out the option, or the files");
  }
}

}  // namespace

ExplainCommand explain_of(const Given& given) {
  ExplainCommand explain;
  lesson_of(given, explain);
  ExplainOptions& options = explain.options;
  given.set(options.pattern, "--pattern", whole("--pattern", 1, "a row of DATA, from 1", "3"));
  exclude(given, "--unit", "--weight", "a weight has its unit already");
  given.set(options.unit, "--unit");
  given.set(options.weight, "--weight");
  options.step = given.flag("--step");
  options.check_all = given.flag("--check-all");
  options.check = given.flag("--check") || options.check_all;
  given.set(options.notation, "--notation", notation_value);
  given.set(options.mistake, "--break", mistake_value);
  given.set(options.terms, "--terms", whole("--terms", 1, "a whole number from 1", "8"));
  given.set(options.optimizer, "--optimizer", optimizer_value);
  given.set(options.learning_rate, "--learning-rate", real("--learning-rate", kPositive));
  given.set(options.momentum, "--momentum", real("--momentum", kBelowOne));
  given.set(options.weight_decay, "--weight-decay", real("--weight-decay", kNotNegative));
  given.set(options.after, "--after", whole("--after", 0, "a whole number of steps from 0", "10"));
  given.set(explain.layout.format, "--format", format_value);
  given.set(explain.layout.digits, "--digits", digits_value);
  explain.layout.hex = given.flag("--hex");
  exclude(given, "--digits", "--hex", "hexadecimal numbers are exact");
  if (explain.homework && explain.answers.empty() && explain.layout.format == ExplainFormat::json)
    refuse("--homework with --format json", "a sheet for people", "markdown or latex", "leave out --format json");
  explain.quiet = given.flag("--quiet");
  return explain;
}

GradcheckCommand gradcheck_of(const Given& given) {
  GradcheckCommand check;
  check.model = model_of(given);
  check.data = data_of(given);
  given.set(check.patterns, "--patterns", whole("--patterns", 1, "a whole number of rows from 1", "10"));
  check.json = given.flag("--json");
  check.quiet = given.flag("--quiet");
  return check;
}

}  // namespace deltarule::cli
