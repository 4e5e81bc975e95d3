// The engine alone: networks, trainers, rules, in memory. No files, no tables, no third-party code at run time.
#pragma once

#include "deltarule/activation.hpp"    // IWYU pragma: export
#include "deltarule/error.hpp"         // IWYU pragma: export
#include "deltarule/live_network.hpp"  // IWYU pragma: export
#include "deltarule/machine.hpp"       // IWYU pragma: export
#include "deltarule/many.hpp"          // IWYU pragma: export
#include "deltarule/network.hpp"       // IWYU pragma: export
#include "deltarule/rows.hpp"          // IWYU pragma: export
#include "deltarule/rules.hpp"         // IWYU pragma: export
#include "deltarule/spec.hpp"          // IWYU pragma: export
#include "deltarule/trainer.hpp"       // IWYU pragma: export
