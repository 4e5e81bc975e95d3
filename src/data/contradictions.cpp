#include "data/contradictions.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>
#include <vector>

#include "data/prepared_patterns.hpp"
#include "data/row_weights.hpp"

namespace deltarule::data {
namespace {

constexpr std::size_t kRowsAtATime = 256;

/// A finaliser with full avalanche (splitmix64): equal rows have equal hashes, others hardly ever.
std::uint64_t mixed(std::uint64_t h) {
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9U;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebU;
  return h ^ (h >> 31);
}

std::uint64_t hash_of(std::span<const double> x) {
  std::uint64_t hash = 0;
  for (const double value : x) hash = mixed(hash + 0x9e3779b97f4a7c15U + std::bit_cast<std::uint64_t>(value + 0.0));
  return hash;
}

class Finder {
 public:
  Finder(const BoundTable& bound, std::span<const std::uint32_t> rows, std::span<const double> weights)
      : bound_(bound), weights_(weights), patterns_(bound, {rows.begin(), rows.end()}), inputs_(patterns_.inputs()) {}

  Contradictions find() {
    const std::vector<std::pair<std::uint64_t, std::uint32_t>> hashes = hash_all();
    for (std::size_t first = 0, end = 0; first < hashes.size(); first = end) {
      for (end = first + 1; end < hashes.size() && hashes[end].first == hashes[first].first; ++end) continue;
      if (end - first == 1) continue;
      std::vector<std::uint32_t> alike;
      for (std::size_t k = first; k < end; ++k) alike.push_back(hashes[k].second);
      take_apart(std::move(alike));
    }
    const double all = weight_of(weights_, patterns_.rows());
    const auto targets = static_cast<double>(bound_.targets().size());
    if (all > 0.0) found_.floor /= all * targets;
    return found_;
  }

 private:
  /// Of every pattern, sorted; equal ones by number.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> hash_all() {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> hashes;
    hashes.reserve(patterns_.size());
    std::vector<std::uint32_t> some;
    for (std::size_t first = 0; first < patterns_.size(); first += kRowsAtATime) {
      some.resize(std::min(kRowsAtATime, patterns_.size() - first));
      std::iota(some.begin(), some.end(), static_cast<std::uint32_t>(first));
      const std::vector<double> x = inputs_of(some);
      for (std::size_t k = 0; k < some.size(); ++k)
        hashes.emplace_back(hash_of({x.data() + k * inputs_, inputs_}), some[k]);
    }
    std::sort(hashes.begin(), hashes.end());
    return hashes;
  }

  std::vector<double> inputs_of(std::span<const std::uint32_t> patterns) {
    std::vector<double> x(patterns.size() * inputs_);
    targets_.resize(patterns.size() * patterns_.targets());
    patterns_.gather(patterns, {x.data(), patterns.size(), inputs_, inputs_},
                     {targets_.data(), patterns.size(), patterns_.targets(), patterns_.targets()});
    return x;
  }

  /// Patterns of one hash into groups that are really equal: nearly always one.
  void take_apart(std::vector<std::uint32_t> alike) {
    while (alike.size() > 1) {
      const std::vector<double> model = inputs_of(std::span(alike).first(1));
      std::vector<std::uint32_t> equal, others;
      for (const std::uint32_t pattern : alike) (inputs_of({&pattern, 1}) == model ? equal : others).push_back(pattern);
      judge(equal);
      alike = std::move(others);
    }
  }

  void judge(const std::vector<std::uint32_t>& group) {
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t pattern : group) rows.push_back(patterns_.rows()[pattern]);
    std::size_t other = 0;  // the first row with another target than row 0
    for (const BoundTarget& target : bound_.targets()) {
      for (std::size_t k = 1; k < rows.size() && (other == 0 || k < other); ++k)
        if (!agree(target, rows[0], rows[k])) other = k;
      found_.floor += target.classes.empty() && bound_.preprocessing().task == Task::regression
                          ? squares_around_mean(target, rows)
                          : outvoted(target, rows);
    }
    if (other == 0) return;
    if (found_.groups == 0 || rows[0] < found_.first) {
      found_.first = rows[0];
      found_.second = rows[other];
    }
    ++found_.groups;
    found_.rows += rows.size();
  }

  static bool agree(const BoundTarget& target, std::uint32_t a, std::uint32_t b) {
    return target.classes.empty() ? target.numbers[a] == target.numbers[b] : target.classes[a] == target.classes[b];
  }

  /// Weight of the rows that are not of the weightiest class.
  double outvoted(const BoundTarget& target, const std::vector<std::uint32_t>& rows) const {
    std::vector<double> votes;
    double all = 0.0;
    for (const std::uint32_t row : rows) {
      const auto of = static_cast<std::size_t>(target.classes.empty() ? static_cast<std::int32_t>(target.numbers[row])
                                                                      : target.classes[row]);
      if (votes.size() <= of) votes.resize(of + 1);
      const double weight = weight_of(weights_, row);
      votes[of] += weight;
      all += weight;
    }
    return votes.size() == 1 ? 0.0 : all - *std::max_element(votes.begin(), votes.end());
  }

  /// Σ w (t − mean t)², exactly 0 for targets that are all alike.
  double squares_around_mean(const BoundTarget& target, const std::vector<std::uint32_t>& rows) const {
    const double about = target.numbers[rows[0]];
    double sum = 0.0, all = 0.0;
    for (const std::uint32_t row : rows) {
      sum += weight_of(weights_, row) * (target.numbers[row] - about);
      all += weight_of(weights_, row);
    }
    if (all == 0.0) return 0.0;
    double squares = 0.0;
    for (const std::uint32_t row : rows) {
      const double apart = target.numbers[row] - about - sum / all;
      squares += weight_of(weights_, row) * apart * apart;
    }
    return squares;
  }

  const BoundTable& bound_;
  std::span<const double> weights_;
  PreparedPatterns<double> patterns_;
  std::size_t inputs_;
  std::vector<double> targets_;  // gathered together with inputs, not looked at
  Contradictions found_;
};

}  // namespace

Contradictions find_contradictions(const BoundTable& bound, std::span<const std::uint32_t> rows,
                                   std::span<const double> weights) {
  return Finder(bound, rows, weights).find();
}

}  // namespace deltarule::data
