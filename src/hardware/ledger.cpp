#include "src/hardware/ledger.h"

#include <cuda_runtime_api.h>
#include <pthread.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <sstream>

#include "src/hardware/runtime.h"

namespace portcullis::hardware {
namespace {

using simcuda::Direction;
using simcuda::Record;

Record& TheRecord() { return Record::Get(simcuda::kHardwareRecordVariable); }

// PCI addresses in the order of the record's devices.
std::vector<std::string> Addresses() {
  const char* text = std::getenv(simcuda::kHardwareDevicesVariable);
  std::vector<std::string> addresses;
  std::istringstream words(text == nullptr ? "" : text);
  for (std::string word; std::getline(words, word, ',');) addresses.push_back(word);
  return addresses;
}

// The device that an address is memory of, by ordinal; -1 for the host's.
int OrdinalOf(const void* address) {
  cudaPointerAttributes attributes = {};
  const auto ask = Real<decltype(cudaPointerGetAttributes)>("cudaPointerGetAttributes");
  if (ask == nullptr || ask(&attributes, address) != cudaSuccess) return -1;
  return attributes.type == cudaMemoryTypeDevice ? attributes.device : -1;
}

Ledger* current = nullptr;
std::mutex opening;

void ForgetAfterFork() {
  current = nullptr;
  new (&opening) std::mutex;
}

}  // namespace

Ledger& Ledger::Get() {
  const std::lock_guard lock(opening);
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, ForgetAfterFork);
  if (current == nullptr) current = new Ledger;  // never destroyed: used during exit
  return *current;
}

std::uint32_t Ledger::PlaceOf(int ordinal) {
  if (const auto known = places_.find(ordinal); known != places_.end()) return known->second;
  auto place = static_cast<std::uint32_t>(std::max(ordinal, 0));
  char address[32] = "";
  const auto ask = Real<decltype(cudaDeviceGetPCIBusId)>("cudaDeviceGetPCIBusId");
  if (ask != nullptr && ask(address, sizeof(address), ordinal) == cudaSuccess) {
    const auto addresses = Addresses();
    const auto found = std::find(addresses.begin(), addresses.end(), address);
    if (found != addresses.end()) place = static_cast<std::uint32_t>(found - addresses.begin());
  }
  place = std::min(place, simcuda::kMaxDevices - 1);
  places_[ordinal] = place;
  return place;
}

std::uint32_t Ledger::CurrentPlace() {
  int ordinal = 0;
  const auto ask = Real<decltype(cudaGetDevice)>("cudaGetDevice");
  if (ask != nullptr) ask(&ordinal);
  return PlaceOf(ordinal);
}

void Ledger::Allocated(const void* address, std::size_t bytes) {
  if (address == nullptr) return;
  const std::lock_guard lock(mutex_);
  const Allocation allocation{bytes, CurrentPlace()};
  allocations_[address] = allocation;
  TheRecord().CountAllocation(allocation.device, bytes);
}

void Ledger::Freed(const void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = allocations_.find(address);
  if (found == allocations_.end()) return;
  TheRecord().CountFree(found->second.device, found->second.bytes);
  allocations_.erase(found);
}

void Ledger::Copied(const void* to, const void* from, std::size_t bytes) {
  const int to_ordinal = OrdinalOf(to);
  const int from_ordinal = OrdinalOf(from);
  if (to_ordinal < 0 && from_ordinal < 0) return;
  const std::lock_guard lock(mutex_);
  if (to_ordinal < 0) {
    TheRecord().CountCopy(PlaceOf(from_ordinal), Direction::kDeviceToHost, bytes);
  } else if (from_ordinal < 0) {
    TheRecord().CountCopy(PlaceOf(to_ordinal), Direction::kHostToDevice, bytes);
  } else {
    TheRecord().CountCopy(PlaceOf(to_ordinal), Direction::kDeviceToDevice, bytes);
  }
}

void Ledger::Launched() {
  const std::lock_guard lock(mutex_);
  TheRecord().CountKernel(CurrentPlace());
}

}  // namespace portcullis::hardware
