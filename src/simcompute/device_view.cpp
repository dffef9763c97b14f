#include "src/simcompute/device_view.h"

#include <c10/cuda/CUDAException.h>
#include <cuda_runtime_api.h>  // which CUDAException.h of PyTorch 2.6 leaves to its includers

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "src/simcuda/interface/bridge.h"
#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcompute {
namespace {

struct Window {
  void* addresses = nullptr;  // as programs see it
  void* bytes = nullptr;      // as the host reaches it
  std::size_t length = 0;
};

// By ordinal. Looked up once for each device: the ranges stay as long as the process lives.
std::array<std::atomic<const Window*>, simcuda::kMaxDevices> known;

// `address` of one range as the same place in the other; null if it is not in that range.
void* Translate(const void* address, const void* from, void* to, std::size_t length) {
  const auto offset =
      reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(from);
  return offset < length ? static_cast<std::byte*>(to) + offset : nullptr;
}

const Window& WindowOf(int ordinal) {
  std::atomic<const Window*>& slot = known.at(static_cast<std::size_t>(ordinal));
  if (const Window* window = slot.load(std::memory_order_acquire)) return *window;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (const Window* window = slot.load()) return *window;
  auto window = std::make_unique<Window>();
  C10_CUDA_CHECK(static_cast<cudaError_t>(
      portcullis_sim_memory(ordinal, &window->addresses, &window->bytes, &window->length)));
  slot.store(window.get(), std::memory_order_release);
  return *window.release();  // for the life of the process
}

}  // namespace

void* HostView(void* address, int ordinal) {
  if (!address) return nullptr;
  const Window& window = WindowOf(ordinal);
  void* view = Translate(address, window.addresses, window.bytes, window.length);
  return view ? view : address;
}

void* DeviceAddress(const void* view) {
  for (const auto& slot : known) {
    const Window* window = slot.load(std::memory_order_acquire);
    if (!window) continue;
    if (void* found = Translate(view, window->bytes, window->addresses, window->length)) {
      return found;
    }
  }
  return nullptr;
}

void LaunchOperator(int ordinal, const char* name) {
  C10_CUDA_CHECK(static_cast<cudaError_t>(portcullis_sim_operator(name, ordinal, 0)));
}

}  // namespace portcullis::simcompute
