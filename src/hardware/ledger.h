// Owns: writing down what a program does on real GPUs, by device of the machine, into the flight
// record. Thread-safe, as the CUDA runtime is.
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "src/simcuda/core/record.h"

namespace portcullis::hardware {

// A call that has returned.
struct Call {
  std::uint16_t entry = 0;  // row of entry_names.h
  std::uint64_t begin_ns = 0;
  cudaError_t result = cudaSuccess;
};

class Ledger {
 public:
  // That of this process, or of a forked child.
  static Ledger& Get();

  // Counted if the call succeeded, and an event in any case.
  void Allocated(const Call& call, void* const* address, std::size_t bytes);
  void Freed(const Call& call, const void* address);
  // By where the two addresses are; host to host is no event.
  void Copied(const Call& call, const void* to, const void* from, std::size_t bytes);
  void Launched(const Call& call);

 private:
  struct Allocation {
    std::size_t bytes = 0;
    int ordinal = 0;
  };
  // A device's place in the record, from its ordinal behind the mask.
  std::uint32_t PlaceOf(int ordinal);
  void Write(const Call& call, simcuda::FaultPoint point, int ordinal, std::size_t bytes);

  std::mutex mutex_;
  std::map<const void*, Allocation> allocations_;
  std::map<int, std::uint32_t> places_;
};

}  // namespace portcullis::hardware
