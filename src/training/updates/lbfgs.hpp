// L-BFGS (Nocedal 1980). Remembers the last changes of weights and slopes in pairs, a ring of them: how many there are
// and which is the newest; of the last step its length, and whether the strong Wolfe conditions held.
#pragma once

#include "deltarule/rules.hpp"
#include "training/full_batch/lbfgs.hpp"
#include "training/updates/together.hpp"

namespace deltarule::training {

template <class T>
class LbfgsUpdate final : public TogetherUpdate<T> {
 public:
  explicit LbfgsUpdate(const LBFGS& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override {
    std::vector<std::string> names;
    for (std::size_t pair = 1; pair <= static_cast<std::size_t>(settings_.history); ++pair) {
      names.push_back("weight_change" + std::to_string(pair));
      names.push_back("slope_change" + std::to_string(pair));
    }
    return names;
  }
  [[nodiscard]] std::vector<std::string> number_names() const override {
    return {"pairs", "newest", "step_length", "wolfe", "decreased"};
  }
  [[nodiscard]] std::unique_ptr<FullBatchMethod<T>> method(const network::Network<T>& network,
                                                           const TrainerOptions& /*options*/) const override {
    return std::make_unique<Lbfgs<T>>(settings_, network);
  }

 private:
  LBFGS settings_;
};

}  // namespace deltarule::training
