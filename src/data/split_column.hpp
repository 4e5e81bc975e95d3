// A column that decides the split: groups that stay together, the order in time, or the part of each row by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

/// at_random: no column; by_group: no group in two parts; by_time: the last rows are the test, those before them the
/// validation; by_part: the column says train, validation or test.
enum class SplitKind : std::uint8_t { at_random, by_group, by_time, by_part };

/// The option that asks for it: "--group-by" …; empty for at_random.
[[nodiscard]] const char* split_option(SplitKind kind);
/// "random", "group", "time", "column".
[[nodiscard]] const char* split_name(SplitKind kind);

/// Codes of by_part.
inline constexpr std::int32_t kTrainingPart = 0;
inline constexpr std::int32_t kValidationPart = 1;
inline constexpr std::int32_t kTestPart = 2;

/// One code for each row of the table, −1 where the row is not among `rows`. by_group: the group, counting from 0 in
/// the order of first appearance; by_time: the rank of the row's time, equal times alike; by_part: the part. Fails
/// (data) with the place of the first cell that has no value, is no time or names no part, or of a column in which all
/// rows are alike (by_group, by_time) or no row is to be trained on, or none held out (by_part).
Result<std::vector<std::int32_t>> split_codes(const Table& table, std::size_t column, SplitKind kind,
                                              const std::vector<std::uint32_t>& rows);

}  // namespace deltarule::data
