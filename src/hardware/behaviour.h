// Owns: questions to the CUDA runtime about its manners: what it answers where the programming
// guide is silent, or when it is used wrongly. A real runtime's answers are recorded, and the
// simulated runtime must give the same. Nothing is asked that the simulation refuses by name.
#pragma once

#include <nlohmann/json.hpp>

namespace portcullis::hardware {

// {"free of an address inside an allocation": "cudaFree 1, cudaGetLastError 1, …", …}: each
// question with the calls that it makes and what they return. Each is asked in a child of its own,
// since an error can be the last that a process hears; one that does not end within 30 s is killed.
nlohmann::json BehaviourJson();

}  // namespace portcullis::hardware
