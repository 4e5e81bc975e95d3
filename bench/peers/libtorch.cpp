// libtorch, the C++ face of PyTorch, as a peer: modules, autograd and its optimizers, batches as views of the resident
// data. The Python face is in pytorch_peer.py.
#include <torch/torch.h>

#include "adapter.hpp"

namespace {

class LibTorch final : public peers::Peer {
 public:
  explicit LibTorch(const peers::Work& work) : work_(work) {
    x_ = matrix(work.inputs.data(), work.count, work.sizes.front());
    t_ = matrix(work.targets.data(), work.count, work.sizes.back());
    labels_ = t_.argmax(1);
  }

  void reset() override {
    torch::NoGradGuard guard;
    layers_.clear();
    std::vector<torch::Tensor> parameters;
    const float* from = work_.weights.data();
    for (std::size_t l = 0; l < work_.layers(); ++l) {
      const auto in = static_cast<std::int64_t>(work_.sizes[l]), out = static_cast<std::int64_t>(work_.sizes[l + 1]);
      torch::nn::Linear& layer = layers_.emplace_back(in, out);
      layer->weight.copy_(matrix(from, out, in));
      layer->bias.copy_(matrix(from + in * out, 1, out).squeeze(0));
      from += (in + 1) * out;
      parameters.push_back(layer->weight);
      parameters.push_back(layer->bias);
    }
    if (work_.rule == "adam")
      optimizer_ = std::make_unique<torch::optim::Adam>(parameters, work_.rate);
    else
      optimizer_ = std::make_unique<torch::optim::SGD>(parameters, work_.rate);
  }

  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    const auto n = static_cast<std::int64_t>(work_.batch);
    for (std::size_t e = 0; e < epochs; ++e) {
      for (std::size_t p = first; p < first + count; p += work_.batch) {
        const auto at = static_cast<std::int64_t>(p);
        optimizer_->zero_grad();
        loss(forward(x_.narrow(0, at, n)), at, n).backward();
        optimizer_->step();
      }
    }
  }

  void predict(std::size_t first, std::size_t count) override {
    const torch::InferenceMode guard;
    const auto n = static_cast<std::int64_t>(work_.batch);
    for (std::size_t p = first; p < first + count; p += work_.batch)
      kept_ = *answer(x_.narrow(0, static_cast<std::int64_t>(p), n)).data_ptr<float>();
  }

  void outputs(float* y) override {
    const torch::InferenceMode guard;
    const torch::Tensor a = answer(x_).contiguous();
    std::copy_n(a.data_ptr<float>(), a.numel(), y);
  }

 private:
  static torch::Tensor matrix(const float* data, std::size_t rows, std::size_t columns) {
    return torch::from_blob(const_cast<float*>(data),
                            {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)}, torch::kFloat32)
        .clone();
  }

  static torch::Tensor activate(const std::string& name, const torch::Tensor& z) {
    if (name == "sigmoid") return torch::sigmoid(z);
    if (name == "tanh") return torch::tanh(z);
    return name == "relu" ? torch::relu(z) : z;
  }

  /// Without the softmax: cross_entropy contains it.
  torch::Tensor forward(torch::Tensor a) {
    for (std::size_t l = 0; l + 1 < layers_.size(); ++l) a = activate(work_.hidden, layers_[l]->forward(a));
    return activate(work_.output, layers_.back()->forward(a));
  }
  torch::Tensor answer(const torch::Tensor& x) {
    return work_.output == "softmax" ? torch::softmax(forward(x), 1) : forward(x);
  }

  torch::Tensor loss(const torch::Tensor& y, std::int64_t first, std::int64_t n) {
    if (work_.output == "softmax") return torch::nn::functional::cross_entropy(y, labels_.narrow(0, first, n));
    return torch::mse_loss(y, t_.narrow(0, first, n), at::Reduction::Sum) * (0.5 / static_cast<double>(n));
  }

  const peers::Work& work_;
  torch::Tensor x_, t_, labels_;
  std::vector<torch::nn::Linear> layers_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  volatile float kept_ = 0.0F;
};

}  // namespace

int main() {
  at::set_num_threads(1);
  at::set_num_interop_threads(1);
  return peers::serve("libtorch " TORCH_VERSION, [](const peers::Work& work) { return peers::offer<LibTorch>(work); });
}
