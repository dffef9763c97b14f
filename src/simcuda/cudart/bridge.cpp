// Owns: the functions that the other stand-ins use. None of them touches the thread's last error.
#include "src/simcuda/interface/bridge.h"

#include <cstring>
#include <string>

#include "src/simcuda/core/allocate.h"
#include "src/simcuda/core/call.h"
#include "src/simcuda/core/kernel_image.h"
#include "src/simcuda/core/library_name.h"
#include "src/simcuda/core/plugin.h"
#include "src/simcuda/core/properties.h"

namespace portcullis::simcuda {
namespace {

constexpr char kNotModelled[] = "the simulated host does not model it";

// body(device) for a device that exists, else cudaErrorInvalidDevice.
template <class Body>
int OnDevice(int ordinal, Body&& body) {
  Device* device = Process::Get().FindDevice(ordinal);
  return device ? body(*device) : cudaErrorInvalidDevice;
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY void portcullis_sim_refuse(const char* library, const char* function) {
  Record& record = Record::Get();
  const std::uint16_t row = FindEntry(function);
  const std::uint16_t entry =
      row != kNoEntry ? row : record.OtherEntry(std::string(library) + ": " + function);
  OpenEvent(record, entry, /*quiet=*/false).End(cudaErrorNotSupported);
  record.Refuse(library, function, kNotModelled);
}

PORTCULLIS_ENTRY int portcullis_sim_refuse_call(const char* function) {
  return Call(Entry::Find(function), [&](Process&) {
    Record::Get().Refuse(kLibraryName, function, kNotModelled);
    return cudaErrorNotSupported;
  });
}

PORTCULLIS_ENTRY int portcullis_sim_start() {
  Record::Get().CountCall();
  return Process::Get().state();
}

PORTCULLIS_ENTRY int portcullis_sim_started() { return Process::started(); }

PORTCULLIS_ENTRY int portcullis_sim_driver_version() { return Process::Get().driver_version(); }

PORTCULLIS_ENTRY int portcullis_sim_device_count() {
  return static_cast<int>(Process::Get().devices().size());
}

PORTCULLIS_ENTRY int portcullis_sim_current_device() { return CurrentOrdinal(); }

PORTCULLIS_ENTRY int portcullis_sim_set_current_device(int ordinal) {
  return OnDevice(ordinal, [&](Device&) {
    CurrentOrdinal() = ordinal;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY int portcullis_sim_context_active(int ordinal) {
  Device* device = Process::Get().FindDevice(ordinal);
  return device && device->active();
}

PORTCULLIS_ENTRY int portcullis_sim_activate_context(int ordinal) {
  return OnDevice(ordinal, [](Device& device) { return EnterContext(Process::Get(), device); });
}

PORTCULLIS_ENTRY int portcullis_sim_describe(int ordinal, char* name, unsigned char* uuid,
                                             size_t* memory_bytes) {
  return OnDevice(ordinal, [&](Device& device) {
    const cudaDeviceProp properties = Properties(device);
    if (name) std::memcpy(name, properties.name, sizeof properties.name);
    if (uuid) std::memcpy(uuid, properties.uuid.bytes, sizeof properties.uuid.bytes);
    if (memory_bytes) *memory_bytes = properties.totalGlobalMem;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY int portcullis_sim_attribute(int* value, int attribute, int ordinal) {
  return OnDevice(ordinal, [&](Device& device) {
    const std::optional<int> found = Attribute(device, attribute);
    if (!value || !found) return cudaErrorInvalidValue;
    *value = *found;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY int portcullis_sim_locate(const void* address, int* kind, int* ordinal,
                                           void** base, size_t* bytes) {
  Process& process = Process::Get();
  const cudaPointerAttributes attributes = Describe(process, address);
  *kind = attributes.type;
  *ordinal = attributes.device;
  if (attributes.type == cudaMemoryTypeUnregistered) return cudaErrorInvalidValue;
  if (attributes.type == cudaMemoryTypeDevice) {
    const auto allocation = process.FindDevice(attributes.device)->memory().Find(address);
    if (!allocation) return cudaErrorInvalidValue;
    *base = allocation->address;
    *bytes = allocation->bytes;
    return cudaSuccess;
  }
  const auto range = process.host_memory().Find(address);
  if (!range) return cudaErrorInvalidValue;
  *base = range->address;
  *bytes = range->bytes;
  return cudaSuccess;
}

PORTCULLIS_ENTRY void* portcullis_sim_alias(const void* address, size_t bytes) {
  Device* owner = Process::Get().FindOwner(address);
  return owner ? owner->memory().ViewOf(address, bytes) : nullptr;
}

PORTCULLIS_ENTRY int portcullis_sim_operator(const char* name, int ordinal,
                                             unsigned long long bytes) {
  Process& process = Process::Get();
  if (process.state() != cudaSuccess) return process.state();
  Device* device = process.FindDevice(ordinal);
  if (!name || !device) return cudaErrorInvalidValue;
  Record& record = Record::Get();
  OpenEvent event(record, record.OtherEntry(name), /*quiet=*/false);
  return event.End(Guarded([&] {
    const cudaError_t unusable = EnterContext(process, *device);
    if (unusable != cudaSuccess) return unusable;
    record.CountKernel(device->physical());
    if (!Kernels::Get().AnyCanRun(*device)) return cudaErrorNoKernelImageForDevice;
    return process.faults().Ask({FaultPoint::kOperator, device, bytes, kNoEntry, name}).error;
  }));
}

PORTCULLIS_ENTRY int portcullis_sim_computes() { return HasPlugin(); }

PORTCULLIS_ENTRY int portcullis_sim_memory(int ordinal, void** addresses, void** bytes,
                                           size_t* length) {
  return OnDevice(ordinal, [&](Device& device) {
    const std::optional<DeviceMemory::Ranges> ranges = device.memory().FindRanges();
    if (!ranges) return cudaErrorMemoryAllocation;
    *addresses = ranges->addresses;
    *bytes = ranges->bytes;
    *length = ranges->length;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY unsigned long long portcullis_sim_memory_in_use(unsigned position) {
  if (!Process::started()) return 0;
  for (const auto& device : Process::Get().devices()) {
    if (device->physical() == position) return device->memory().in_use();
  }
  return 0;
}
