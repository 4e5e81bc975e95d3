// Levenberg-Marquardt (Hagan & Menhaj 1994), with Bayesian regularisation (MacKay 1992; Foresee & Hagan 1997).
// Remembers μ, and with the latter α, β and γ.
#pragma once

#include "deltarule/rules.hpp"
#include "training/full_batch/levenberg_marquardt.hpp"
#include "training/updates/together.hpp"

namespace deltarule::training {

template <class T>
class MarquardtUpdate final : public TogetherUpdate<T> {
 public:
  explicit MarquardtUpdate(const LevenbergMarquardt& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> number_names() const override {
    return {"mu", "alpha", "beta", "gamma", "decreased"};
  }
  [[nodiscard]] double first_number(std::size_t number) const override {
    switch (number) {
      case MarquardtNumbers::mu:
        return settings_.mu;
      case MarquardtNumbers::alpha:
        return kFirstAlpha;
      case MarquardtNumbers::beta:
        return 1.0;
      default:
        return 0.0;
    }
  }
  [[nodiscard]] std::unique_ptr<FullBatchMethod<T>> method(const network::Network<T>& network,
                                                           const TrainerOptions& options) const override {
    return std::make_unique<Marquardt<T>>(settings_, network, options);
  }

 private:
  /// Small, but not 0: with it the matrix of more weights than patterns has an inverse.
  static constexpr double kFirstAlpha = 0.01;
  LevenbergMarquardt settings_;
};

}  // namespace deltarule::training
