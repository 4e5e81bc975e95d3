// Not a peer: how many float32 fused multiply-adds one core does per second, in the peers' protocol. A "pattern" is one
// MFLOP, so that its rate reads as MFLOP/s. Vectors of the widest kind the compiler's target has.
#include "adapter.hpp"

namespace {

#if defined(__AVX512F__)
constexpr std::size_t kBytes = 64;
#elif defined(__AVX__)
constexpr std::size_t kBytes = 32;
#else
constexpr std::size_t kBytes = 16;
#endif
using Vector = float __attribute__((vector_size(kBytes)));
constexpr int kChains = 10;  // more than the latency times the ports of any core, fewer than the registers

/// So many rounds of one multiply-add per chain; contraction makes them fused (-ffp-contract=fast).
float run_chains(std::size_t rounds) {
  Vector sum[kChains];
  for (int c = 0; c < kChains; ++c) sum[c] = Vector{} + static_cast<float>(c);  // equal chains would be merged into one
  Vector factor = Vector{} + 0.999F, summand = Vector{} + 0.001F;
  for (std::size_t r = 0; r < rounds; ++r) {
    asm volatile("" : "+x"(factor), "+x"(summand));
#pragma GCC unroll 16
    for (int c = 0; c < kChains; ++c) sum[c] = sum[c] * factor + summand;
  }
  Vector all = sum[0];
  for (int c = 1; c < kChains; ++c) all += sum[c];
  return all[0];
}

class Peak final : public peers::Peer {
 public:
  explicit Peak(const peers::Work&) {}
  void reset() override {}
  void train(std::size_t, std::size_t count, std::size_t epochs) override {
    for (std::size_t e = 0; e < epochs; ++e) predict(0, count);
  }
  void predict(std::size_t, std::size_t count) override {
    constexpr std::size_t per_round = 2 * kChains * kBytes / sizeof(float);
    kept_ = run_chains(count * 1'000'000 / per_round);  // a "pattern" is one MFLOP
  }
  void outputs(float*) override {}

 private:
  volatile float kept_ = 0.0F;
};

}  // namespace

int main() {
  return peers::serve("FMA loop", [](const peers::Work& work) { return peers::offer<Peak>(work); });
}
