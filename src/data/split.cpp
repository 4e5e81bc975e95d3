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

std::size_t group_count(const Schema& schema) {
  std::int32_t most = -1;
  for (const std::uint32_t row : schema.rows) most = std::max(most, schema.split_codes[row]);
  return most < 0 ? 0 : static_cast<std::size_t>(most) + 1;
}

std::vector<std::size_t> rows_of_groups(const Schema& schema) {
  std::vector<std::size_t> sizes(group_count(schema));
  for (const std::uint32_t row : schema.rows) ++sizes[static_cast<std::size_t>(schema.split_codes[row])];
  return sizes;
}

/// Codes of groups (or ranks of times) that occur among the rows, ascending.
std::vector<std::uint32_t> groups_there(const std::vector<std::size_t>& sizes) {
  std::vector<std::uint32_t> there;
  for (std::size_t group = 0; group < sizes.size(); ++group)
    if (sizes[group] > 0) there.push_back(static_cast<std::uint32_t>(group));
  return there;
}

std::size_t parts_with_a_share(const Shares& shares) {
  return static_cast<std::size_t>(std::count_if(shares.begin(), shares.end(), [](double share) { return share > 0; }));
}

Error too_few(const Schema& schema, std::size_t there, std::size_t parts, const char* what) {
  return {ErrorCode::data, std::string(split_option(schema.split)) + " " + base::quoted(schema.split_column),
          base::counted(there, what), "at least " + std::to_string(parts) + ", one for each part of the split",
          "Set --validation or --test to 0, or name another column"};
}

/// The part of each group: drawn order, each to the part that is furthest below its share. Parts that got none take the
/// smallest group of a part that has several.
std::vector<std::size_t> parts_of_groups(const std::vector<std::size_t>& sizes, const std::vector<std::uint32_t>& order,
                                         const Shares& shares, std::size_t rows) {
  Shares missing{};
  Counts groups{};
  for (std::size_t part = 0; part < kParts; ++part) missing[part] = shares[part] * static_cast<double>(rows);
  std::vector<std::size_t> part_of(sizes.size(), kParts);
  const auto move = [&](std::uint32_t group, std::size_t part) {
    const auto size = static_cast<double>(sizes[group]);
    if (part_of[group] < kParts) {
      missing[part_of[group]] += size;
      --groups[part_of[group]];
    }
    part_of[group] = part;
    missing[part] -= size;
    ++groups[part];
  };
  for (const std::uint32_t group : order) {
    std::size_t next = kTraining;
    for (std::size_t part = 0; part < kParts; ++part)
      if (shares[part] > 0.0 && missing[part] > missing[next]) next = part;
    move(group, next);
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    if (shares[part] == 0.0 || groups[part] > 0) continue;
    std::size_t smallest = sizes.size();
    for (const std::uint32_t group : order)
      if (groups[part_of[group]] > 1 && (smallest == sizes.size() || sizes[group] < sizes[smallest])) smallest = group;
    move(static_cast<std::uint32_t>(smallest), part);
  }
  return part_of;
}

/// The part of each time: borders at the changes of time nearest to the shares, none of the parts empty.
std::vector<std::size_t> parts_of_times(const std::vector<std::size_t>& sizes, const std::vector<std::uint32_t>& times,
                                        const Shares& shares, std::size_t rows) {
  std::vector<std::size_t> part_of(sizes.size(), kTest);
  std::vector<std::size_t> begins(times.size() + 1);  // rows before each time
  for (std::size_t i = 0; i < times.size(); ++i) begins[i + 1] = begins[i] + sizes[times[i]];
  std::size_t from = 0;
  double wanted = 0.0;
  for (std::size_t part = 0; part < kParts; ++part) {
    if (shares[part] == 0.0) continue;
    wanted += shares[part] * static_cast<double>(rows);
    std::size_t later = 0;  // parts after this one, which need a time each
    for (std::size_t other = part + 1; other < kParts; ++other) later += shares[other] > 0.0 ? 1 : 0;
    std::size_t to = from + 1;
    const auto off = [&](std::size_t border) { return std::fabs(static_cast<double>(begins[border]) - wanted); };
    while (to < times.size() - later && off(to + 1) < off(to)) ++to;
    if (later == 0) to = times.size();
    for (std::size_t i = from; i < to; ++i) part_of[times[i]] = part;
    from = to;
  }
  return part_of;
}

/// Groups, times and named parts: which part each code belongs to.
Result<std::vector<std::size_t>> parts_of_codes(const Schema& schema, const Shares& shares, Seed seed) {
  if (schema.split == SplitKind::by_part) return std::vector<std::size_t>{kTraining, kValidation, kTest};
  const std::vector<std::size_t> sizes = rows_of_groups(schema);
  std::vector<std::uint32_t> there = groups_there(sizes);
  const std::size_t parts = parts_with_a_share(shares);
  const bool times = schema.split == SplitKind::by_time;
  if (there.size() < parts) return too_few(schema, there.size(), parts, times ? "time" : "group");
  if (times) return parts_of_times(sizes, there, shares, schema.rows.size());
  base::Random(seed.value, base::Stream::split).shuffle(there);
  return parts_of_groups(sizes, there, shares, schema.rows.size());
}

Result<Split> split_by_column(const Schema& schema, const Shares& shares, Seed seed) {
  const auto part_of = parts_of_codes(schema, shares, seed);
  if (!part_of) return part_of.error();
  Split split;
  const std::array<std::vector<std::uint32_t>*, kParts> parts = {&split.training, &split.validation, &split.test};
  for (const std::uint32_t row : schema.rows)
    parts[(*part_of)[static_cast<std::size_t>(schema.split_codes[row])]]->push_back(row);
  return split;
}

constexpr std::uint32_t kFoldsEpoch = 1;  // of the split's random numbers; 0 is the split itself

/// [table rows]: whole groups, the largest first, of equal ones in a drawn order, to the fold with the fewest rows.
std::vector<std::uint32_t> deal_groups(const Schema& schema, std::size_t folds, Seed seed) {
  const std::vector<std::size_t> sizes = rows_of_groups(schema);
  std::vector<std::uint32_t> groups = groups_there(sizes);
  base::Random(seed.value, base::Stream::split, kFoldsEpoch).shuffle(groups);
  std::vector<std::size_t> place(sizes.size());
  for (std::size_t i = 0; i < groups.size(); ++i) place[groups[i]] = i;
  std::sort(groups.begin(), groups.end(), [&](std::uint32_t a, std::uint32_t b) {
    return sizes[a] != sizes[b] ? sizes[a] > sizes[b] : place[a] < place[b];
  });
  std::vector<std::size_t> rows(folds);
  std::vector<std::uint32_t> fold_of(sizes.size());
  for (const std::uint32_t group : groups) {
    const auto fold = std::min_element(rows.begin(), rows.end()) - rows.begin();
    fold_of[group] = static_cast<std::uint32_t>(fold);
    rows[static_cast<std::size_t>(fold)] += sizes[group];
  }
  std::vector<std::uint32_t> fold_of_row(schema.rows.back() + std::size_t{1});
  for (const std::uint32_t row : schema.rows)
    fold_of_row[row] = fold_of[static_cast<std::size_t>(schema.split_codes[row])];
  return fold_of_row;
}

/// [table rows]: class by class, in a drawn order, one row after the other to the next fold.
std::vector<std::uint32_t> deal_rows(const Schema& schema, std::size_t folds, Seed seed) {
  const bool classes = has_classes(schema.task);
  std::vector<std::vector<std::uint32_t>> heaps(classes ? schema.classes.size() : 1);
  for (const std::uint32_t row : schema.rows)
    heaps[classes ? static_cast<std::size_t>(schema.row_class[row]) : 0].push_back(row);
  std::vector<std::uint32_t> fold_of_row(schema.rows.back() + std::size_t{1});
  std::size_t next = 0;
  for (std::size_t heap = 0; heap < heaps.size(); ++heap) {
    base::Random(seed.value, base::Stream::split, kFoldsEpoch, static_cast<std::uint32_t>(heap)).shuffle(heaps[heap]);
    for (const std::uint32_t row : heaps[heap]) fold_of_row[row] = static_cast<std::uint32_t>(next++ % folds);
  }
  return fold_of_row;
}

}  // namespace

Result<Split> split_rows(const Schema& schema, const SplitOptions& options) {
  if (auto fine = check_shares(options, schema.rows.size()); !fine) return fine.error();
  const Shares shares = {1.0 - options.validation - options.test, options.validation, options.test};
  if (schema.split != SplitKind::at_random) return split_by_column(schema, shares, options.seed);
  Split split;
  split.stratified = has_classes(schema.task);
  std::vector<std::vector<std::uint32_t>> groups(split.stratified ? schema.classes.size() : 1);
  for (const std::uint32_t row : schema.rows) {
    groups[split.stratified ? static_cast<std::size_t>(schema.row_class[row]) : 0].push_back(row);
  }
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

Result<std::vector<std::uint32_t>> deal_folds(const Schema& schema, std::size_t folds, Seed seed) {
  const bool grouped = schema.split == SplitKind::by_group;
  const std::size_t most = grouped ? groups_there(rows_of_groups(schema)).size() : schema.rows.size();
  if (folds < 2 || folds > most) {
    return Error{ErrorCode::usage,
                 "--folds",
                 std::to_string(folds),
                 "from 2 to " + std::to_string(most) + ", the number of " + (grouped ? "groups" : "rows"),
                 {}};
  }
  const std::vector<std::uint32_t> fold_of_row =
      grouped ? deal_groups(schema, folds, seed) : deal_rows(schema, folds, seed);
  std::vector<std::uint32_t> fold_of;
  for (const std::uint32_t row : schema.rows) fold_of.push_back(fold_of_row[row]);
  return fold_of;
}

}  // namespace deltarule::data
