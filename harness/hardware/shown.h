// Owns: which cases of the scenarios this machine can show, and behind which mask.
#pragma once

#include <string>

#include "harness/host/child_host.h"
#include "harness/host/host.h"

namespace portcullis::hardware {

// A declared host on this machine.
struct Shown {
  host::Mask mask;      // for the machine, so that the same GPUs are visible as on the host
  std::string because;  // not empty: it cannot be shown, and why
};

// `declared` behind `mask`, on the machine `here`. What counts of a host is its driver's state and
// how many GPUs are visible; their model does not, as long as nothing runs out of memory. A machine
// with as many GPUs gets the mask as it is written; another one a mask that leaves as many.
Shown ShowHere(const host::Host& declared, const host::Mask& mask, const host::Runtime& runtime,
               const host::Host& here);

}  // namespace portcullis::hardware
