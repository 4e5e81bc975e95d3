// Why did this weight move? One pattern of a model through equations (1) to (12) of docs/derivation.md with live
// numbers. docs/explain.md says how to read it.
#pragma once

#include <string>
#include <vector>

#include "deltarule/dataset.hpp"
#include "deltarule/explanation.hpp"
#include "deltarule/model.hpp"

namespace deltarule {

/// One row of the table, in double on the model's own weights and preprocessing. Throws Exception: data for a row that
/// there is not or that has no target, spec for units, weights and mistakes that there are not.
[[nodiscard]] Explanation explain_row(const Model& model, const Table& table, const ExplainOptions& options = {});

/// The same of a lesson that needs no files: "xor", "mazur", "encoder". Throws Exception (spec).
[[nodiscard]] Explanation explain_demo(const std::string& name, const ExplainOptions& options = {});
[[nodiscard]] std::vector<std::string> explain_demos();

/// As a page.
[[nodiscard]] std::string to_text(const Explanation& explanation, const ExplainLayout& layout = {});

/// Every mistake but none: "sign", "transpose" …, and what each does wrong, in words.
struct MistakeName {
  Mistake mistake = Mistake::none;
  std::string name = {}, words = {};
};
[[nodiscard]] std::vector<MistakeName> mistake_names();

/// The slopes of the whole network against complex steps and central differences, and the engine's against them, for
/// `patterns` rows spread over the table. Throws Exception (data) for a table without targets.
[[nodiscard]] GradientCheck check_gradients(const Model& model, const Table& table, std::size_t patterns = 10);

}  // namespace deltarule
