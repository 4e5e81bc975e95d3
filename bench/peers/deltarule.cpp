// deltarule itself as one of the peers of bench/compare, through its public interface alone.
#include "deltarule/engine.hpp"

#include <optional>
#include <span>

#include "adapter.hpp"

namespace dr = deltarule;

namespace {

dr::NetworkSpec spec_of(const peers::Work& work) {
  dr::NetworkSpec spec{.inputs = work.sizes.front(), .loss = work.loss};
  for (std::size_t l = 0; l < work.layers(); ++l)
    spec.layers.push_back(
        {.units = work.sizes[l + 1], .activation = l + 1 == work.layers() ? work.output : work.hidden});
  return spec;
}

class Deltarule final : public peers::Peer {
 public:
  explicit Deltarule(const peers::Work& work) : work_(work), network_(spec_of(work), dr::Seed{1}) {}

  void reset() override {
    trainer_.reset();
    peers::refuse_unless(network_.set_weights(work_.weights).ok(), "the weights do not fit");
    dr::TrainerOptions options;
    if (work_.rule == "adam")
      options.optimizer = dr::Adam{.learning_rate = work_.rate};
    else
      options.optimizer = dr::DeltaRule{.learning_rate = work_.rate};
    trainer_.emplace(network_, options);
  }

  void train(std::size_t first, std::size_t count, std::size_t epochs) override {
    dr::FitSettings settings;
    settings.epochs = epochs;
    settings.batch_size = work_.batch;
    settings.shuffle = false;
    trainer_->fit(inputs(first, count), targets(first, count), settings);
  }

  void predict(std::size_t first, std::size_t count) override {
    y_.resize(work_.batch * work_.sizes.back());
    if (work_.batch == 1) {
      for (std::size_t p = first; p < first + count; ++p)
        answered(network_.predict(std::span(work_.x(p), work_.sizes.front()), std::span(y_)));
    } else {
      for (std::size_t p = first; p < first + count; p += work_.batch)
        answered(network_.predict(inputs(p, work_.batch), std::span(y_)));
    }
  }

  void outputs(float* y) override {
    answered(network_.predict(inputs(0, work_.count), std::span(y, work_.count * work_.sizes.back())));
  }

 private:
  static void answered(const dr::Result<void>& result) { peers::refuse_unless(result.ok(), "a prediction failed"); }
  [[nodiscard]] dr::Rows<float> inputs(std::size_t first, std::size_t count) const {
    return {work_.x(first), count, work_.sizes.front()};
  }
  [[nodiscard]] dr::Rows<float> targets(std::size_t first, std::size_t count) const {
    return {work_.t(first), count, work_.sizes.back()};
  }

  const peers::Work& work_;
  dr::Network network_;
  std::optional<dr::Trainer> trainer_;
  std::vector<float> y_;
};

}  // namespace

int main() {
  return peers::serve("this tree", [](const peers::Work& work) { return peers::offer<Deltarule>(work); });
}
