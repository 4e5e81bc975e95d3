#include "data/split.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"
#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

enum Part : std::size_t { kTraining = 0, kValidation = 1, kTest = 2, kParts = 3 };
using Shares = std::array<double, kParts>;
using Counts = std::array<std::size_t, kParts>;

// Cuts `rows` by the shares: the whole part of each quota, then what is left to the largest remainders. `owed` is what
// earlier classes left each part short of its quota (negative: what it got beyond), so that totals follow the shares.
Counts cut(std::size_t rows, const Shares& shares, Shares& owed) {
  Counts counts{};
  Shares remainder{};
  std::size_t given = 0;
  for (std::size_t part = 0; part < kParts; ++part) {
    const double quota = static_cast<double>(rows) * shares[part];
    counts[part] = std::min(static_cast<std::size_t>(quota), rows - given);
    given += counts[part];
    remainder[part] = quota - static_cast<double>(counts[part]);
  }
  std::array<bool, kParts> raised{};
  for (; given < rows; ++given) {
    std::size_t next = kParts;
    for (std::size_t part = 0; part < kParts; ++part) {
      if (raised[part] || shares[part] == 0.0) continue;
      if (next == kParts || remainder[part] + owed[part] > remainder[next] + owed[next]) next = part;
    }
    if (next == kParts) next = kTraining;  // only by rounding
    raised[next] = true;
    ++counts[next];
  }
  if (counts[kTraining] == 0) {
    --counts[counts[kValidation] > counts[kTest] ? kValidation : kTest];
    ++counts[kTraining];
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    owed[part] += static_cast<double>(rows) * shares[part] - static_cast<double>(counts[part]);
  }
  return counts;
}

Result<void> check_shares(const SplitOptions& options, std::size_t rows) {
  const double held_out = options.validation + options.test;
  const bool fine = options.validation >= 0.0 && options.test >= 0.0 && held_out < 1.0;  // false for NaN
  if (!fine) {
    return Error{ErrorCode::usage, "--validation and --test",
                 io::to_text(options.validation) + " and " + io::to_text(options.test),
                 "shares of at least 0, together below 1", "For example --validation 0.15 --test 0.2"};
  }
  if (rows > 0) return {};
  return Error{ErrorCode::data, "split", "no rows", "at least one row with a target", ""};
}

}  // namespace

Result<Split> split_rows(const Schema& schema, const SplitOptions& options) {
  if (auto fine = check_shares(options, schema.rows.size()); !fine) return fine.error();
  Split split;
  split.stratified = has_classes(schema.task);
  std::vector<std::vector<std::uint32_t>> groups(split.stratified ? schema.classes.size() : 1);
  for (const std::uint32_t row : schema.rows) {
    groups[split.stratified ? static_cast<std::size_t>(schema.row_class[row]) : 0].push_back(row);
  }
  const Shares shares = {1.0 - options.validation - options.test, options.validation, options.test};
  Shares owed{};
  const std::array<std::vector<std::uint32_t>*, kParts> parts = {&split.training, &split.validation, &split.test};
  for (std::size_t group = 0; group < groups.size(); ++group) {
    std::vector<std::uint32_t>& rows = groups[group];
    if (rows.empty()) continue;
    base::Random(options.seed.value, base::Stream::split, 0, static_cast<std::uint32_t>(group)).shuffle(rows);
    const Counts counts = cut(rows.size(), shares, owed);
    auto from = rows.begin();
    for (std::size_t part = 0; part < kParts; ++part) {
      const auto to = from + static_cast<std::ptrdiff_t>(counts[part]);
      parts[part]->insert(parts[part]->end(), from, to);
      from = to;
    }
  }
  for (auto* part : parts) std::sort(part->begin(), part->end());
  return split;
}

}  // namespace deltarule::data
