// Numbers behind exp, expm1, tanh and sigmoid, for both number types: how x is cut into k ln 2 + r, and the polynomial
// in r. The formulas that use them are in exp_family-inl.hpp.
#pragma once

#include <array>

namespace deltarule::base {

template <class T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float kLog2e = 0x1.715476p+0f;
  // Adding 1.5 · 2^(mantissa bits) leaves the nearest integer in the low bits.
  static constexpr float kRounder = 0x1.8p+23f;
  // The first part of ln 2 has so many trailing zeros that k times it is exact.
  static constexpr float kLn2High = 0x1.62e4p-1f;
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  // (e^r − 1 − r) / r² for |r| ≤ ½ ln 2, fitted in Chebyshev nodes; error in e^r 4.9e-10.
  static constexpr std::array kPolynomial = {0x1.p-1f,      0x1.555556p-3f,  0x1.5554eap-5f,
                                             0x1.1110ep-7f, 0x1.6d4324p-10f, 0x1.a124f2p-13f};
  static constexpr float kOverflow = 90.0f;     // e^x is above every float
  static constexpr float kUnderflow = -105.0f;  // e^x rounds to zero
  static constexpr float kMinusOne = -20.0f;    // below: e^x − 1 rounds to −1
  static constexpr float kInverseScaleLimit = 60.0f;
  static constexpr float kTanhOne = 10.0f;       // above: tanh x rounds to 1
  static constexpr float kGaussianZero = 11.0f;  // above: e^(−x²) rounds to zero
  static constexpr float kSigmoidOne = 20.0f;    // above: sigmoid x rounds to 1
  static constexpr int kSigmoidScale = 76;       // half of the largest exponent that e^(−x) may need
  static constexpr float kSigmoidUnit = 0x1.p-76f;
  static constexpr int kMantissaBits = 23;
  static constexpr int kBias = 127;
};

template <>
struct ExpConstants<double> {
  static constexpr double kLog2e = 0x1.71547652b82fep+0;
  static constexpr double kRounder = 0x1.8p+52;
  static constexpr double kLn2High = 0x1.62e42fefa2p-1;
  static constexpr double kLn2Low = 0x1.9ef35793c7673p-41;
  // As above; error in e^r 1.3e-17.
  static constexpr std::array kPolynomial = {0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d63p-5,
                                             0x1.11111111109b3p-7,  0x1.6c16c1788bd9p-10,  0x1.a01a01a7c41d5p-13,
                                             0x1.a019b90d2ae7ap-16, 0x1.71de0dae63bb3p-19, 0x1.289185613a3d6p-22,
                                             0x1.af38a9b0ec855p-26};
  static constexpr double kOverflow = 711.0;
  static constexpr double kUnderflow = -750.0;
  static constexpr double kMinusOne = -40.0;
  static constexpr double kInverseScaleLimit = 100.0;
  static constexpr double kTanhOne = 22.0;
  static constexpr double kGaussianZero = 27.5;
  static constexpr double kSigmoidOne = 40.0;
  static constexpr int kSigmoidScale = 541;
  static constexpr double kSigmoidUnit = 0x1.p-541;
  static constexpr int kMantissaBits = 52;
  static constexpr int kBias = 1023;
};

}  // namespace deltarule::base
