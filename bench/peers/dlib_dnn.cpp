// dlib's deep networks (dnn) as a peer: mini-batches and prediction, in float. A network is a type there, so there is
// one for each pair of depth and activation that a work asks for; the numbers of units are set when it is made. Uses
// the functions that dnn_trainer is made of, without its threads and bookkeeping.
#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <cmath>

#include "adapter.hpp"

namespace {

using Matrix = dlib::matrix<float>;
using Input = dlib::input<Matrix>;
template <class Below>
using Fc = dlib::fc<1, Below>;  // the number of units is set later

using Classes1 = dlib::loss_multiclass_log<Fc<dlib::relu<Fc<Input>>>>;
using Classes2 = dlib::loss_multiclass_log<Fc<dlib::relu<Fc<dlib::relu<Fc<Input>>>>>>;
using Regression2 = dlib::loss_mean_squared_multioutput<Fc<dlib::htan<Fc<dlib::htan<Fc<Input>>>>>>;
using Sigmoid1 = dlib::loss_mean_squared_multioutput<dlib::sig<Fc<dlib::sig<Fc<Input>>>>>;

/// Layers is how many layers have weights; the last of them is layer OutputAt of dlib's counting from the loss.
template <class Network, std::size_t Layers, std::size_t OutputAt>
class DlibDnn final : public peers::Peer {
  static constexpr bool kClasses = std::is_same_v<Network, Classes1> || std::is_same_v<Network, Classes2>;
  using Label = std::conditional_t<kClasses, unsigned long, Matrix>;

 public:
  explicit DlibDnn(const peers::Work& work) : work_(work) {
    for (std::size_t p = 0; p < work.count; ++p) {
      x_.push_back(dlib::mat(work.x(p), static_cast<long>(work.sizes.front())));
      if constexpr (kClasses)
        t_.push_back(work.label(p));
      else
        t_.push_back(dlib::mat(work.t(p), static_cast<long>(work.sizes.back())));
    }
    each_layer([&](auto& fc, std::size_t l) { fc.set_num_outputs(static_cast<long>(work.sizes[l + 1])); });
    forward(0, 1);  // gives the layers their parameters
  }

  void reset() override {
    sgd_.assign(Network::num_computational_layers, dlib::sgd(0.0F, 0.0F));
    adam_.assign(Network::num_computational_layers, dlib::adam(0.0F, 0.9F, 0.999F));
    std::vector<const float*> from(Layers, work_.weights.data());
    for (std::size_t l = 1; l < Layers; ++l) from[l] = from[l - 1] + (work_.sizes[l - 1] + 1) * work_.sizes[l];
    each_layer([&](auto& fc, std::size_t l) {  // [sending][receiving], then the biases
      const std::size_t in = work_.sizes[l], out = work_.sizes[l + 1];
      float* to = fc.get_layer_params().host_write_only();
      for (std::size_t s = 0; s < in; ++s)
        for (std::size_t r = 0; r < out; ++r) *to++ = from[l][r * in + s];
      std::copy_n(from[l] + in * out, out, to);
    });
  }

  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    for (std::size_t e = 0; e < epochs; ++e) {
      for (std::size_t p = first; p < first + count; p += work_.batch) {
        network_.to_tensor(x_.begin() + p, x_.begin() + p + work_.batch, batch_);
        network_.compute_parameter_gradients(batch_, t_.begin() + p);
        if (work_.rule == "adam")
          network_.update_parameters(adam_, work_.rate);
        else
          network_.update_parameters(sgd_, work_.rate);
      }
    }
  }

  void predict(std::size_t first, std::size_t count) override {
    for (std::size_t p = first; p < first + count; p += work_.batch) kept_ = forward(p, work_.batch)[0];
  }

  void outputs(float* y) override {
    const std::size_t n = work_.sizes.back();
    const float* z = forward(0, work_.count);
    std::copy_n(z, work_.count * n, y);
    if constexpr (kClasses) {  // the network itself ends before the softmax
      for (float* row = y; row != y + work_.count * n; row += n) {
        float sum = 0.0F;
        for (std::size_t o = 0; o < n; ++o) sum += row[o] = std::exp(row[o]);
        for (std::size_t o = 0; o < n; ++o) row[o] /= sum;
      }
    }
  }

 private:
  template <class Do>
  void each_layer(const Do& act) {
    [&]<std::size_t... Back>(std::index_sequence<Back...>) {
      (act(dlib::layer<OutputAt + 2 * Back>(network_).layer_details(), Layers - 1 - Back), ...);
    }(std::make_index_sequence<Layers>());
  }

  const float* forward(std::size_t first, std::size_t count) {
    network_.to_tensor(x_.begin() + first, x_.begin() + first + count, batch_);
    network_.subnet().forward(batch_);
    return network_.subnet().get_output().host();
  }

  const peers::Work& work_;
  Network network_;
  std::vector<Matrix> x_;
  std::vector<Label> t_;
  std::vector<dlib::sgd> sgd_;
  std::vector<dlib::adam> adam_;
  dlib::resizable_tensor batch_;
  volatile float kept_ = 0.0F;
};

peers::Offer make(const peers::Work& work) {
  if (work.trains && work.batch == 1) return peers::refusal("online is the mlp's");
  const auto fits = [&work](const char* hidden, const char* output, std::size_t layers) {
    return work.hidden == hidden && work.output == output && work.layers() == layers;
  };
  if (fits("relu", "softmax", 2)) return peers::offer<DlibDnn<Classes1, 2, 1>>(work);
  if (fits("relu", "softmax", 3)) return peers::offer<DlibDnn<Classes2, 3, 1>>(work);
  if (fits("tanh", "identity", 3)) return peers::offer<DlibDnn<Regression2, 3, 1>>(work);
  if (fits("sigmoid", "sigmoid", 2)) return peers::offer<DlibDnn<Sigmoid1, 2, 2>>(work);
  return peers::refusal("no such network type was compiled");
}

}  // namespace

int main() {
  return peers::serve("dlib dnn " + std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION),
                      make);
}
