#include "cli/given.hpp"

#include <algorithm>

namespace deltarule::cli {

DataChoice data_of(const Given& given) {
  DataChoice data;
  data.path = given.positional("DATA", "a CSV or TSV file, or - for standard input");
  exclude(given, "--header", "--no-header", "the first line cannot be both");
  if (given.flag("--header")) data.csv.header = CsvOptions::Header::yes;
  if (given.flag("--no-header")) data.csv.header = CsvOptions::Header::no;
  given.set(data.csv.delimiter, "--delimiter", delimiter_value);
  if (given.flag("--missing")) data.csv.missing = missing_value(given.all("--missing"));
  return data;
}

std::string model_of(const Given& given) { return given.positional("MODEL", "a model file that train wrote"); }

std::string optimizer_value(const std::string& text) {
  static const std::vector<std::string> kRules = {"delta-rule", "sgd",     "momentum",  "nesterov", "adam",   "adamw",
                                                  "rmsprop",    "adagrad", "adadelta",  "lion",     "rprop-", "rprop+",
                                                  "irprop-",    "irprop+", "quickprop", "scg",      "lbfgs",  "lm"};
  const std::size_t bracket = std::min(text.find('('), text.size());
  return one_of("--optimizer", text.substr(0, bracket), kRules) + text.substr(bracket);
}

}  // namespace deltarule::cli
