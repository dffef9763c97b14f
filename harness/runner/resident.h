// Owns: how much memory a process has to itself.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace portcullis::runner {

// Bytes of resident memory that are no file's: heap, stacks, simulated GPUs, and what a forked
// child has of its warm loader (RssAnon, proc(5)). 0 if there is no such process, or it has ended.
std::uint64_t ResidentBytes(pid_t process);

}  // namespace portcullis::runner
