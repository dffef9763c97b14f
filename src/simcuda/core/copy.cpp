#include "src/simcuda/core/copy.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "src/simcuda/core/process.h"
#include "src/simcuda/core/record.h"

namespace portcullis::simcuda {
namespace {

// One side of a copy: where its bytes are, and what kind of memory that is.
struct Side {
  std::byte* bytes = nullptr;
  Device* device = nullptr;  // null: host memory
  bool pinned = false;       // host memory that devices can reach
};

// Nothing if the range is not wholly inside one allocation of a device, or partly pinned.
std::optional<Side> Resolve(Process& process, const void* address, std::size_t bytes) {
  if (Device* device = process.FindOwner(address)) {
    std::byte* view = device->memory().ViewOf(address, bytes);
    return view ? std::optional(Side{view, device, false}) : std::nullopt;
  }
  const HostMemory::Pinned pinned = process.host_memory().HowPinned(address, bytes);
  if (pinned == HostMemory::Pinned::kPartly) return std::nullopt;
  auto* host = static_cast<std::byte*>(const_cast<void*>(address));
  return Side{host, nullptr, pinned == HostMemory::Pinned::kWholly};
}

// Whether a side may be used where `kind` says there is device memory, or host memory.
bool ServesAsDevice(const Side& side) { return side.device || side.pinned; }
bool ServesAsHost(const Side& side) { return !side.device; }

bool Matches(const Side& to, const Side& from, cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToDevice:
      return ServesAsDevice(to) && ServesAsHost(from);
    case cudaMemcpyDeviceToHost:
      return ServesAsHost(to) && ServesAsDevice(from);
    case cudaMemcpyDeviceToDevice:
      return ServesAsDevice(to) && ServesAsDevice(from);
    case cudaMemcpyHostToHost:  // the addresses say more: so did an H200
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

// Where a copy is in the fault plan, by the memory it touches; of no interest between host and
// host.
Place PlaceOf(const Side& to, const Side& from, std::uint64_t bytes) {
  if (to.device) {
    const FaultPoint point = from.device ? FaultPoint::kDeviceToDevice : FaultPoint::kHostToDevice;
    return {point, to.device, bytes};
  }
  if (from.device) return {FaultPoint::kDeviceToHost, from.device, bytes};
  return {FaultPoint::kNone, nullptr, bytes};
}

void CountCopy(const Place& place) {
  if (place.device) Record::Get().CountCopy(place.device->physical(), place.point, place.bytes);
}

// Moves the first `bytes` bytes of a copy.
void Move(const Side& to, const Side& from, const CopyShape& shape, std::uint64_t bytes) {
  for (std::size_t row = 0; row < shape.rows && bytes > 0; ++row) {
    const std::size_t width = std::min<std::uint64_t>(shape.width, bytes);
    std::memmove(to.bytes + row * shape.to_pitch, from.bytes + row * shape.from_pitch, width);
    bytes -= width;
  }
}

void FlipBit(const Side& to, const CopyShape& shape, std::uint64_t bit) {
  const std::uint64_t byte = bit / 8;
  to.bytes[byte / shape.width * shape.to_pitch + byte % shape.width] ^= std::byte{1} << bit % 8;
}

// Bytes from the first byte of the first row to the last of the last.
std::size_t Extent(const CopyShape& shape, std::size_t pitch) {
  return (shape.rows - 1) * pitch + shape.width;
}

}  // namespace

cudaError_t Copy(Process& process, void* to, const void* from, const CopyShape& shape,
                 cudaMemcpyKind kind) {
  if (shape.to_pitch < shape.width || shape.from_pitch < shape.width) {
    return cudaErrorInvalidPitchValue;
  }
  if (shape.width == 0 || shape.rows == 0) return cudaSuccess;
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return cudaErrorInvalidMemcpyDirection;
  }
  if (!to || !from) return cudaErrorInvalidValue;
  const std::optional<Side> target = Resolve(process, to, Extent(shape, shape.to_pitch));
  const std::optional<Side> source = Resolve(process, from, Extent(shape, shape.from_pitch));
  if (!target || !source || !Matches(*target, *source, kind)) {
    return cudaErrorInvalidValue;
  }
  const Place place = PlaceOf(*target, *source, shape.rows * shape.width);
  const Injected injected = process.faults().Ask(place);
  if (injected.error != cudaSuccess) return injected.error;
  Move(*target, *source, shape, std::min(place.bytes, injected.keep));
  if (injected.flip < place.bytes * 8) FlipBit(*target, shape, injected.flip);
  CountCopy(place);
  return cudaSuccess;
}

cudaError_t Fill(Process& process, void* to, int value, std::size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  const std::optional<Side> target = Resolve(process, to, bytes);
  if (!target || !ServesAsDevice(*target)) return cudaErrorInvalidValue;
  const Injected injected = process.faults().Ask({FaultPoint::kFill, target->device, bytes});
  if (injected.error != cudaSuccess) return injected.error;
  std::memset(target->bytes, value, bytes);
  return cudaSuccess;
}

}  // namespace portcullis::simcuda
