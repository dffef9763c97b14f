// Owns: which file a recorded case loads: the checkpoint that the machine saved, else the one made
// by simulation.
#pragma once

#include <filesystem>
#include <functional>

#include "harness/checkpoints/catalog.h"
#include "harness/hardware/recording.h"
#include "harness/suite/suite.h"

namespace portcullis::hardware {

// A subject for each case. `recording` and `catalog` must outlive the function; `made` is the
// folder of checkpoints made by simulation.
std::function<suite::Subject(const scenario::Case&)> SubjectsOf(const Recording& recording,
                                                                const checkpoints::Catalog& catalog,
                                                                std::filesystem::path made);

}  // namespace portcullis::hardware
