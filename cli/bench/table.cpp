#include "cli/bench/table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::bench {
namespace {

using cli::JsonObject;

constexpr const char* kLegend =
    "patterns/s  the best of many windows of about a millisecond; typical is that of the middle one\n"
    "GFLOP/s     multiplications and additions between units: 4 per weight and pattern learnt in the\n"
    "            first layer, 6 in the others, 2 per weight and pattern predicted\n"
    "of limit    of what the core can do at most with the loads, stores and multiply-adds that cannot be\n"
    "            saved, measured in the same run; with several threads, of as many cores. \"–\": too\n"
    "            small; each operation waits for the one before. \"digits\": 81 % of the inputs are zero,\n"
    "            which may be skipped, so that more than 100 % is possible\n";

/// "17.3 k", "5.09 M": three digits.
std::string rate_text(double rate) {
  constexpr double kThousand = 1e3;
  const char* unit = "";
  for (const char* next : {" k", " M", " G"}) {
    if (rate < kThousand - 0.5) break;
    rate /= kThousand;
    unit = next;
  }
  constexpr double kToTen = 9.995, kToHundred = 99.95;  // what is rounded up to the next power has one decimal fewer
  const int decimals = rate < kToTen ? 2 : rate < kToHundred ? 1 : 0;
  return fmt::format("{:.{}f}{}", rate, decimals, unit);
}

std::string share_text(double share) { return std::isnan(share) ? "–" : fmt::format("{:.0f} %", 100.0 * share); }

std::string batch_text(const Work& work) {
  if (work.kind == Kind::learn_one) return "learn_one";
  return std::to_string(work.batch);
}

std::string limits_text(const MachineLimits& machine) {
  std::vector<std::vector<std::string>> rows = {{"GB/s", "read", "write", "update"}};
  for (const MemoryLevel& level : machine.levels) {
    rows.push_back({level.name, fmt::format("{:.0f}", level.read), fmt::format("{:.0f}", level.write),
                    fmt::format("{:.0f}", level.update)});
  }
  std::string text =
      fmt::format("{}, {}\none core: {:.1f} GFLOP/s f32, {:.1f} GFLOP/s f64\n", cli::printable(machine.processor),
                  machine.arithmetic, machine.multiply_add_f32, machine.multiply_add_f64);
  for (const std::string& line : cli::aligned(rows, {1, 2, 3})) text += "  " + line + "\n";
  return text;
}

std::vector<std::string> row_of(const Measured& row) {
  return {"  " + row.work.net,
          batch_text(row.work),
          row.work.rule_name.empty() ? "–" : row.work.rule_name,
          std::to_string(row.work.threads),
          row.work.f64 ? "f64" : "f32",
          rate_text(row.patterns_per_second()),
          rate_text(1.0 / row.median_seconds),
          fmt::format("{:.1f}", row.gigaflops()),
          share_text(row.share_of_limit())};
}

}  // namespace

std::string table_text(const Measurement& measurement) {
  std::vector<std::vector<std::string>> cells = {
      {"network", "batch", "rule", "threads", "numbers", "patterns/s", "typical", "GFLOP/s", "of limit"}};
  for (const Measured& row : measurement.works) cells.push_back(row_of(row));
  const std::vector<std::string> lines = cli::aligned(cells, {1, 3, 5, 6, 7, 8});
  std::string text = limits_text(measurement.machine) + "\n" + lines.front() + "\n";
  const std::string* group = nullptr;
  for (std::size_t i = 0; i < measurement.works.size(); ++i) {
    const std::string& own = measurement.works[i].work.group;
    if (group == nullptr || *group != own) text += own + "\n";
    group = &own;
    text += lines[i + 1] + "\n";
  }
  return text + "\n" + kLegend;
}

std::string as_json(const Measurement& measurement) {
  std::vector<std::string> levels, works;
  for (const MemoryLevel& level : measurement.machine.levels) {
    JsonObject object;
    object.text("name", level.name);
    if (level.capacity != std::numeric_limits<std::size_t>::max()) object.count("capacity", level.capacity);
    levels.push_back(
        object.number("read", level.read).number("write", level.write).number("update", level.update).str());
  }
  for (const Measured& row : measurement.works) {
    JsonObject object;
    object.text("name", row.work.name())
        .text("group", row.work.group)
        .text("net", row.work.net)
        .count("batch", row.work.batch)
        .text("rule", row.work.rule_name)
        .count("threads", row.work.threads)
        .text("numbers", row.work.f64 ? "f64" : "f32")
        .number("patterns_per_second", row.patterns_per_second())
        .number("median_patterns_per_second", 1.0 / row.median_seconds)
        .number("gigaflops", row.gigaflops())
        .number("limit_seconds_per_pattern", row.limit.seconds)
        .number("share_of_limit", row.share_of_limit())
        .count("windows", row.windows);
    works.push_back(object.str());
  }
  JsonObject machine;
  machine.text("processor", measurement.machine.processor)
      .text("arithmetic", measurement.machine.arithmetic)
      .number("gigaflops_f32", measurement.machine.multiply_add_f32)
      .number("gigaflops_f64", measurement.machine.multiply_add_f64)
      .raw("levels", cli::json_array(levels));
  JsonObject object;
  object.text("schema", "deltarule-bench-1").text("version", DELTARULE_VERSION).raw("machine", machine.str());
  return object.raw("works", cli::json_array(works)).str() + "\n";
}

}  // namespace deltarule::bench
