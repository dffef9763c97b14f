// Several threads on several devices; what is counted must add up. Run it with the thread
// sanitizer.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <thread>
#include <vector>

#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 50;
constexpr std::uint64_t kRoundsOnADevice = std::uint64_t{kThreads} / 2 * kRounds;
constexpr std::size_t kBytes = 64 << 10;

class Threads : public SimulatedHost {
 protected:
  // Runs body(number) in so many threads at once.
  template <class Body>
  static void InThreads(Body body) {
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
  }
};

// Fills an allocation with a value of its own and reads it back; errors if another one shows.
int RoundTrips(int number) {
  int wrong = 0;
  wrong += cudaSetDevice(number % 2) != cudaSuccess;
  for (int round = 0; round < kRounds; ++round) {
    void* memory = nullptr;
    wrong += cudaMalloc(&memory, kBytes) != cudaSuccess;
    const std::vector<int> out(kBytes / sizeof(int), number * 1000 + round);
    std::vector<int> back(out.size());
    wrong += cudaMemcpy(memory, out.data(), kBytes, cudaMemcpyHostToDevice) != cudaSuccess;
    wrong += cudaMemcpy(back.data(), memory, kBytes, cudaMemcpyDeviceToHost) != cudaSuccess;
    wrong += back != out;
    wrong += cudaFree(memory) != cudaSuccess;
  }
  return wrong;
}

TEST_F(Threads, DoNotSeeEachOthersMemory) {
  std::atomic<int> wrong = 0;
  InThreads([&](int number) { wrong += RoundTrips(number); });
  EXPECT_EQ(wrong, 0);
  for (int device = 0; device < 2; ++device) {
    const DeviceCounters& counted = counters(Phase::kStart, device);
    EXPECT_EQ(counted.allocations, kRoundsOnADevice);
    EXPECT_EQ(counted.host_to_device_bytes, kRoundsOnADevice * kBytes);
    EXPECT_EQ(counted.device_to_host_calls, kRoundsOnADevice);
    EXPECT_EQ(record().bytes_in_use[device], 0U);
    EXPECT_LE(counted.peak_bytes, kThreads * kBytes);
    EXPECT_GE(counted.peak_bytes, kBytes);
  }
}

TEST_F(Threads, HaveTheirOwnCurrentDeviceAndLastError) {
  std::atomic<int> wrong = 0;
  InThreads([&](int number) {
    int device = -1;
    wrong += cudaSetDevice(number % 2) != cudaSuccess;
    if (number % 4 == 0) cudaFree(&device);
    std::this_thread::yield();
    wrong += cudaGetDevice(&device) != cudaSuccess || device != number % 2;
    wrong += cudaGetLastError() != (number % 4 == 0 ? cudaErrorInvalidValue : cudaSuccess);
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(Threads, MakeTheFirstCallTogether) {
  std::atomic<int> devices = 0;
  InThreads([&](int) {
    int count = 0;
    cudaGetDeviceCount(&count);
    devices += count;
  });
  EXPECT_EQ(devices, 2 * kThreads);
  EXPECT_EQ(record().attached, 1U);
}

TEST_F(Threads, ShareACapacity) {
  Become(TestHost({TestDevice(0, 10 * kMiB)}));
  std::atomic<int> served = 0;
  InThreads([&](int) {
    void* memory = nullptr;
    served += cudaMalloc(&memory, 2 * kMiB) == cudaSuccess;
  });
  EXPECT_EQ(served, 5);
  EXPECT_EQ(record().bytes_in_use[0], 10 * kMiB);
}

TEST_F(Threads, UseAndDestroyStreamsAndEvents) {
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
  InThreads([&](int number) {
    for (int round = 0; round < kRounds; ++round) {
      cudaEventRecord(event, stream);
      cudaStreamWaitEvent(stream, event, 0);
      if (number == 0 && round == kRounds / 2) cudaStreamDestroy(stream);
    }
  });
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess);
}

}  // namespace
}  // namespace portcullis::simcuda
