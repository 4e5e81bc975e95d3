#include "deltarule/network.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/engine/network_impl.hpp"
#include "app/engine/unwrap.hpp"
#include "base/floating_point_mode.hpp"
#include "network/address.hpp"
#include "network/fold.hpp"
#include "network/init.hpp"
#include "network/passes.hpp"

namespace deltarule {
namespace {

template <class T>
Result<network::Network<T>> build(NetworkSpec spec, Seed seed, const std::string& init) {
  auto how = network::find_init(init);
  if (!how) return how.error();
  auto made = network::Network<T>::create(std::move(spec));
  if (made) network::draw_weights(*made, seed, *how);
  return made;
}

template <class T>
Result<void> check_shapes(const network::Network<T>& network, Rows<T> x, std::size_t outputs) {
  if (!x.whole || (x.columns != network.inputs() && x.count > 0))
    return Error{ErrorCode::shape,
                 "inputs",
                 x.whole ? std::to_string(x.columns) + " columns" : "an array that is not a whole number of rows",
                 "rows of " + std::to_string(network.inputs()),
                 {}};
  if (outputs != x.count * network.outputs())
    return Error{ErrorCode::shape,
                 "outputs",
                 "room for " + std::to_string(outputs) + " numbers",
                 std::to_string(x.count) + " x " + std::to_string(network.outputs()),
                 {}};
  return {};
}

}  // namespace

template <class T>
BasicNetwork<T>::BasicNetwork(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

template <class T>
BasicNetwork<T>::BasicNetwork(NetworkSpec spec, Seed seed, const std::string& init)
    : impl_(std::make_unique<Impl>(unwrap(build<T>(std::move(spec), seed, init)))) {}

template <class T>
Result<BasicNetwork<T>> BasicNetwork<T>::create(NetworkSpec spec, Seed seed, const std::string& init) {
  auto made = build<T>(std::move(spec), seed, init);
  if (!made) return made.error();
  return BasicNetwork(std::make_unique<Impl>(std::move(*made)));
}

template <class T>
BasicNetwork<T>::BasicNetwork(const BasicNetwork& other) : impl_(std::make_unique<Impl>(other.impl_->network)) {}

template <class T>
BasicNetwork<T>& BasicNetwork<T>::operator=(const BasicNetwork& other) {
  if (this == &other) return *this;
  if (impl_ && impl_->network.spec() == other.impl_->network.spec()) {
    // In place, so that a trainer of this network goes on with the new weights.
    std::as_const(other.impl_->network).copy_settled(impl_->network.parameters());
  } else {
    impl_ = std::make_unique<Impl>(other.impl_->network);
  }
  return *this;
}

template <class T>
BasicNetwork<T>::BasicNetwork(BasicNetwork&&) noexcept = default;
template <class T>
BasicNetwork<T>& BasicNetwork<T>::operator=(BasicNetwork&&) noexcept = default;
template <class T>
BasicNetwork<T>::~BasicNetwork() = default;

template <class T>
const NetworkSpec& BasicNetwork<T>::spec() const noexcept {
  return impl_->network.spec();
}
template <class T>
std::size_t BasicNetwork<T>::inputs() const noexcept {
  return impl_->network.inputs();
}
template <class T>
std::size_t BasicNetwork<T>::outputs() const noexcept {
  return impl_->network.outputs();
}
template <class T>
std::size_t BasicNetwork<T>::weight_count() const noexcept {
  return impl_->network.graph().weight_count();
}
template <class T>
std::vector<T> BasicNetwork<T>::weights() const {
  return impl_->network.weights();
}
template <class T>
Result<void> BasicNetwork<T>::set_weights(std::span<const T> canonical) {
  return impl_->network.set_weights(canonical);
}

template <class T>
Result<T> BasicNetwork<T>::weight(const std::string& address) const {
  const auto position = network::find_weight(impl_->network.graph(), address);
  if (!position) return position.error();
  return std::as_const(impl_->network).parameter(impl_->network.place_of(*position));
}

template <class T>
Result<BasicNetwork<T>> BasicNetwork<T>::folded() const {
  auto made = network::fold_normalisation(impl_->network);
  if (!made) return made.error();
  return BasicNetwork(std::make_unique<Impl>(std::move(*made)));
}

template <class T>
Result<void> BasicNetwork<T>::predict(std::span<const T> x, std::span<T> y) const noexcept {
  const network::Network<T>& network = impl_->network;
  if (x.size() != network.inputs() || y.size() != network.outputs())
    return check_shapes(network, Rows<T>{x.data(), 1, x.size()}, y.size());
  const base::FlushDenormals mode;
  impl_->with_scratch([&](std::span<T> scratch) { network::predict_one(network, x.data(), y.data(), scratch); });
  return {};
}

template <class T>
Result<void> BasicNetwork<T>::predict(Rows<T> x, std::span<T> y) const {
  const network::Network<T>& network = impl_->network;
  if (auto checked = check_shapes(network, x, y.size()); !checked) return checked;
  const base::FlushDenormals mode;
  auto workspace = impl_->take(std::min(x.count, network::kChunk));
  const network::SettledParameters<T> parameters(network);
  for (std::size_t first = 0; first < x.count;) {
    const std::size_t count = std::min(x.count - first, workspace->capacity());
    for (std::size_t r = 0; r < count; ++r) workspace->put_inputs(r, x.data + (first + r) * x.columns);
    network::forward(network, parameters.span(), *workspace, {0, count});
    for (std::size_t r = 0; r < count; ++r) workspace->take_outputs(r, y.data() + (first + r) * network.outputs());
    first += count;
  }
  impl_->give_back(std::move(workspace));
  return {};
}

template class BasicNetwork<float>;
template class BasicNetwork<double>;

}  // namespace deltarule
