// What the tests of this room share: tables from text, and exact expectations about errors and notices.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "data/notice.hpp"
#include "data/readers/csv.hpp"
#include "data/schema.hpp"
#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data::testing {

inline Table table_of(std::string_view text, const CsvOptions& options = {}) {
  Notices notices;
  auto table = parse_csv(text, "t.csv", options, notices);
  EXPECT_TRUE(table.ok()) << (table.ok() ? "" : table.error().message());
  return table.ok() ? std::move(*table) : Table{};
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The error has this code and exactly this place, its `got` holds the given words, and it says what was needed.
template <class T>
void expect_error(const Result<T>& result, ErrorCode code, std::string_view place, std::string_view got) {
  ASSERT_FALSE(result.ok()) << "expected at " << place << ": " << got;
  EXPECT_EQ(result.error().code, code) << result.error().message();
  EXPECT_EQ(result.error().place, place) << result.error().message();
  EXPECT_TRUE(contains(result.error().got, got)) << result.error().message() << "\nexpected: " << got;
  EXPECT_FALSE(result.error().needed.empty()) << result.error().message();
}

inline void expect_notice(const Notices& notices, std::string_view part) {
  for (const Notice& notice : notices) {
    if (contains(notice.text, part)) return;
  }
  std::string all;
  for (const Notice& notice : notices) all += "\n  " + notice.text;
  ADD_FAILURE() << "no notice says: " << part << all;
}

}  // namespace deltarule::data::testing
