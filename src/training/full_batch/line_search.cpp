#include "training/full_batch/line_search.hpp"

#include <algorithm>
#include <cmath>

namespace deltarule::training {
namespace {

/// How near to an end of its interval, as a share of it, a trial may lie; and how far beyond the last a longer one.
constexpr double kMargin = 0.1, kLeastGrowth = 1.1, kMostGrowth = 10.0;

/// (3.59): where the cubic through two points with their slopes is least; NaN where it is nowhere.
double cubic_minimum(const LinePoint& a, const LinePoint& b) {
  const double d1 = a.slope + b.slope - 3 * (a.error - b.error) / (a.alpha - b.alpha);
  const double d2 = std::copysign(std::sqrt(d1 * d1 - a.slope * b.slope), b.alpha - a.alpha);
  return b.alpha - (b.alpha - a.alpha) * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
}

class Search {
 public:
  Search(const std::function<LinePoint(double)>& at, const LinePoint& start, const WolfeSettings& settings)
      : at_(at), start_(start), settings_(settings) {}

  /// Algorithm 3.5.
  LineStep run(double alpha) {
    LinePoint before = start_;
    while (trials_ < settings_.most_trials) {
      const LinePoint now = ask(alpha);
      if (!falls_enough(now) || (before.alpha > 0 && now.error >= before.error)) return zoom(before, now);
      if (is_flat(now)) return {now, true};
      if (now.slope >= 0) return zoom(now, before);
      const double further = cubic_minimum(before, now);
      const double least = kLeastGrowth * alpha, most = kMostGrowth * alpha;
      alpha = std::isfinite(further) && further > alpha ? std::clamp(further, least, most) : most;
      before = now;
    }
    return {before, false};
  }

 private:
  LinePoint ask(double alpha) {
    ++trials_;
    return at_(alpha);
  }
  [[nodiscard]] bool falls_enough(const LinePoint& point) const {
    return point.error <= start_.error + settings_.c1 * point.alpha * start_.slope;  // not for NaN
  }
  [[nodiscard]] bool is_flat(const LinePoint& point) const {
    return std::fabs(point.slope) <= -settings_.c2 * start_.slope;
  }

  /// Algorithm 3.6: `low` falls enough and is the best so far, the minimum is between it and `high`.
  LineStep zoom(LinePoint low, LinePoint high) {
    while (trials_ < settings_.most_trials) {
      const double width = high.alpha - low.alpha;
      double share = (cubic_minimum(low, high) - low.alpha) / width;
      share = std::isfinite(share) ? std::clamp(share, kMargin, 1 - kMargin) : 0.5;
      const double alpha = low.alpha + share * width;
      if (alpha == low.alpha || alpha == high.alpha) break;
      const LinePoint now = ask(alpha);
      if (!falls_enough(now) || now.error >= low.error) {
        high = now;
        continue;
      }
      if (is_flat(now)) return {now, true};
      if (now.slope * width >= 0) high = low;
      low = now;
    }
    return {low, false};
  }

  const std::function<LinePoint(double)>& at_;
  LinePoint start_;
  WolfeSettings settings_;
  std::size_t trials_ = 0;
};

}  // namespace

LineStep strong_wolfe(const std::function<LinePoint(double alpha)>& at, const LinePoint& start, double first_alpha,
                      const WolfeSettings& settings) {
  return Search(at, start, settings).run(first_alpha);
}

}  // namespace deltarule::training
