// Differences against claimed derivatives, point by point.
#include "derivation/registration_check.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string>

namespace deltarule::derivation {
namespace {

using Function = std::function<double(double)>;

// A one-sided slope, extrapolated from steps h and h/2, errs by about h² f‴ / 4 and by some epsilon |f| / h: with h =
// 2^-17 about 1e-10 each for f of size 1. A function too steep for that gets a second look at h/64, where rounding is
// 1e-8.
constexpr double kStep = 0x1p-17;
constexpr double kTolerance = 1e-6;
// One-sided slopes that differ by more than this are a kink.
constexpr double kKink = 1e-3;

std::string text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

enum class Verdict { smooth, kink, wrong, jump, not_finite };

/// Slope of f on one side of `at`, from steps h and h/2 (h < 0: to the left).
struct Side {
  double coarse, fine;
  [[nodiscard]] double slope() const { return 2 * fine - coarse; }
};

Side side(const Function& f, double at, double h) {
  const double here = f(at);
  return {(f(at + h) - here) / h, (f(at + h / 2) - here) / (h / 2)};
}

/// At a jump the slope towards it doubles as the step is halved; at a kink or in a bend it does not.
bool is_jump(const Side& s) { return std::fabs(s.fine) > 1.9 * std::max(1.0, std::fabs(s.coarse)); }

/// Compares `claimed` with the one-sided slopes of f at one point: it must lie between them.
Verdict judge(const Function& f, double at, double claimed, double h) {
  const Side left = side(f, at, -h), right = side(f, at, h);
  const double low = std::min(left.slope(), right.slope()), high = std::max(left.slope(), right.slope());
  if (!std::isfinite(claimed) || !std::isfinite(low) || !std::isfinite(high)) return Verdict::not_finite;
  const double slack = kTolerance * std::max({1.0, std::fabs(f(at)), std::fabs(claimed)});
  const bool kink = high - low > kKink / kTolerance * slack;
  if (kink && (is_jump(left) || is_jump(right))) return Verdict::jump;
  if (claimed < low - slack || claimed > high + slack) return Verdict::wrong;
  return kink ? Verdict::kink : Verdict::smooth;
}

Verdict judge(const Function& f, double at, double claimed) {
  const Verdict verdict = judge(f, at, claimed, kStep);
  return verdict == Verdict::smooth || verdict == Verdict::not_finite ? verdict : judge(f, at, claimed, kStep / 64);
}

double central_difference(const Function& f, double at) { return (f(at + kStep) - f(at - kStep)) / (2 * kStep); }

Error refused(const std::string& place, std::string got, std::string needed) {
  return {ErrorCode::spec, place, std::move(got), std::move(needed), "Check the formulas given to the registry"};
}

/// What a bad verdict says to the user.
Error fault(Verdict verdict, const std::string& place, const Function& f, double at, double claimed) {
  if (verdict == Verdict::not_finite)
    return refused(place, "f = " + text(f(at)) + ", derivative " + text(claimed), "finite numbers");
  if (verdict == Verdict::jump) return refused(place, "a jump of the function", "a continuous function");
  return refused(place, "derivative " + text(claimed),
                 "what differences of the function say: " + text(central_difference(f, at)));
}

/// Counts kinks and finds the first fault along one line of grid points.
class LineCheck {
 public:
  LineCheck(const Function& f, const Function& derivative) : f_(f), derivative_(derivative) {}

  /// `place` is asked for only when there is something to say.
  Result<void> point(double at, const std::function<std::string()>& place) {
    const double claimed = derivative_(at);
    const Verdict verdict = judge(f_, at, claimed);
    ++points_;
    if (verdict == Verdict::kink) ++kinks_;
    if (verdict == Verdict::smooth || verdict == Verdict::kink) return {};
    return fault(verdict, place(), f_, at, claimed);
  }
  /// The mean value theorem between two neighbouring points: |Δf| ≤ |Δx| max |f′|, with f′ sampled and a factor of 4
  /// for what lies between the samples.
  Result<void> stretch(double from, double to, const std::function<std::string()>& place) const {
    double steepest = 0;
    constexpr int kSamples = 8;
    for (int i = 0; i <= kSamples; ++i)
      steepest = std::max(steepest, std::fabs(derivative_(from + (to - from) * i / kSamples)));
    const double change = std::fabs(f_(to) - f_(from));
    if (change <= 4 * (to - from) * steepest + kTolerance * std::max(1.0, std::fabs(f_(to)))) return {};
    return refused(place(), "a change of " + text(change) + " before " + text(to),
                   "no more than the derivative in between allows");
  }
  [[nodiscard]] std::size_t points() const { return points_; }
  [[nodiscard]] std::size_t kinks() const { return kinks_; }

 private:
  const Function& f_;
  const Function& derivative_;
  std::size_t points_ = 0, kinks_ = 0;
};

Result<void> check_range(const ActivationDefinition& d, double I) {
  const double a = d.value(I);
  const double slack = 4 * 0x1p-52 * std::max(1.0, std::fabs(a));  // rounding at a bound that is reached
  if (a >= d.low - slack && a <= d.high + slack) return {};
  return refused("activation \"" + d.name + "\" at I = " + text(I), "value " + text(a),
                 "a value from " + text(d.low) + " to " + text(d.high));
}

}  // namespace

Result<void> check_derivative(const ActivationDefinition& d) {
  const std::string name = "activation \"" + d.name + "\"";
  if (!d.value || !d.derivative) return refused(name, "no function", "value and derivative");
  if (!(d.low < d.high)) return refused(name, "range " + text(d.low) + " to " + text(d.high), "low below high");
  LineCheck line(d.value, d.derivative);
  constexpr int kSteps = 512;
  for (int i = 0; i <= kSteps; ++i) {
    const double I = -8.0 + i / 32.0;
    const auto place = [&] { return name + " at I = " + text(I); };
    if (auto checked = line.point(I, place); !checked) return checked;
    if (auto checked = check_range(d, I); !checked) return checked;
    if (i == 0) continue;
    if (auto checked = line.stretch(I - 1 / 32.0, I, place); !checked) return checked;
  }
  if (line.kinks() > line.points() / 8)
    return refused(name, std::to_string(line.kinks()) + " kinks", "a function with a derivative almost everywhere");
  return {};
}

Result<void> check_derivative(const LossDefinition& d) {
  const std::string name = "loss \"" + d.name + "\"";
  if (!d.value || !d.slope) return refused(name, "no function", "value and slope");
  constexpr std::size_t kFewest = 64;
  std::size_t points = 0, kinks = 0;
  for (int j = 0; j <= 6; ++j) {
    const double t = -1.0 + j / 2.0;
    const Function f = [&](double a) { return d.value(a, t); };
    const Function slope = [&](double a) { return d.slope(a, t); };
    LineCheck line(f, slope);
    bool continued = false;
    for (int i = 0; i <= 128; ++i) {
      const double a = -4.0 + i / 16.0;
      const bool inside = std::isfinite(f(a - kStep)) && std::isfinite(f(a)) && std::isfinite(f(a + kStep));
      const auto place = [&] { return name + " at a = " + text(a) + ", t = " + text(t); };
      if (inside)
        if (auto checked = line.point(a, place); !checked) return checked;
      if (inside && continued)
        if (auto checked = line.stretch(a - 1 / 16.0, a, place); !checked) return checked;
      continued = inside;
    }
    points += line.points();
    kinks += line.kinks();
  }
  if (points < kFewest)
    return refused(name, "finite values at " + std::to_string(points) + " points",
                   "at least " + std::to_string(kFewest));
  if (kinks > points / 8)
    return refused(name, std::to_string(kinks) + " kinks", "a function with a derivative almost everywhere");
  return {};
}

}  // namespace deltarule::derivation
