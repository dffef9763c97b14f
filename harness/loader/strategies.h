// Owns: the strategies in C++: what this loader can do, and why it cannot do the others.
// Free of LibTorch's headers, so that the rest of the loader compiles quickly.
#pragma once

#include "harness/loader/answer.h"

namespace portcullis::loader {

// Performs the request's strategy, telling `clock` the phases. Fills in outcome, tensors, values
// and error; whatever LibTorch throws is an observation, not a failure of the loader.
Answer Perform(const Request& request, Clock& clock);

}  // namespace portcullis::loader
