#include "deltarule/trainer.hpp"

#include <exception>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "app/engine/guarded.hpp"
#include "app/engine/network_impl.hpp"
#include "app/engine/rows_source.hpp"
#include "app/engine/unwrap.hpp"
#include "training/loop.hpp"
#include "training/trainer.hpp"
#include "training/updates/registry.hpp"

namespace deltarule {
namespace {

template <class T>
Result<void> check_targets(const derivation::Loss& loss, Rows<T> t, const std::string& what) {
  if (auto checked = check_finite(t, what); !checked || !network::target_range(loss).is_limited()) return checked;
  for (std::size_t i = 0; i < t.count * t.columns; ++i)
    if (auto checked = check_target(loss, t.data[i], what, i / t.columns, i % t.columns); !checked) return checked;
  return {};
}

template <class T>
double sum_of(std::span<const T> weights) {
  double sum = 0;
  for (const T weight : weights) sum += static_cast<double>(weight);
  return sum;
}

template <class T>
Result<void> check_patterns(const derivation::Loss& loss, Rows<T> x, Rows<T> t, std::span<const T> weights,
                            const std::string& what) {
  if (auto checked = check_rows(x, t, what); !checked) return checked;
  if (auto checked = check_finite(x, what + ", inputs"); !checked) return checked;
  if (auto checked = check_targets(loss, t, what + ", targets"); !checked) return checked;
  if (auto checked = check_weights(weights, x.count, what); !checked || weights.empty()) return checked;
  return check_weight_sum(sum_of(weights), what);
}

}  // namespace

template <class T>
struct BasicTrainer<T>::Impl {
  training::Trainer<T> trainer;
  std::vector<std::uint32_t> order = {};  // 0, 1, 2 … for step()

  Result<FitResult> fit(Rows<T> x, Rows<T> t, std::span<const T> weights, const RowsSource<T>* validation,
                        const FitSettings& settings) {
    const derivation::Loss& loss = trainer.network().loss();
    if (auto checked = check_patterns(loss, x, t, weights, "training patterns"); !checked) return checked.error();
    std::exception_ptr thrown;
    const FitSettings own = guarded(settings, thrown);
    const RowsSource<T> source(x, t, weights);
    auto result = training::fit<T>(trainer, source, validation, own);
    if (thrown) std::rethrow_exception(thrown);
    return result;
  }
};

template <class T>
BasicTrainer<T>::BasicTrainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

template <class T>
BasicTrainer<T>::BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options)
    : BasicTrainer(unwrap(create(network, options))) {}

template <class T>
Result<BasicTrainer<T>> BasicTrainer<T>::create(BasicNetwork<T>& network, const TrainerOptions& options) {
  auto trainer = training::Trainer<T>::create(network.impl_->network, options);
  if (!trainer) return trainer.error();
  return BasicTrainer(std::make_unique<Impl>(Impl{std::move(*trainer)}));
}

template <class T>
BasicTrainer<T>::BasicTrainer(BasicTrainer&&) noexcept = default;
template <class T>
BasicTrainer<T>& BasicTrainer<T>::operator=(BasicTrainer&&) noexcept = default;
template <class T>
BasicTrainer<T>::~BasicTrainer() = default;

template <class T>
FitResult BasicTrainer<T>::fit(Rows<T> x, Rows<T> t, const FitSettings& settings, std::span<const T> weights) {
  return unwrap(try_fit(x, t, settings, weights));
}
template <class T>
FitResult BasicTrainer<T>::fit(Rows<T> x, Rows<T> t, Rows<T> x_validation, Rows<T> t_validation,
                               const FitSettings& settings, std::span<const T> weights,
                               std::span<const T> weights_validation) {
  return unwrap(try_fit(x, t, x_validation, t_validation, settings, weights, weights_validation));
}

template <class T>
Result<FitResult> BasicTrainer<T>::try_fit(Rows<T> x, Rows<T> t, const FitSettings& settings,
                                           std::span<const T> weights) {
  return impl_->fit(x, t, weights, nullptr, settings);
}
template <class T>
Result<FitResult> BasicTrainer<T>::try_fit(Rows<T> x, Rows<T> t, Rows<T> x_validation, Rows<T> t_validation,
                                           const FitSettings& settings, std::span<const T> weights,
                                           std::span<const T> weights_validation) {
  const derivation::Loss& loss = impl_->trainer.network().loss();
  if (auto checked = check_patterns(loss, x_validation, t_validation, weights_validation, "validation patterns");
      !checked)
    return checked.error();
  const RowsSource<T> validation(x_validation, t_validation, weights_validation);
  return impl_->fit(x, t, weights, &validation, settings);
}

template <class T>
Result<double> BasicTrainer<T>::step(Rows<T> x, Rows<T> t, std::span<const T> weights) {
  if (auto checked = check_rows(x, t, "batch"); !checked) return checked.error();
  if (auto checked = check_weights(weights, x.count, "batch"); !checked) return checked.error();
  const auto& network = impl_->trainer.network();
  if (x.columns != network.inputs() || t.columns != network.outputs())
    return Error{ErrorCode::shape,
                 "batch",
                 std::to_string(x.columns) + " inputs and " + std::to_string(t.columns) + " targets",
                 std::to_string(network.inputs()) + " and " + std::to_string(network.outputs()),
                 {}};
  if (x.count > std::numeric_limits<std::uint32_t>::max())
    return Error{ErrorCode::shape, "batch", std::to_string(x.count) + " patterns", "fewer than 2^32", {}};
  auto& order = impl_->order;
  if (order.size() < x.count) {
    const std::size_t known = order.size();
    order.resize(x.count);
    std::iota(order.begin() + static_cast<std::ptrdiff_t>(known), order.end(), static_cast<std::uint32_t>(known));
  }
  const RowsSource<T> source(x, t, weights);
  const auto patterns = std::span<const std::uint32_t>(order).first(x.count);
  const double weight = source.weight_of(patterns);
  if (auto checked = check_weight_sum(weight, "batch"); !checked) return checked.error();
  auto loss = impl_->trainer.step(source, patterns);
  if (!loss) return loss;
  return *loss / weight;
}

template <class T>
LearnStatus BasicTrainer<T>::learn_one(std::span<const T> x, std::span<const T> t) noexcept {
  return impl_->trainer.learn_one(x, t);
}
template <class T>
LearnStatus BasicTrainer<T>::learn_one(std::span<const T> x, std::span<const T> t, T weight) noexcept {
  return impl_->trainer.learn_one(x, t, weight);
}
template <class T>
std::span<const T> BasicTrainer<T>::forward(std::span<const T> x) noexcept {
  return impl_->trainer.forward(x);
}
template <class T>
LearnStatus BasicTrainer<T>::backward(std::span<const T> output_slopes, std::span<T> input_slopes) noexcept {
  return impl_->trainer.backward(output_slopes, input_slopes);
}
template <class T>
Result<void> BasicTrainer<T>::set_rate_factor(double factor) {
  const Optimizer& rule = impl_->trainer.options().optimizer;
  if (!(factor >= 0 && factor <= 1))
    return Error{ErrorCode::spec, "rate factor", std::to_string(factor), "a number from 0 to 1", {}};
  if (factor != 1 && !training::has_rate(rule))
    return Error{ErrorCode::spec, "rate factor", "the optimizer " + std::string(training::name_of(rule)),
                 "an optimizer that has a learning rate", "leave the factor at 1"};
  impl_->trainer.set_rate_factor(factor);
  return {};
}

template <class T>
std::uint64_t BasicTrainer<T>::steps() const noexcept {
  return impl_->trainer.steps();
}
template <class T>
std::uint64_t BasicTrainer<T>::refused() const noexcept {
  return impl_->trainer.refused();
}

template class BasicTrainer<float>;
template class BasicTrainer<double>;

}  // namespace deltarule
