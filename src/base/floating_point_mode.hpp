// Treats denormal numbers as zero in the calling thread for as long as the object lives, and restores the mode that
// was set before: arithmetic with denormals can take a hundred times as long. Nothing happens on machines that it
// does not know; results are then the same up to denormals.
#pragma once

namespace deltarule::base {

class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned long long before_ = 0;
};

/// Whether FlushDenormals has an effect on this kind of machine.
[[nodiscard]] bool can_flush_denormals();

}  // namespace deltarule::base
