// OpenCV's ml::ANN_MLP as a peer: online backpropagation and prediction, in double. It has no mini-batches; its initial
// weights are its own (Nguyen and Widrow).
#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>

#include "adapter.hpp"

namespace {

namespace ml = cv::ml;

class OpenCv final : public peers::Peer {
 public:
  explicit OpenCv(const peers::Work& work) : work_(work) { reset(); }

  void reset() override {
    network_ = ml::ANN_MLP::create();
    network_->setLayerSizes(std::vector<int>(work_.sizes.begin(), work_.sizes.end()));
    network_->setActivationFunction(ml::ANN_MLP::SIGMOID_SYM, 1.0, 1.0);
    network_->setTrainMethod(ml::ANN_MLP::BACKPROP, work_.rate, 0.0);
    started_ = false;
    if (!work_.trains) train(0, 2, 1);  // a network must be trained before it predicts
  }

  /// The stop test on the error's change cannot be switched off, only asked for the smallest change.
  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    network_->setTermCriteria({cv::TermCriteria::COUNT + cv::TermCriteria::EPS, static_cast<int>(epochs), 1e-300});
    const int flags = ml::ANN_MLP::NO_INPUT_SCALE | ml::ANN_MLP::NO_OUTPUT_SCALE;
    network_->train(ml::TrainData::create(rows(work_.x(first), count, work_.sizes.front()), ml::ROW_SAMPLE,
                                          rows(work_.t(first), count, work_.sizes.back())),
                    started_ ? flags | ml::ANN_MLP::UPDATE_WEIGHTS : flags);
    started_ = true;
  }

  void predict(std::size_t first, std::size_t count) override {
    for (std::size_t p = first; p < first + count; p += work_.batch)
      network_->predict(rows(work_.x(p), work_.batch, work_.sizes.front()), y_);
  }

  /// It has no weights before its first training: that counts as outputs of zero.
  void outputs(float* y) override {
    if (!started_) {
      std::fill_n(y, work_.count * work_.sizes.back(), 0.0F);
      return;
    }
    network_->predict(rows(work_.x(0), work_.count, work_.sizes.front()), y_);
    std::copy_n(y_.ptr<float>(), work_.count * work_.sizes.back(), y);
  }

 private:
  static cv::Mat rows(const float* data, std::size_t count, std::size_t columns) {
    return {static_cast<int>(count), static_cast<int>(columns), CV_32F, const_cast<float*>(data)};
  }

  const peers::Work& work_;
  cv::Ptr<ml::ANN_MLP> network_;
  cv::Mat y_;
  bool started_ = false;
};

peers::Offer make(const peers::Work& work) {
  if (work.trains && work.batch > 1) return peers::refusal("no mini-batches");
  return peers::offer<OpenCv>(work, "double; symmetric sigmoid in every layer; own initial weights; shuffled");
}

}  // namespace

int main() {
  cv::setNumThreads(1);
  return peers::serve("OpenCV " CV_VERSION, make);
}
