// FANN (libfloatfann) as a peer: its incremental training, its batch training on subsets, its fann_run. It has neither
// relu, softmax nor Adam.
#include <floatfann.h>

#include "adapter.hpp"

namespace {

struct Free {
  void operator()(fann* network) const { fann_destroy(network); }
  void operator()(fann_train_data* data) const { fann_destroy_train(data); }
};

fann_activationfunc_enum activation(const std::string& name) {
  if (name == "tanh") return FANN_SIGMOID_SYMMETRIC;
  return name == "identity" ? FANN_LINEAR : FANN_SIGMOID;
}

class Fann final : public peers::Peer {
 public:
  explicit Fann(const peers::Work& work) : work_(work) {
    std::vector<unsigned> sizes(work.sizes.begin(), work.sizes.end());
    network_.reset(fann_create_standard_array(static_cast<unsigned>(sizes.size()), sizes.data()));
    fann_set_activation_function_hidden(network_.get(), activation(work.hidden));
    fann_set_activation_function_output(network_.get(), activation(work.output));
    // FANN's sigmoid is 1 / (1 + exp(-2 s x)), its symmetric one tanh(s x).
    fann_set_activation_steepness_hidden(network_.get(), work.hidden == "tanh" ? 1.0F : 0.5F);
    fann_set_activation_steepness_output(network_.get(), work.output == "identity" ? 1.0F : 0.5F);
    fann_set_training_algorithm(network_.get(), work.batch == 1 ? FANN_TRAIN_INCREMENTAL : FANN_TRAIN_BATCH);
    fann_set_train_error_function(network_.get(), FANN_ERRORFUNC_LINEAR);
    fann_set_learning_momentum(network_.get(), 0.0F);
    fann_set_learning_rate(network_.get(), static_cast<float>(work.rate));
    if (work.trains && work.batch > 1) make_batches();
  }

  /// FANN keeps the weights of a unit together, its bias last.
  void reset() override {
    const float* from = work_.weights.data();
    fann_type* to = network_->weights;
    for (std::size_t l = 0; l < work_.layers(); ++l) {
      const std::size_t in = work_.sizes[l], out = work_.sizes[l + 1];
      for (std::size_t r = 0; r < out; ++r) {
        to = std::copy_n(from + r * in, in, to);
        *to++ = from[in * out + r];
      }
      from += (in + 1) * out;
    }
  }

  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    for (std::size_t e = 0; e < epochs; ++e) {
      for (std::size_t p = first; p < first + count; p += work_.batch) {
        if (work_.batch == 1)
          fann_train(network_.get(), x(p), const_cast<float*>(work_.t(p)));
        else
          fann_train_epoch(network_.get(), batches_[p / work_.batch].get());
      }
    }
  }

  void predict(std::size_t first, std::size_t count) override {
    for (std::size_t p = first; p < first + count; ++p) fann_run(network_.get(), x(p));
  }

  void outputs(float* y) override {
    for (std::size_t p = 0; p < work_.count; ++p)
      y = std::copy_n(fann_run(network_.get(), x(p)), work_.sizes.back(), y);
  }

 private:
  /// The interface takes pointers to non-const and only reads.
  [[nodiscard]] float* x(std::size_t pattern) const { return const_cast<float*>(work_.x(pattern)); }

  void make_batches() {
    const auto inputs = static_cast<unsigned>(work_.sizes.front()), outputs = static_cast<unsigned>(work_.sizes.back());
    for (std::size_t p = 0; p < work_.count; p += work_.batch) {
      fann_train_data* data = fann_create_train(static_cast<unsigned>(work_.batch), inputs, outputs);
      for (std::size_t i = 0; i < work_.batch; ++i) {
        std::copy_n(work_.x(p + i), inputs, data->input[i]);
        std::copy_n(work_.t(p + i), outputs, data->output[i]);
      }
      batches_.emplace_back(data);
    }
  }

  const peers::Work& work_;
  std::unique_ptr<fann, Free> network_;
  std::vector<std::unique_ptr<fann_train_data, Free>> batches_;
};

peers::Offer make(const peers::Work& work) {
  if (work.rule != "sgd") return peers::refusal("no Adam");
  if (!work.trains && work.batch > 1) return peers::refusal("one pattern per call only");
  if (work.loss == "softmax_cross_entropy")
    return peers::offer<Fann>(work, "sigmoid and squared error in place of relu and softmax", "half_squared_error");
  return peers::offer<Fann>(work);
}

}  // namespace

int main() { return peers::serve("FANN " PEER_VERSION, make); }
