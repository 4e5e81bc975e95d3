// What stands behind BasicNetwork: the network of src/network, and a workspace kept for the next prediction.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "deltarule/network.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"

namespace deltarule {

template <class T>
struct BasicNetwork<T>::Impl {
  using Workspace = network::Workspace<T>;

  explicit Impl(network::Network<T> made) : network(std::move(made)) {}
  ~Impl() { delete spare.load(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// A workspace of at least `rows` rows: the spare one if it is there and large enough. Threads never wait for it.
  std::unique_ptr<Workspace> take(std::size_t rows) const {
    std::unique_ptr<Workspace> workspace(spare.exchange(nullptr));
    if (workspace && workspace->capacity() >= rows) return workspace;
    return std::make_unique<Workspace>(network, rows, false);
  }
  void give_back(std::unique_ptr<Workspace> workspace) const { delete spare.exchange(workspace.release()); }

  network::Network<T> network;
  mutable std::atomic<Workspace*> spare{nullptr};
};

}  // namespace deltarule
