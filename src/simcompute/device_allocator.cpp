#include "src/simcompute/device_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include <cstring>
#include <limits>

#include "src/simcompute/device_view.h"

namespace portcullis::simcompute {
namespace {

namespace cuda = c10::cuda::CUDACachingAllocator;

constexpr c10::DeviceIndex kNone = -1;
thread_local c10::DeviceIndex allocating_on = kNone;

c10::Allocator* usual = nullptr;  // the CPU's own

// Memory of either kind: deleters of CPU tensors find their way here whoever allocated.
void Free(void* memory) {
  if (void* address = DeviceAddress(memory)) {
    cuda::raw_delete(address);
  } else if (memory) {
    usual->raw_deleter()(memory);
  }
}

// Memory is its own context, as callers of raw_allocate() require.
class DeviceAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    if (allocating_on == kNone) return usual->allocate(bytes);
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, cpu};
    void* view = HostView(cuda::raw_alloc(bytes), allocating_on);
    return {view, view, &Free, cpu};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &Free; }

  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};

}  // namespace

void InstallDeviceAllocator() {
  static DeviceAllocator allocator;
  usual = c10::GetCPUAllocator();
  c10::SetCPUAllocator(&allocator, std::numeric_limits<std::uint8_t>::max());
}

AllocateOnDevice::AllocateOnDevice(c10::DeviceIndex device) : previous_(allocating_on) {
  allocating_on = device;
}

AllocateOnDevice::~AllocateOnDevice() { allocating_on = previous_; }

bool IsOnDevice(const c10::DataPtr& memory) { return memory.get_deleter() == &Free; }

c10::DataPtr AsDeviceMemory(c10::DataPtr&& memory, c10::DeviceIndex device) {
  void* address = DeviceAddress(memory.release_context());
  return {address, address, cuda::get()->raw_deleter(), c10::Device(c10::DeviceType::CUDA, device)};
}

}  // namespace portcullis::simcompute
