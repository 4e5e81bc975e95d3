// Decides whether a registered function may be believed: its derivative is compared with differences of the function,
// its values with the range it claims. Says nothing about names and keeps nothing.
#pragma once

#include "deltarule/activation.hpp"
#include "deltarule/error.hpp"

namespace deltarule::derivation {

/// On the grid I = −8, −8 + 1/32, …, 8: value and derivative are finite, the value lies in [low, high], and the
/// derivative is what differences of the function say. These are taken on both sides, so that a kink shows as two
/// different slopes; there any derivative between the two is accepted. Refused are a jump, more kinks than one grid
/// point in eight, and a function that changes more between neighbouring grid points than its derivative there allows.
Result<void> check_derivative(const ActivationDefinition& definition);

/// The same for value and slope over a = −4 … 4 in steps of 1/16 and t = −1 … 2 in steps of 1/2, at the points where
/// the value is finite (a loss may live on 0 < a < 1 only); fewer than 64 of them is refused.
Result<void> check_derivative(const LossDefinition& definition);

}  // namespace deltarule::derivation
