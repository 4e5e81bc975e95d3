// What the command's exit codes mean. Documented in docs/cli.md.
#pragma once

#include "deltarule/deltarule.hpp"

namespace deltarule::cli {

inline constexpr int kDone = 0;
inline constexpr int kDisagrees = 1;  ///< explain --check, gradcheck: an equation does not hold
inline constexpr int kUsage = 2;
inline constexpr int kData = 3;
inline constexpr int kFormat = 4;
inline constexpr int kInputOutput = 5;
inline constexpr int kDiverged = 6;
inline constexpr int kInterrupted = 130;
inline constexpr int kBrokenPipe = 141;  ///< as a shell reports it: the reader of our output went away

[[nodiscard]] constexpr int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
    case ErrorCode::spec:
      return kUsage;
    case ErrorCode::shape:
    case ErrorCode::data:
      return kData;
    case ErrorCode::format:
      return kFormat;
    case ErrorCode::io:
      return kInputOutput;
    case ErrorCode::diverged:
      return kDiverged;
    case ErrorCode::interrupted:
      return kInterrupted;
  }
  return kUsage;
}

}  // namespace deltarule::cli
