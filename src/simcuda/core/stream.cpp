#include "src/simcuda/core/stream.h"

#include <driver_types.h>

#include <chrono>

namespace portcullis::simcuda {
namespace {

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> next = 3;  // as the default streams have ids of their own
  return next++;
}

bool IsDefaultStream(const void* handle) {
  return handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread;
}

}  // namespace

Stream::Stream(int on_device, unsigned stream_flags, int stream_priority)
    : device(on_device), flags(stream_flags), priority(stream_priority), id(NextId()) {}

Handles<Stream>& Streams() {
  static auto* streams = new Handles<Stream>;  // never destroyed: used during exit
  return *streams;
}

Handles<Event>& Events() {
  static auto* events = new Handles<Event>;  // never destroyed: used during exit
  return *events;
}

bool IsStream(const void* handle) {
  return IsDefaultStream(handle) || Streams().Find(handle) != nullptr;
}

std::shared_ptr<Stream> FindStream(const void* handle, int current_device) {
  if (IsDefaultStream(handle)) {
    return std::make_shared<Stream>(current_device, cudaStreamDefault, kLeastPriority);
  }
  return Streams().Find(handle);
}

std::int64_t NowNs() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace portcullis::simcuda
