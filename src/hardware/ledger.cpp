#include "src/hardware/ledger.h"

#include <cuda_runtime_api.h>
#include <pthread.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "src/hardware/clock.h"
#include "src/hardware/runtime.h"

namespace portcullis::hardware {
namespace {

using simcuda::CallEvent;
using simcuda::FaultPoint;
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

int CurrentOrdinal() {
  int ordinal = 0;
  const auto ask = Real<decltype(cudaGetDevice)>("cudaGetDevice");
  if (ask != nullptr) ask(&ordinal);
  return ordinal;
}

FaultPoint DirectionOf(int to_ordinal, int from_ordinal) {
  if (to_ordinal < 0) return FaultPoint::kDeviceToHost;
  return from_ordinal < 0 ? FaultPoint::kHostToDevice : FaultPoint::kDeviceToDevice;
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

void Ledger::Write(const Call& call, FaultPoint point, int ordinal, std::size_t bytes) {
  Record& record = TheRecord();
  const std::uint64_t sequence = record.NextSequence();
  CallEvent& event = record.Slot(sequence);
  event.begin_ns = call.begin_ns;
  event.duration_ns = NowNs() - call.begin_ns;
  event.bytes = bytes;
  event.process = simcuda::ProcessId();
  event.thread = simcuda::ThreadId();
  event.result = static_cast<std::int32_t>(call.result);
  event.device = static_cast<std::int16_t>(ordinal);
  event.gpu = static_cast<std::int16_t>(PlaceOf(ordinal));
  event.entry = call.entry;
  event.point = static_cast<std::uint8_t>(point);
  event.phase = static_cast<std::uint8_t>(record.phase());
  event.rule = std::uint8_t{0};
  event.sequence = sequence;
}

void Ledger::Allocated(const Call& call, void* const* address, std::size_t bytes) {
  const int ordinal = CurrentOrdinal();
  const std::lock_guard lock(mutex_);
  Write(call, FaultPoint::kMalloc, ordinal, bytes);
  if (call.result != cudaSuccess || *address == nullptr) return;
  allocations_[*address] = {bytes, ordinal};
  TheRecord().CountAllocation(PlaceOf(ordinal), bytes);
}

void Ledger::Freed(const Call& call, const void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = allocations_.find(address);
  if (found == allocations_.end()) return;
  const auto [bytes, ordinal] = found->second;
  Write(call, FaultPoint::kFree, ordinal, bytes);
  if (call.result != cudaSuccess) return;
  TheRecord().CountFree(PlaceOf(ordinal), bytes);
  allocations_.erase(found);
}

void Ledger::Copied(const Call& call, const void* to, const void* from, std::size_t bytes) {
  const int to_ordinal = OrdinalOf(to);
  const int from_ordinal = OrdinalOf(from);
  if (to_ordinal < 0 && from_ordinal < 0) return;
  const FaultPoint direction = DirectionOf(to_ordinal, from_ordinal);
  const int ordinal = to_ordinal < 0 ? from_ordinal : to_ordinal;
  const std::lock_guard lock(mutex_);
  Write(call, direction, ordinal, bytes);
  if (call.result == cudaSuccess) TheRecord().CountCopy(PlaceOf(ordinal), direction, bytes);
}

void Ledger::Launched(const Call& call) {
  const int ordinal = CurrentOrdinal();
  const std::lock_guard lock(mutex_);
  Write(call, FaultPoint::kLaunch, ordinal, 0);
  if (call.result == cudaSuccess) TheRecord().CountKernel(PlaceOf(ordinal));
}

}  // namespace portcullis::hardware
