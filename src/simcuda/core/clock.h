// Owns: the times of the flight record. They are CLOCK_MONOTONIC's, at less than its price: two are
// read for every call that is written down.
#pragma once

#include <cstdint>

namespace portcullis::simcuda {

// Nanoseconds by CLOCK_MONOTONIC; never less than what the same thread was told before.
//
// Where the kernel itself takes its time from the processor's time-stamp counter (its clocksource
// is "tsc": the counters of all processors agree and never stop), a thread that asks often reads
// the counter, and asks the kernel once a millisecond: for the time, and for the counter's rate
// since it last asked. What it makes of the counter in between is off by less than a microsecond.
// Everywhere else, and wherever two readings cannot be had close together, it asks the kernel.
std::uint64_t MonotonicNs();

}  // namespace portcullis::simcuda
