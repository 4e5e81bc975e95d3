#include "cli/commands/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kMistakesShown = 10;

std::string interval_text(const Metric& metric) {
  if (std::isnan(metric.low) || std::isnan(metric.high)) return "–";
  return fmt::format("{} to {}", brief(metric.low), brief(metric.high));
}

std::string baseline_value(const Baseline& baseline, const std::string& name) {
  const auto found = std::ranges::find(baseline.metrics, name, &Metric::name);
  return found == baseline.metrics.end() ? "–" : brief(found->value);
}

struct Mistake {
  std::size_t is, taken_for, rows;
};

std::vector<std::string> mistake_lines(const std::vector<std::size_t>& confusion,
                                       const std::vector<std::string>& classes) {
  std::vector<Mistake> mistakes;
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    const std::size_t is = i / classes.size(), taken_for = i % classes.size();
    if (is != taken_for && confusion[i] > 0) mistakes.push_back({is, taken_for, confusion[i]});
  }
  std::ranges::sort(mistakes, [](const Mistake& a, const Mistake& b) {
    return std::tie(b.rows, a.is, a.taken_for) < std::tie(a.rows, b.is, b.taken_for);
  });
  std::vector<std::vector<std::string>> rows = {{"is", "taken for", "rows"}};
  for (std::size_t i = 0; i < std::min(mistakes.size(), kMistakesShown); ++i) {
    rows.push_back({printable(classes[mistakes[i].is]), printable(classes[mistakes[i].taken_for]),
                    std::to_string(mistakes[i].rows)});
  }
  if (mistakes.empty()) return {"no row was mistaken"};
  std::vector<std::string> lines = aligned(rows, {2});
  if (mistakes.size() > kMistakesShown)
    lines.push_back(fmt::format("… {} more kinds", mistakes.size() - kMistakesShown));
  return lines;
}

}  // namespace

std::string metrics_json(const std::vector<Metric>& metrics) {
  JsonObject object;
  for (const Metric& metric : metrics) object.number(metric.name, metric.value);
  return object.str();
}

std::string intervals_json(const std::vector<Metric>& metrics) {
  JsonObject object;
  for (const Metric& metric : metrics) {
    object.raw(metric.name, json_array({json_number(metric.low), json_number(metric.high)}));
  }
  return object.str();
}

std::string confusion_json(const std::vector<std::size_t>& confusion, std::size_t classes) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; classes > 0 && i + classes <= confusion.size(); i += classes) {
    std::vector<std::string> row;
    for (std::size_t j = 0; j < classes; ++j) row.push_back(std::to_string(confusion[i + j]));
    rows.push_back(json_array(row));
  }
  return json_array(rows);
}

std::vector<std::string> metric_lines(const std::vector<Metric>& metrics, const std::vector<Baseline>& baselines) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> head = {"", baselines.empty() ? "value" : "network", "95 % interval"};
  std::vector<std::size_t> right = {1};
  for (const Baseline& baseline : baselines) {
    right.push_back(head.size());
    head.push_back(baseline.name);
  }
  rows.push_back(head);
  for (const Metric& metric : metrics) {
    std::vector<std::string> row = {metric.name, brief(metric.value), interval_text(metric)};
    for (const Baseline& baseline : baselines) row.push_back(baseline_value(baseline, metric.name));
    rows.push_back(std::move(row));
  }
  return aligned(rows, right);
}

std::vector<std::string> confusion_lines(const std::vector<std::size_t>& confusion,
                                         const std::vector<std::string>& classes, std::size_t width) {
  if (confusion.empty() || confusion.size() != classes.size() * classes.size()) return {};
  std::vector<std::vector<std::string>> rows = {{"is \\ taken for"}};
  std::vector<std::size_t> right;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    rows.front().push_back(printable(classes[i]));
    right.push_back(i + 1);
    rows.push_back({printable(classes[i])});
    for (std::size_t j = 0; j < classes.size(); ++j) {
      rows.back().push_back(std::to_string(confusion[i * classes.size() + j]));
    }
  }
  std::vector<std::string> lines = aligned(rows, right);
  const bool fits = std::ranges::all_of(lines, [&](const std::string& line) { return display_width(line) <= width; });
  return fits ? lines : mistake_lines(confusion, classes);
}

}  // namespace deltarule::cli
