// Owns: finding out which host to be: the description named in the environment.
#pragma once

#include <optional>

#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

// Reads the file that PORTCULLIS_SIM_HOST names. Nothing if the variable is not set, or if the file
// cannot be used; the latter is said on standard error. Either way there is no driver.
std::optional<HostDescription> ReadHost();

}  // namespace portcullis::simcuda
