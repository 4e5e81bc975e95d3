#include "training/signs.hpp"

#include <string>

namespace deltarule::training {

Result<void> check_signs(const TrainerOptions& options, std::size_t weights) {
  const auto& signs = options.signs;
  if (signs.empty()) return {};
  if (signs.size() != weights)
    return Error{ErrorCode::spec,
                 "signs",
                 std::to_string(signs.size()) + " of them",
                 "one for each of the " + std::to_string(weights) + " weights, in canonical order",
                 {}};
  for (std::size_t i = 0; i < signs.size(); ++i)
    if (signs[i] < -1 || signs[i] > 1)
      return Error{ErrorCode::spec,
                   "signs",
                   std::to_string(int{signs[i]}) + " for weight " + std::to_string(i + 1),
                   "-1, 0 or 1",
                   {}};
  return {};
}

template <class T>
Signs<T>::Signs(const network::Network<T>& network, const TrainerOptions& options) {
  if (options.signs.empty()) return;
  signs_ = base::AlignedBuffer<T>(network.parameters().size());
  const std::vector<T> canonical(options.signs.begin(), options.signs.end());
  network.from_canonical(canonical, signs_.span());
}

template <class T>
void Signs<T>::project(const network::Tile& tile, T* weights) const {
  if (!any()) return;
  const T* const signs = signs_.data() + tile.offset;
  for (std::size_t i = 0; i < tile.size(); ++i) weights[i] = signs[i] * weights[i] < T{0} ? T{0} : weights[i];
}

template <class T>
void Signs<T>::project(network::Network<T>& network) const {
  if (!any()) return;
  T* const parameters = network.parameters().data();
  for (const network::Tile& tile : network.tiles()) project(tile, parameters + tile.offset);
}

template class Signs<float>;
template class Signs<double>;

}  // namespace deltarule::training
