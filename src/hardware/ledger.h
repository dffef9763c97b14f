// Owns: counting what a program does on real GPUs, by device of the machine, into the flight
// record. Thread-safe, as the CUDA runtime is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "src/simcuda/core/record.h"

namespace portcullis::hardware {

class Ledger {
 public:
  // That of this process, or of a forked child.
  static Ledger& Get();

  void Allocated(const void* address, std::size_t bytes);
  void Freed(const void* address);
  // Counts by where the two addresses are; nothing for host to host.
  void Copied(const void* to, const void* from, std::size_t bytes);
  void Launched();

 private:
  struct Allocation {
    std::size_t bytes = 0;
    std::uint32_t device = 0;
  };
  // A device's place in the record, from its ordinal behind the mask.
  std::uint32_t PlaceOf(int ordinal);
  std::uint32_t CurrentPlace();

  std::mutex mutex_;
  std::map<const void*, Allocation> allocations_;
  std::map<int, std::uint32_t> places_;
};

}  // namespace portcullis::hardware
