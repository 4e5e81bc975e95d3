// Dropout and input noise of a run, as the user gave them. What they do is in training/noise.hpp.
#pragma once

#include "app/fit/settings.hpp"

namespace deltarule::app {

/// Into the trainer's options, with the seed. Throws usage for what makes no sense with the network that was chosen.
void choose_noise(const FitOptions& options, Settings& settings, ChoiceList& choices);

}  // namespace deltarule::app
