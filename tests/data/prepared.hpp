// What the tests of binding and gathering share: a fitted preprocessing, and rows gathered through it.
#pragma once

#include <numeric>
#include <utility>
#include <vector>

#include "data/binding.hpp"
#include "data/prepared_patterns.hpp"
#include "tables.hpp"

namespace deltarule::data::testing {

inline Preprocessing fitted_on(const Table& table, const SchemaOptions& schema_options = {.targets = {"y"}},
                               const PreprocessingOptions& options = {}) {
  Notices notices;
  const auto schema = make_schema(table, schema_options, notices);
  EXPECT_TRUE(schema.ok()) << (schema.ok() ? "" : schema.error().message());
  if (!schema.ok()) return {};
  auto fitted = fit_preprocessing(table, *schema, schema->rows, options, notices);
  EXPECT_TRUE(fitted.ok()) << (fitted.ok() ? "" : fitted.error().message());
  return fitted.ok() ? std::move(*fitted) : Preprocessing{};
}

template <class T>
struct Gathered {
  std::vector<T> x, t;
  friend bool operator==(const Gathered&, const Gathered&) = default;
};

/// Patterns of `source` by number, rows without padding. Starts from rubbish so that unwritten places show.
template <class T>
Gathered<T> gather(const PreparedPatterns<T>& source, const std::vector<std::uint32_t>& patterns) {
  Gathered<T> out{std::vector<T>(patterns.size() * source.inputs(), T{-77}),
                  std::vector<T>(patterns.size() * source.targets(), T{-77})};
  source.gather(patterns, {out.x.data(), patterns.size(), source.inputs(), source.inputs()},
                {out.t.data(), patterns.size(), source.targets(), source.targets()});
  return out;
}

/// Every row of the table, bound and gathered.
template <class T = double>
Gathered<T> prepare(const Table& table, const Preprocessing& rules, const BindOptions& options = {}) {
  Notices notices;
  const auto bound = bind_table(table, rules, options, notices);
  EXPECT_TRUE(bound.ok()) << (bound.ok() ? "" : bound.error().message());
  if (!bound.ok()) return {};
  const PreparedPatterns<T> patterns(*bound, bound->rows_with_targets());
  std::vector<std::uint32_t> all(patterns.size());
  std::iota(all.begin(), all.end(), 0U);
  return gather(patterns, all);
}

}  // namespace deltarule::data::testing
