// A yardstick, not a library: a plain trainer over a library's matrix product, as a careful user would write it in an
// afternoon. No checks, no options. PEER_OPENBLAS, PEER_BLIS, PEER_DNNL or PEER_XSMM says whose product it is; with
// -O3 -march=native -ffast-math the compiler vectorises the loops around it.
#include <cmath>

#include "adapter.hpp"
#include "product.hpp"

namespace {

using Numbers = std::vector<float>;

/// Distance of rows: whole cache lines, and never a multiple of 1 KiB, which would make rows share cache sets.
std::size_t stride_of(std::size_t units) {
  const std::size_t padded = (units + 15) / 16 * 16;
  return padded % 256 == 0 ? padded + 16 : padded;
}

/// Weights [sending][receiving], so that all three products are the library's plain ones.
struct Layer {
  std::size_t in, out;
  Numbers w, b;
  Numbers slopes, bias_slopes;                   // of the last batch
  Numbers w_first, w_second, b_first, b_second;  // Adam's moments

  Layer(std::size_t sending, std::size_t receiving)
      : in(sending), out(receiving), w(in * out), b(out), slopes(in * out), bias_slopes(out) {}
};

/// A matrix of one row per pattern.
struct Batch {
  std::size_t stride;
  Numbers values;
  Batch(std::size_t patterns, std::size_t units) : stride(stride_of(units)), values(patterns * stride) {}
  float* row(std::size_t pattern) { return values.data() + pattern * stride; }
};

void activate(const std::string& name, float* z, std::size_t n) {
  if (name == "sigmoid")
    for (std::size_t i = 0; i < n; ++i) z[i] = 1.0F / (1.0F + std::exp(-z[i]));
  if (name == "tanh")
    for (std::size_t i = 0; i < n; ++i) z[i] = std::tanh(z[i]);
  if (name == "relu")
    for (std::size_t i = 0; i < n; ++i) z[i] = std::max(z[i], 0.0F);
  if (name != "softmax") return;
  float largest = z[0], sum = 0.0F;
  for (std::size_t i = 1; i < n; ++i) largest = std::max(largest, z[i]);
  for (std::size_t i = 0; i < n; ++i) sum += z[i] = std::exp(z[i] - largest);
  for (std::size_t i = 0; i < n; ++i) z[i] /= sum;
}

/// d ← d · f′, written with the activation a = f(z).
void times_derivative(const std::string& name, const float* a, float* d, std::size_t n) {
  if (name == "sigmoid")
    for (std::size_t i = 0; i < n; ++i) d[i] *= a[i] * (1.0F - a[i]);
  if (name == "tanh")
    for (std::size_t i = 0; i < n; ++i) d[i] *= 1.0F - a[i] * a[i];
  if (name == "relu")
    for (std::size_t i = 0; i < n; ++i) d[i] = a[i] > 0.0F ? d[i] : 0.0F;
}

void adam(Numbers& w, Numbers& first, Numbers& second, const Numbers& slope, float step, float root, float scale) {
  for (std::size_t i = 0; i < w.size(); ++i) {
    const float g = slope[i] * scale;
    first[i] = 0.9F * first[i] + 0.1F * g;
    second[i] = 0.999F * second[i] + 0.001F * g * g;
    w[i] -= step * first[i] / (std::sqrt(second[i]) * root + 1e-8F);
  }
}

class Yardstick final : public peers::Peer {
 public:
  explicit Yardstick(const peers::Work& work) : work_(work), batch_(work.batch) {
    for (const std::size_t units : work.sizes) {
      a_.emplace_back(batch_, units);
      d_.emplace_back(batch_, units);
    }
  }

  void reset() override {
    layers_.clear();
    steps_ = 0;
    const float* from = work_.weights.data();
    for (std::size_t l = 0; l < work_.layers(); ++l) {
      Layer& layer = layers_.emplace_back(work_.sizes[l], work_.sizes[l + 1]);
      for (std::size_t r = 0; r < layer.out; ++r)
        for (std::size_t s = 0; s < layer.in; ++s) layer.w[s * layer.out + r] = *from++;
      std::copy_n(from, layer.out, layer.b.data());
      from += layer.out;
      if (work_.rule != "adam") continue;
      layer.w_first = layer.w_second = Numbers(layer.w.size());
      layer.b_first = layer.b_second = Numbers(layer.out);
    }
  }

  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    for (std::size_t e = 0; e < epochs; ++e)
      for (std::size_t p = first; p < first + count; p += batch_) step(p);
  }

  void predict(std::size_t first, std::size_t count) override {
    for (std::size_t p = first; p < first + count; p += batch_) forward(p, batch_);
  }

  void outputs(float* y) override {
    for (std::size_t p = 0; p < work_.count; p += batch_) {
      const std::size_t n = std::min(batch_, work_.count - p);
      forward(p, n);
      for (std::size_t i = 0; i < n; ++i) y = std::copy_n(a_.back().row(i), work_.sizes.back(), y);
    }
  }

 private:
  [[nodiscard]] const std::string& activation(std::size_t layer) const {
    return layer + 1 == layers_.size() ? work_.output : work_.hidden;
  }

  void forward(std::size_t first, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) std::copy_n(work_.x(first + i), work_.sizes.front(), a_[0].row(i));
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      for (std::size_t i = 0; i < n; ++i) std::copy_n(layer.b.data(), layer.out, a_[l + 1].row(i));
      product::times_weights(n, layer.in, layer.out, a_[l].row(0), a_[l].stride, layer.w.data(), a_[l + 1].row(0),
                             a_[l + 1].stride);
      for (std::size_t i = 0; i < n; ++i) activate(activation(l), a_[l + 1].row(i), layer.out);
    }
  }

  /// d of the outputs: a − t for softmax with cross entropy and for the identity, (a − t) f′ otherwise.
  void output_deltas(std::size_t first) {
    for (std::size_t i = 0; i < batch_; ++i) {
      const float *a = a_.back().row(i), *t = work_.t(first + i);
      float* d = d_.back().row(i);
      for (std::size_t o = 0; o < work_.sizes.back(); ++o) d[o] = a[o] - t[o];
      times_derivative(work_.output, a, d, work_.sizes.back());
    }
  }

  void step(std::size_t first) {
    ++steps_;
    forward(first, batch_);
    output_deltas(first);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      const Layer& layer = layers_[l];
      if (l > 0) {
        product::times_transposed(batch_, layer.in, layer.out, d_[l + 1].row(0), d_[l + 1].stride, layer.w.data(),
                                  d_[l].row(0), d_[l].stride);
        for (std::size_t i = 0; i < batch_; ++i) times_derivative(work_.hidden, a_[l].row(i), d_[l].row(i), layer.in);
      }
      update(l);
    }
  }

  void update(std::size_t l) {
    Layer& layer = layers_[l];
    std::fill(layer.bias_slopes.begin(), layer.bias_slopes.end(), 0.0F);
    for (std::size_t i = 0; i < batch_; ++i) {
      const float* d = d_[l + 1].row(i);
      for (std::size_t o = 0; o < layer.out; ++o) layer.bias_slopes[o] += d[o];
    }
    const float scale = 1.0F / static_cast<float>(batch_);
    const auto slopes = [&](float factor, bool onto, Numbers& to) {
      product::slopes(batch_, layer.in, layer.out, factor, a_[l].row(0), a_[l].stride, d_[l + 1].row(0),
                      d_[l + 1].stride, onto, to.data());
    };
    if (work_.rule != "adam") {
      const float factor = -static_cast<float>(work_.rate) * scale;
      slopes(factor, true, layer.w);  // the product itself adds to the weights
      for (std::size_t o = 0; o < layer.out; ++o) layer.b[o] += factor * layer.bias_slopes[o];
      return;
    }
    slopes(1.0F, false, layer.slopes);
    const double t = static_cast<double>(steps_);
    const auto step = static_cast<float>(work_.rate / (1.0 - std::pow(0.9, t)));
    const auto root = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(0.999, t)));
    adam(layer.w, layer.w_first, layer.w_second, layer.slopes, step, root, scale);
    adam(layer.b, layer.b_first, layer.b_second, layer.bias_slopes, step, root, scale);
  }

  const peers::Work& work_;
  std::size_t batch_, steps_ = 0;
  std::vector<Layer> layers_;
  std::vector<Batch> a_, d_;
};

}  // namespace

int main() {
  return peers::serve(product::version(), [](const peers::Work& work) { return peers::offer<Yardstick>(work); });
}
