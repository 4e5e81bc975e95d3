// dlib's old multilayer perceptron (mlp) as a peer: online training of sigmoid networks with one or two hidden layers,
// in double. Its newer network is in dlib_dnn.cpp.
#include <dlib/matrix.h>
#include <dlib/mlp.h>
#include <dlib/revision.h>

#include "adapter.hpp"

namespace {

using Matrix = dlib::matrix<double>;
using Network = dlib::mlp::kernel_1a_c;

class DlibMlp final : public peers::Peer {
 public:
  explicit DlibMlp(const peers::Work& work)
      : work_(work),
        network_(units(0), units(1), work.layers() == 3 ? units(2) : 0, units(work.layers()), work.rate, 0.0) {
    for (std::size_t p = 0; p < work.count; ++p) {
      x_.push_back(dlib::matrix_cast<double>(dlib::mat(work.x(p), units(0))));
      t_.push_back(dlib::matrix_cast<double>(dlib::mat(work.t(p), units(work.layers()))));
    }
  }

  /// Weights can be set only as a saved network is read: its own format, the bias as the weight from a unit of −1, and
  /// one unused row per hidden layer.
  void reset() override {
    std::vector<Matrix> w(3), still(3);
    const float* from = work_.weights.data();
    for (std::size_t l = 0; l < work_.layers(); ++l) {
      const bool last = l + 1 == work_.layers();
      const long in = units(l), out = units(l + 1);
      Matrix& m = w[last ? 2 : l];
      m = dlib::zeros_matrix<double>(last ? out : out + 1, in + 1);
      for (long r = 0; r < out; ++r) {
        for (long s = 0; s < in; ++s) m(r, s) = from[r * in + s];
        m(r, in) = -from[out * in + r];
      }
      from += (in + 1) * out;
      still[last ? 2 : l] = dlib::zeros_matrix(m);
    }
    std::stringstream file;
    for (const long n : {units(0), units(1), work_.layers() == 3 ? units(2) : 0L, units(work_.layers())})
      dlib::serialize(n, file);
    dlib::serialize(work_.rate, file);
    dlib::serialize(0.0, file);
    for (const Matrix& m : w) dlib::serialize(m, file);
    for (const Matrix& m : still) dlib::serialize(m, file);
    deserialize(network_, file);
  }

  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    for (std::size_t e = 0; e < epochs; ++e)
      for (std::size_t p = first; p < first + count; ++p) network_.train(x_[p], t_[p]);
  }

  void predict(std::size_t first, std::size_t count) override {
    for (std::size_t p = first; p < first + count; ++p) kept_ = network_(x_[p])(0);
  }

  void outputs(float* y) override {
    for (const Matrix& x : x_)
      for (const double a : network_(x)) *y++ = static_cast<float>(a);
  }

 private:
  [[nodiscard]] long units(std::size_t layer) const { return static_cast<long>(work_.sizes[layer]); }

  const peers::Work& work_;
  Network network_;
  std::vector<Matrix> x_, t_;
  volatile double kept_ = 0.0;
};

peers::Offer make(const peers::Work& work) {
  if (!work.trains || work.batch > 1) return peers::refusal("online training only");
  if (work.hidden != "sigmoid" || work.layers() > 3) return peers::refusal("sigmoid, at most two hidden layers");
  return peers::offer<DlibMlp>(work, "double");
}

}  // namespace

int main() {
  return peers::serve("dlib mlp " + std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION),
                      make);
}
