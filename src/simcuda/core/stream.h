// Owns: streams and events. Nothing is ever pending on a simulated stream: what is given to it is
// done before the call returns. Events keep the host's clock.
#pragma once

#include <atomic>
#include <cstdint>

#include "src/simcuda/core/handles.h"

namespace portcullis::simcuda {

// What cudaDeviceGetStreamPriorityRange says on GPUs since Pascal (numbers, lower is sooner).
inline constexpr int kLeastPriority = 0;
inline constexpr int kGreatestPriority = -5;

struct Stream {
  Stream(int on_device, unsigned stream_flags, int stream_priority);
  const int device;
  const unsigned flags;
  const int priority;
  const std::uint64_t id;
};

struct Event {
  Event(int on_device, unsigned event_flags) : device(on_device), flags(event_flags) {}
  const int device;
  const unsigned flags;
  std::atomic<std::int64_t> recorded_ns = 0;  // 0: not recorded yet
};

Handles<Stream>& Streams();
Handles<Event>& Events();

// The stream of a handle; the handles 0, 1 and 2 are the default streams of `current_device`. Null
// if it is none.
std::shared_ptr<Stream> FindStream(const void* handle, int current_device);

// Whether a handle is that of a stream.
bool IsStream(const void* handle);

// Now, by the clock that events keep.
std::int64_t NowNs();

}  // namespace portcullis::simcuda
