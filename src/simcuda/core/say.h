// Owns: what the simulated runtime says on standard error.
#pragma once

#include <string_view>

namespace portcullis::simcuda {

// Writes one line, "portcullis: …", with one system call.
void Say(std::string_view text);

}  // namespace portcullis::simcuda
