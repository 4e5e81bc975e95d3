// Slots of parameters in the network's own layout, handed over by base/handover.hpp; each reader keeps the slot that it
// is in and the memory for its activations.
#include "deltarule/live_network.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "app/engine/network_impl.hpp"
#include "base/floating_point_mode.hpp"
#include "base/handover.hpp"
#include "network/predict_one.hpp"

namespace deltarule {

template <class T>
struct BasicLiveNetwork<T>::Impl {
  struct Version {
    std::uint64_t number = 0;
    base::AlignedBuffer<T> parameters;
  };
  /// Outlives its handles: the slot that one handle is in is where the next one with this number begins.
  struct alignas(base::kAlignment) ReaderState {
    std::atomic<bool> taken = false;
    std::size_t slot = base::Handover::kNone;
    std::uint64_t version = 0;
    base::AlignedBuffer<T> scratch;
  };

  Impl(const network::Network<T>& first, std::size_t count) : structure(first), handover(count), readers(count) {
    (void)kernels::kernels<T>();
    versions.resize(handover.slots());
    for (Version& version : versions) version.parameters = base::AlignedBuffer<T>(first.parameters().size());
    for (ReaderState& state : readers) state.scratch = base::AlignedBuffer<T>(network::predict_scratch(first));
    versions[0].number = 1;
    network::copy_parameters(first, versions[0].parameters.span());
  }

  Result<void> check(const Rows<T>& x, std::size_t outputs) const {
    if (x.whole && (x.columns == structure.inputs() || x.count == 0) && outputs == x.count * structure.outputs())
      return {};
    return Error{ErrorCode::shape,
                 "live network",
                 std::to_string(x.count) + " x " + std::to_string(x.columns) + " inputs and room for " +
                     std::to_string(outputs) + " outputs",
                 std::to_string(structure.inputs()) + " inputs and " + std::to_string(structure.outputs()) +
                     " outputs per pattern",
                 {}};
  }

  Result<void> predict(ReaderState& state, const Rows<T>& x, std::span<T> y) {
    if (auto checked = check(x, y.size()); !checked) return checked;
    const base::FlushDenormals mode;
    state.slot = handover.newest(state.slot);
    const Version& version = versions[state.slot];
    state.version = version.number;
    for (std::size_t r = 0; r < x.count; ++r)
      network::predict_one_with<T>(structure, version.parameters.span(), x.data + r * x.columns,
                                   y.data() + r * structure.outputs(), state.scratch.span());
    return {};
  }

  network::Network<T> structure;  // wiring and activations; its weights are not used
  base::Handover handover;
  std::vector<Version> versions;
  std::vector<ReaderState> readers;
  std::atomic<std::uint64_t> newest = 1;
};

template <class T>
BasicLiveNetwork<T>::BasicLiveNetwork(const BasicNetwork<T>& network, std::size_t readers)
    : impl_(std::make_unique<Impl>(network.impl_->network, readers)) {}
template <class T>
BasicLiveNetwork<T>::~BasicLiveNetwork() = default;

template <class T>
Result<void> BasicLiveNetwork<T>::publish(const BasicNetwork<T>& network) noexcept {
  const network::Network<T>& from = network.impl_->network;
  if (!(from.spec() == impl_->structure.spec()))
    return Error{ErrorCode::spec, "live network", "a network of another spec", "the spec that it was made with",
                 "Make a new LiveNetwork for another wiring"};
  const std::size_t slot = impl_->handover.free_slot();
  const std::uint64_t number = impl_->newest.load(std::memory_order_relaxed) + 1;
  network::copy_parameters(from, impl_->versions[slot].parameters.span());
  impl_->versions[slot].number = number;
  impl_->handover.publish(slot);
  impl_->newest.store(number, std::memory_order_release);
  return {};
}

template <class T>
std::uint64_t BasicLiveNetwork<T>::version() const noexcept {
  return impl_->newest.load(std::memory_order_acquire);
}

template <class T>
Result<typename BasicLiveNetwork<T>::Reader> BasicLiveNetwork<T>::reader() noexcept {
  auto& readers = impl_->readers;
  for (std::size_t number = 0; number < readers.size(); ++number) {
    if (readers[number].taken.exchange(true, std::memory_order_acquire)) continue;
    readers[number].version = 0;
    return Reader(impl_.get(), number);
  }
  return Error{ErrorCode::usage, "live network", "one reader more than it was made for",
               "at most " + std::to_string(readers.size()) + " at the same time", "Make it with more readers"};
}

template <class T>
BasicLiveNetwork<T>::Reader::Reader(Reader&& other) noexcept
    : live_(std::exchange(other.live_, nullptr)), number_(other.number_) {}
template <class T>
typename BasicLiveNetwork<T>::Reader& BasicLiveNetwork<T>::Reader::operator=(Reader&& other) noexcept {
  std::swap(live_, other.live_);
  std::swap(number_, other.number_);
  return *this;
}
template <class T>
BasicLiveNetwork<T>::Reader::~Reader() {
  if (live_ != nullptr) live_->readers[number_].taken.store(false, std::memory_order_release);
}

template <class T>
Result<void> BasicLiveNetwork<T>::Reader::predict(std::span<const T> x, std::span<T> y) noexcept {
  return predict(Rows<T>{x.data(), 1, x.size()}, y);
}
template <class T>
Result<void> BasicLiveNetwork<T>::Reader::predict(Rows<T> x, std::span<T> y) noexcept {
  return live_->predict(live_->readers[number_], x, y);
}
template <class T>
std::uint64_t BasicLiveNetwork<T>::Reader::version() const noexcept {
  return live_->readers[number_].version;
}

template class BasicLiveNetwork<float>;
template class BasicLiveNetwork<double>;

}  // namespace deltarule
