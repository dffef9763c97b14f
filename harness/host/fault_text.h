// Owns: the spelling of faults, the same on the command line, in hosts and in scenarios.
//
//   WHAT@WHERE[:WHEN][/DEVICE]
//
//   WHAT    an error of CUDA: oom, ecc, busy, or any by name: illegal-address,
//   cudaErrorIllegalAddress
//           delay=200ms (also us, s), hang
//           kill, abort, segv, bus, term, stop: a signal to the process
//           flip, flip=17: one bit of what a copy writes is wrong, by chance or this one
//           short, short=100: a copy writes its first half only, or its first 100 bytes
//           only=8GiB: no more than that can be allocated, whatever the device promises
//   WHERE   malloc, host-malloc, free, h2d, d2h, d2d, copy (any of the three), fill, launch, sync,
//           set-device, context, an operator (aten::mm), or an entry point (cudaMemGetInfo)
//   WHEN    one or more of these, with commas; missing: every time
//           3 (the third call alone), 3+ (from the third on), 3-5
//           after=4MiB (calls that bring the sum of their bytes above that)
//           p=0.1 (this often), seed=7 (of the chance; 0 if missing)
//   DEVICE  cuda:1 as the program counts, or gpu:1 as the host counts, whatever the mask; missing:
//   any
//
//   oom@malloc:2   flip@h2d:1/cuda:1   delay=200ms@sync   illegal-address@aten::mm:p=0.1,seed=7
#pragma once

#include <string>

#include "src/simcuda/interface/fault_plan.h"

namespace portcullis::host {

// Throws UsageError "fault 'TEXT': …" that names the part that is wrong, with the nearest right
// word.
simcuda::FaultRule ParseFault(const std::string& text);

}  // namespace portcullis::host
