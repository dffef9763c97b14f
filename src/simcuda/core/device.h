// Owns: one device as a process sees it: its description, its memory, and the state of its context.
#pragma once

#include <driver_types.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "src/simcuda/core/device_memory.h"
#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

// The settings of a device's default memory pool (cudaMemPoolAttr). Nothing is ever kept back, so
// they are remembered and have no effect.
struct Pool {
  int device = 0;
  std::atomic<int> reuse_follow_event_dependencies = 1;
  std::atomic<int> reuse_allow_opportunistic = 1;
  std::atomic<int> reuse_allow_internal_dependencies = 1;
  std::atomic<std::uint64_t> release_threshold = 0;
  std::atomic<std::uint64_t> used = 0;
  std::atomic<std::uint64_t> used_high = 0;
};

class Device {
 public:
  // `ordinal`: number behind the mask; `physical`: position in the host description.
  Device(int ordinal, std::uint32_t physical, const DeviceDescription& description)
      : ordinal_(ordinal),
        physical_(physical),
        description_(description),
        memory_(description.memory_bytes, description.used_bytes) {
    pool_.device = ordinal;
  }

  int ordinal() const { return ordinal_; }
  std::uint32_t physical() const { return physical_; }
  const DeviceDescription& description() const { return description_; }
  DeviceMemory& memory() { return memory_; }
  Pool& pool() { return pool_; }

  // The primary context: made active by the first call that needs one.
  bool active() const { return active_; }
  void Activate() { active_ = true; }
  std::mutex& context_mutex() { return context_mutex_; }  // held while it is made active

  // An error that every later call repeats until the device is reset (an illegal address, say).
  cudaError_t sticky() const { return sticky_; }
  void Poison(cudaError_t error) { sticky_ = error; }

  // Which other devices this one may reach into directly.
  bool EnablePeer(int ordinal) { return !(peers_.fetch_or(Bit(ordinal)) & Bit(ordinal)); }
  bool DisablePeer(int ordinal) { return peers_.fetch_and(~Bit(ordinal)) & Bit(ordinal); }

  // cudaDeviceReset; the caller accounts for the memory. Returns the bytes given back.
  std::uint64_t Reset() {
    sticky_ = cudaSuccess;
    active_ = false;
    peers_ = 0;
    return memory_.FreeAll();
  }

 private:
  static std::uint64_t Bit(int ordinal) { return std::uint64_t{1} << ordinal; }

  const int ordinal_;
  const std::uint32_t physical_;
  const DeviceDescription description_;
  DeviceMemory memory_;
  Pool pool_;
  std::mutex context_mutex_;
  std::atomic<bool> active_ = false;
  std::atomic<cudaError_t> sticky_ = cudaSuccess;
  std::atomic<std::uint64_t> peers_ = 0;
};

}  // namespace portcullis::simcuda
