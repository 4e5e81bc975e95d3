// One moment of a run as bytes: epoch, step, and the arrays that were asked for, in the orientation of the files. Nets,
// activations and deltas are those of the passes that training takes (network/passes.hpp), dropout and noise off.
// Decides no moment and keeps none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/pattern_source.hpp"
#include "deltarule/record.hpp"
#include "network/network.hpp"
#include "network/targets.hpp"
#include "network/workspace.hpp"

namespace deltarule::app {

/// One array of a moment, and where it lies in the moment's bytes.
struct MomentArray {
  std::string name = {};                  // "weights/h1"
  std::string type = {};                  // as in io::NpyArray
  std::vector<std::uint64_t> shape = {};  // of one moment
  std::size_t place = 0, bytes = 0;
};

/// "h1" … for hidden layers, "out" for the last, counting from 0.
[[nodiscard]] std::string layer_name(const base::Graph& graph, std::size_t layer);
/// All arrays of a moment, one right after the other. `rows`: how many are looked at.
[[nodiscard]] std::vector<MomentArray> arrays_of_moment(const RecordOptions& what, const base::Graph& graph, bool f64,
                                                        std::size_t rows);
[[nodiscard]] std::size_t bytes_of_moment(const std::vector<MomentArray>& arrays);

template <class T>
class Moment {
 public:
  /// Patterns 0 … rows − 1 of the source are looked at. Both must outlive this.
  Moment(const RecordOptions& what, network::Network<T>& network, const base::PatternSource<T>& source,
         std::size_t rows, const network::LabelSmoothing& smoothing);

  [[nodiscard]] const std::vector<MomentArray>& arrays() const { return arrays_; }
  /// The network as it is now; valid until the next call.
  std::span<const std::byte> take(std::uint64_t epoch, std::uint64_t step);

 private:
  void take_weights();
  void take_passes();
  void take_row(std::size_t row, std::size_t of);
  void put(const base::Panels<T>& from, std::size_t row, std::size_t of);
  [[nodiscard]] bool looks_at_rows() const { return what_.activations || what_.deltas; }

  RecordOptions what_;
  network::Network<T>& network_;
  const base::PatternSource<T>& source_;
  std::size_t rows_;
  network::LabelSmoothing smoothing_;
  std::vector<MomentArray> arrays_;
  std::size_t next_ = 0;  // among the arrays
  std::vector<std::byte> bytes_;
  network::Workspace<T> workspace_;
};

extern template class Moment<float>;
extern template class Moment<double>;

}  // namespace deltarule::app
