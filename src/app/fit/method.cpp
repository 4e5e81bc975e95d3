// What a rule that moves all weights together asks of a run: all rows per step, a loss and a size that suit it. Says
// among the choices how much memory it takes. Other rules ask nothing.
#include <cmath>
#include <string>

#include "app/engine/unwrap.hpp"
#include "app/fit/settings.hpp"
#include "base/graph.hpp"
#include "io/number.hpp"
#include "training/full_batch/limits.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {

double rule_bytes(const Settings& settings, const base::Graph& graph) {
  if (!training::entry_of(settings.trainer.optimizer).together) return 0.0;
  const std::size_t number = settings.f64 ? sizeof(double) : sizeof(float);
  const auto arrays = training::make_update<double>(settings.trainer.optimizer)->state_names().size();
  return training::method_bytes(settings.trainer, graph, number) +
         static_cast<double>(arrays * graph.weight_count() * number);
}

void check_method(const FitOptions& options, const Settings& settings, ChoiceList& choices) {
  const training::UpdateEntry& rule = training::entry_of(settings.trainer.optimizer);
  if (!rule.together) return;
  const std::string name(rule.name);
  if (options.batch_size.value_or(0) != 0) {
    throw Exception({ErrorCode::usage, "--batch-size",
                     std::to_string(*options.batch_size) + " with the optimizer " + name,
                     "all: it goes by the slopes of all rows together",
                     "Leave out --batch-size, or use an optimizer for mini-batches such as adamw"});
  }
  const base::Graph graph = unwrap(base::Graph::create(settings.network));
  const auto loss = unwrap(derivation::find_loss(settings.network.loss));
  if (const auto checked = training::check_method(settings.trainer, graph, loss.kind); !checked)
    throw Exception(checked.error());
  constexpr double kMebibyte = 1048576.0;
  const double tenths = std::ceil(rule_bytes(settings, graph) / kMebibyte * 10.0);
  choices.add("rule memory",
              io::to_text(tenths / 10.0) + " MB for " + std::to_string(graph.connection_count()) + " weights",
              "--optimizer", false);
}

}  // namespace deltarule::app
