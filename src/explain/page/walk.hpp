// From a trace to an explanation: which units and weights are looked at, and their lines in the order of computation.
// Every number that is put in has stood above.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/explanation.hpp"
#include "explain/page/lines.hpp"
#include "explain/proof/proof.hpp"

namespace deltarule::explain {

/// What is looked at.
struct Focus {
  Unit output;                        // (9), (10)
  std::optional<Link> output_weight;  // a weight into it
  std::optional<Unit> hidden;         // (11), (12)
  std::optional<Link> hidden_weight;  // a weight into it
  std::optional<Unit> input;          // (11) alone
  std::optional<Unit> all_weights;    // the changes of all weights into this unit
};

/// By unit or weight; without either, the output with the largest error, the weight from a hidden unit that has the
/// steepest slope, that unit, and the steepest weight into it. Spec error for names that are none.
Result<Focus> choose_focus(const Trace& trace, const ExplainOptions& options);

/// proof: adds its evidence to each line; null: none.
[[nodiscard]] std::vector<ExplainedSection> walk(const Trace& trace, const Focus& focus, const ExplainOptions& options,
                                                 Proof* proof);
/// The weights whose changes are looked at, at most so many as there are terms.
[[nodiscard]] std::vector<Link> links_of(const Trace& trace, const Focus& focus, const ExplainOptions& options);

/// Network, pattern and targets, a line each.
[[nodiscard]] std::vector<Filled> setting_of(const Trace& trace, const ExplainOptions& options);
/// What else could be asked.
[[nodiscard]] std::vector<std::string> closing_of(const Trace& trace, const Focus& focus,
                                                  const ExplainOptions& options);

}  // namespace deltarule::explain
