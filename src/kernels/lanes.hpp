// Several small networks of the same wiring in one vector: network l is lane l of every number. The program of a
// pattern, chosen once for the machine's instruction set. Lanes never meet, so each has the bits of the network alone:
// the order of every sum is that of kernels.hpp. Knows arrays and lanes; knows no jobs, epochs or stopping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/kinds.hpp"

namespace deltarule::kernels {

/// The weights between one source and a layer, canonical: [unit][sender] from first_weight.
struct LaneBlock {
  bool from_input = false;
  std::size_t first_unit = 0;  // place of the source's first unit among all units; unless from_input
  std::size_t senders = 0;
  std::size_t first_weight = 0;
};

/// A block seen from the layer that it leaves: where the deltas of (11) come from.
struct LaneAbove {
  std::size_t first_unit = 0;  // of the layer fed
  std::size_t units = 0;       // of the layer fed
  std::size_t first_weight = 0;
};

struct LaneLayer {
  std::size_t units = 0;
  std::size_t first_unit = 0;  // place of its first unit among all units
  base::ActivationKind activation = base::ActivationKind::identity;
  double parameter = 0.0;
  std::vector<LaneBlock> blocks = {};  // sources ascending
  std::vector<LaneAbove> above = {};   // last layer first
  std::size_t first_weight = 0;        // of its first block; its weights end where its biases begin
  std::size_t first_bias = 0;
  bool bias = false;
  bool train_bias = false;
};

enum class LaneRule : std::uint8_t { delta_rule, momentum, nesterov, adam, rmsprop };

/// ∂E/∂a (for a loss from net inputs: the deltas) and E of one pattern in every lane, where they are not half the
/// squared error. net, a, t, to: [outputs][lanes]; E: [lanes]. A lane whose E is not finite, or huge, gets NaN in `to`.
template <class T>
using LaneLoss = void (*)(const void* context, const T* net, const T* a, const T* t, T* to, double* E);

/// What all lanes have in common.
template <class T>
struct LanePlan {
  std::size_t inputs = 0, outputs = 0;
  std::size_t units = 0;    // of all layers
  std::size_t weights = 0;  // and biases, in canonical order
  std::vector<LaneLayer> layers = {};
  std::vector<std::uint8_t> movable = {};  // empty, or per weight: 0 = must not move
  LaneRule rule = LaneRule::delta_rule;
  bool l2 = false, l1 = false;
  LaneLoss<T> loss = nullptr;  // null: half the squared error, and no softmax
  const void* loss_context = nullptr;
  bool loss_gives_deltas = false;
};

/// The settings of the rule, one number per lane and setting: [setting][lanes].
enum LaneSetting : std::uint8_t {
  kLaneRate,
  kLaneMomentum,
  kLaneBeta1,
  kLaneRest1,  // 1 − β₁
  kLaneBeta2,  // or ρ
  kLaneRest2,  // 1 − β₂, or 1 − ρ
  kLaneInverseRootCorrection,
  kLaneEpsilon,
  kLaneDecay,
  kLaneL2,
  kLaneL1,
  kLaneShare,    // of a pattern in a mini-batch: 1 / patterns, or 1 when slopes are summed
  kLaneSettings  // how many there are
};

/// The numbers of all lanes, each array [n][lanes] on a 64-byte boundary.
template <class T>
struct LaneMemory {
  T* weights = nullptr;
  T* first_state = nullptr;   // velocity, or mean
  T* second_state = nullptr;  // square
  T* slopes = nullptr;        // [weights]; of a mini-batch
  T* net = nullptr;           // [units]
  T* activations = nullptr;   // [units]
  T* deltas = nullptr;        // [units]
  T* settings = nullptr;      // [kLaneSettings]
  T* softmax = nullptr;       // [2]: largest net input of the outputs, sum of the exponentials above it
  T* active = nullptr;        // [1]: 1 for lanes that take part, else 0
  T* size = nullptr;          // [1]: Σ of squares of activations and deltas since the batch began
  double* loss = nullptr;     // [1]: E of the last pattern
};

/// One table per instruction set, as Kernels<T>. x: [inputs][lanes], t: [outputs][lanes]. `partial`: lanes that take no
/// part have something to lose; without it their numbers become meaningless. Nothing allocates, throws or locks.
template <class T>
struct LaneKernels {
  const char* name;
  bool fused;         // arithmetic class
  std::size_t lanes;  // networks at a time

  /// Equation (4) and f, layer by layer; E into memory.loss when t is not null.
  void (*forward)(const LanePlan<T>& plan, const LaneMemory<T>& memory, const T* x, const T* t);
  /// One pattern, one change of the weights. False, and no weight has changed, when a lane that takes part has a number
  /// that is not finite or a `size` of kLaneLimit or more: memory.size tells which.
  bool (*learn_one)(const LanePlan<T>& plan, const LaneMemory<T>& memory, const T* x, const T* t, bool partial);
  /// One pattern of a mini-batch: adds to memory.slopes and memory.size.
  void (*add_pattern)(const LanePlan<T>& plan, const LaneMemory<T>& memory, const T* x, const T* t, bool partial);
  /// memory.slopes += part for the lanes that take part: the sums of chunks become the sum of a batch.
  void (*add_chunk)(const LanePlan<T>& plan, const LaneMemory<T>& memory, const T* part);
  /// The weight change of a mini-batch. False, and no weight has changed, as in learn_one.
  bool (*change_weights)(const LanePlan<T>& plan, const LaneMemory<T>& memory, bool partial);
  /// errors[l] += (t − a)² for every output in order, after forward; for lanes that take part.
  void (*add_squared_errors)(const LanePlan<T>& plan, const LaneMemory<T>& memory, const T* t, double* errors);
};

/// Below this a lane's numbers are so small that no square, product or sum of the refusal rule (training/trainer.hpp)
/// can be anything but finite: inputs and targets up to kLaneLargestInput, fewer than kLaneMostPatterns of them.
template <class T>
inline constexpr T kLaneLimit = sizeof(T) == 4 ? T(0x1p40) : T(0x1p200);
template <class T>
inline constexpr T kLaneLargestInput = sizeof(T) == 4 ? T(0x1p20) : T(0x1p100);
inline constexpr std::size_t kLaneMostPatterns = std::size_t{1} << 22;

/// The table for so many networks at once, of the arithmetic class of kernels<T>(): the one with the same name, or a
/// narrower one that holds them, too.
template <class T>
const LaneKernels<T>& lane_kernels(std::size_t networks);

/// The scalar twin of an arithmetic class, with one lane.
template <class T>
const LaneKernels<T>& lane_twin(bool fused = true);

/// Every table that this machine can run, widest first, the twin included.
template <class T>
std::vector<const LaneKernels<T>*> runnable_lanes();

}  // namespace deltarule::kernels
