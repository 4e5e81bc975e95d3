// Homework by seed: a sheet of questions about one pattern of a small network, its key, and the marking of answers, of
// homework or of any lesson that explain.hpp explains.
#pragma once

#include <cstdint>
#include <string>

#include "deltarule/dataset.hpp"
#include "deltarule/explanation.hpp"
#include "deltarule/marking.hpp"
#include "deltarule/model.hpp"

namespace deltarule {

/// Markdown or, for ExplainFormat::latex, a LaTeX document. Equal seeds give equal sheets.
[[nodiscard]] std::string homework_sheet(std::uint64_t seed, ExplainFormat format = ExplainFormat::markdown);
[[nodiscard]] std::string homework_key(std::uint64_t seed, ExplainFormat format = ExplainFormat::markdown);

/// Marks the answers in a file ("-" is standard input), a line each: "I(h1.1) = 0.350". Throws Exception: io; data,
/// with file and line; spec for networks whose numbers are not asked for one by one.
[[nodiscard]] Marking mark_homework(std::uint64_t seed, const std::string& answers);
[[nodiscard]] Marking mark_demo(const std::string& name, const ExplainOptions& options, const std::string& answers);
[[nodiscard]] Marking mark_row(const Model& model, const Table& table, const ExplainOptions& options,
                               const std::string& answers);

/// In words.
[[nodiscard]] std::string to_text(const Marking& marking);

}  // namespace deltarule
