// What the units of a network do over some rows: which are dead, which saturated, what they hear of the errors, which
// inputs reach them. One pass, up to the rows' own number or kRowsLookedAt; changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/prepared_patterns.hpp"
#include "deltarule/health.hpp"
#include "network/passes.hpp"

namespace deltarule::app {

/// Rows are looked at up to this many, at equal distances: what one epoch of so many rows costs, once.
inline constexpr std::size_t kRowsLookedAt = 2000;

template <class T>
class UnitsLook {
 public:
  /// Looks at the patterns; both must outlive it.
  UnitsLook(const network::Network<T>& network, const data::PreparedPatterns<T>& patterns);

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::vector<LayerHealth> layers() const;
  /// Names of inputs whose weights, times their spread, are next to nothing beside the others'.
  [[nodiscard]] std::vector<std::string> unused_inputs(const std::vector<std::string>& names) const;

 private:
  struct UnitRange {
    double low = 0.0, high = 0.0;
    std::size_t near_a_bound = 0;
  };
  void take_row(network::Workspace<T>& workspace, std::size_t r, bool is_first);

  const network::Network<T>& network_;
  std::size_t rows_ = 0;
  std::vector<std::vector<UnitRange>> ranges_;
  std::vector<double> squares_;               // Σ δ² per layer
  std::vector<double> sums_, input_squares_;  // per input
};

extern template class UnitsLook<float>;
extern template class UnitsLook<double>;

/// Whether so many units of a layer are so that it is worth a word.
[[nodiscard]] bool has_many_dead(const LayerHealth& layer);
[[nodiscard]] bool has_many_saturated(const LayerHealth& layer);

/// "3 of 8 relu units of layer 1 are dead"; layer l counts from 0.
[[nodiscard]] std::string dead_text(const LayerHealth& layer, std::size_t l);
[[nodiscard]] std::string saturated_text(const LayerHealth& layer, std::size_t l);

}  // namespace deltarule::app
