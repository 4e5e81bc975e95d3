// L-BFGS (Nocedal 1980): the inverse of the second derivatives from the last few changes of weights and slopes, by the
// two-loop recursion (Nocedal & Wright 2006, algorithm 7.4), with a strong-Wolfe line search. State and settings are in
// updates/lbfgs.hpp.
#pragma once

#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "deltarule/rules.hpp"
#include "training/full_batch/line_search.hpp"
#include "training/full_batch/method.hpp"

namespace deltarule::training {

/// Places of the numbers in the state. Pair k has the changes of weights in array 2k, those of slopes in 2k + 1.
struct LbfgsNumbers {
  enum : std::size_t { pairs, newest, step_length, wolfe, decreased, count };
};

template <class T>
class Lbfgs final : public FullBatchMethod<T> {
 public:
  Lbfgs(const LBFGS& settings, const network::Network<T>& network);
  void step(Objective<T>& objective, UpdateState<T>& state) override;

 private:
  double point_downhill(UpdateState<T>& state);
  LinePoint at(Objective<T>& objective, double alpha);
  void remember(Objective<T>& objective, UpdateState<T>& state);

  LBFGS settings_;
  base::AlignedBuffer<T> before_, slopes_;  // where the step began
  std::vector<double> direction_;
};

extern template class Lbfgs<float>;
extern template class Lbfgs<double>;

}  // namespace deltarule::training
