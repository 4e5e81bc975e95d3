// Everything: the engine, tables, fitting, models.
#pragma once

#include "deltarule/cross_validation.hpp"  // IWYU pragma: export
#include "deltarule/dataset.hpp"           // IWYU pragma: export
#include "deltarule/engine.hpp"            // IWYU pragma: export
#include "deltarule/explain.hpp"           // IWYU pragma: export
#include "deltarule/fit.hpp"               // IWYU pragma: export
#include "deltarule/kept_run.hpp"          // IWYU pragma: export
#include "deltarule/model.hpp"             // IWYU pragma: export
#include "deltarule/tune.hpp"              // IWYU pragma: export
