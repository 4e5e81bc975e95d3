#include "training/sampler.hpp"

#include <limits>
#include <numeric>
#include <string>

#include "base/random.hpp"

namespace deltarule::training {
namespace {

Result<void> check_order(const std::vector<std::vector<std::uint32_t>>& order, std::size_t patterns) {
  for (std::size_t e = 0; e < order.size(); ++e) {
    const std::string place = "order of epoch " + std::to_string(e + 1);
    if (order[e].empty()) return Error{ErrorCode::spec, place, "no patterns", "at least one", {}};
    for (const std::uint32_t pattern : order[e])
      if (pattern >= patterns)
        return Error{ErrorCode::spec,
                     place,
                     "pattern " + std::to_string(pattern),
                     "numbers from 0 to " + std::to_string(patterns - 1),
                     {}};
  }
  return {};
}

}  // namespace

Result<Sampler> Sampler::create(std::size_t patterns, const FitSettings& settings) {
  if (patterns > std::numeric_limits<std::uint32_t>::max())
    return Error{ErrorCode::spec, "training patterns", std::to_string(patterns), "fewer than 2^32", {}};
  if (auto checked = check_order(settings.order, patterns); !checked) return checked.error();
  Sampler sampler;
  sampler.settings_ = &settings;
  sampler.patterns_.resize(patterns);
  std::iota(sampler.patterns_.begin(), sampler.patterns_.end(), std::uint32_t{0});
  return sampler;
}

std::span<const std::uint32_t> Sampler::epoch(std::size_t number) {
  const auto& order = settings_->order;
  if (!order.empty()) return order[number % order.size()];
  if (!settings_->shuffle) return patterns_;
  std::iota(patterns_.begin(), patterns_.end(), std::uint32_t{0});
  base::Random random(settings_->seed.value, base::Stream::shuffle, static_cast<std::uint32_t>(number));
  random.shuffle(patterns_);
  return patterns_;
}

}  // namespace deltarule::training
