#include "src/simcuda/core/copy.h"

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

// Nothing if the range begins in a device's memory but is not inside one allocation.
std::optional<Side> Resolve(Process& process, const void* address, std::size_t bytes) {
  if (Device* device = process.FindOwner(address)) {
    const std::optional<Allocation> allocation = device->memory().Find(address);
    if (!allocation) return std::nullopt;
    const auto offset =
        static_cast<std::size_t>(static_cast<const std::byte*>(address) - allocation->address);
    if (offset > allocation->bytes || bytes > allocation->bytes - offset) return std::nullopt;
    return Side{device->memory().View(address), device, false};
  }
  auto* host = static_cast<std::byte*>(const_cast<void*>(address));
  return Side{host, nullptr, process.host_memory().Find(address).has_value()};
}

// Whether a side may be used where `kind` says there is device memory, or host memory.
bool ServesAsDevice(const Side& side) { return side.device || side.pinned; }
bool ServesAsHost(const Side& side) { return !side.device; }

bool Matches(const Side& to, const Side& from, cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToHost:
      return ServesAsHost(to) && ServesAsHost(from);
    case cudaMemcpyHostToDevice:
      return ServesAsDevice(to) && ServesAsHost(from);
    case cudaMemcpyDeviceToHost:
      return ServesAsHost(to) && ServesAsDevice(from);
    case cudaMemcpyDeviceToDevice:
      return ServesAsDevice(to) && ServesAsDevice(from);
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

void CountCopy(const Side& to, const Side& from, std::uint64_t bytes) {
  Record& record = Record::Get();
  if (to.device) {
    const Direction direction = from.device ? Direction::kDeviceToDevice : Direction::kHostToDevice;
    record.CountCopy(to.device->physical(), direction, bytes);
  } else if (from.device) {
    record.CountCopy(from.device->physical(), Direction::kDeviceToHost, bytes);
  }
}

// Bytes from the first byte of the first row to the last of the last.
std::size_t Extent(const CopyShape& shape, std::size_t pitch) {
  return (shape.rows - 1) * pitch + shape.width;
}

}  // namespace

cudaError_t Copy(Process& process, void* to, const void* from, const CopyShape& shape,
                 cudaMemcpyKind kind) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return cudaErrorInvalidMemcpyDirection;
  }
  if (shape.to_pitch < shape.width || shape.from_pitch < shape.width) {
    return cudaErrorInvalidPitchValue;
  }
  if (shape.width == 0 || shape.rows == 0) return cudaSuccess;
  if (!to || !from) return cudaErrorInvalidValue;
  const std::optional<Side> target = Resolve(process, to, Extent(shape, shape.to_pitch));
  const std::optional<Side> source = Resolve(process, from, Extent(shape, shape.from_pitch));
  if (!target || !source || !Matches(*target, *source, kind)) {
    return cudaErrorInvalidValue;
  }
  for (std::size_t row = 0; row < shape.rows; ++row) {
    std::memmove(target->bytes + row * shape.to_pitch, source->bytes + row * shape.from_pitch,
                 shape.width);
  }
  CountCopy(*target, *source, shape.rows * shape.width);
  return cudaSuccess;
}

cudaError_t Fill(Process& process, void* to, int value, std::size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  const std::optional<Side> target = Resolve(process, to, bytes);
  if (!target || !ServesAsDevice(*target)) return cudaErrorInvalidValue;
  std::memset(target->bytes, value, bytes);
  return cudaSuccess;
}

}  // namespace portcullis::simcuda
