#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <vector>

#include "src/simcuda/core/process.h"
#include "src/simcuda/interface/bridge.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

class Memory : public SimulatedHost {
 protected:
  static std::size_t FreeBytes() {
    std::size_t free = 0;
    std::size_t total = 0;
    EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
    return free;
  }
  static void* Malloc(std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, bytes), cudaSuccess);
    return memory;
  }
  static cudaPointerAttributes Attributes(const void* address) {
    cudaPointerAttributes attributes = {};
    EXPECT_EQ(cudaPointerGetAttributes(&attributes, address), cudaSuccess);
    return attributes;
  }
};

TEST_F(Memory, CapacityIsThatOfTheDevice) {
  std::size_t free = 0;
  std::size_t total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(total, 16 * kGiB);
  EXPECT_EQ(free, total);
}

TEST_F(Memory, AllocationsAreRoundedUpAndAligned) {
  const auto* small = static_cast<std::byte*>(Malloc(1));
  EXPECT_EQ(FreeBytes(), 16 * kGiB - 512);
  const auto* next = static_cast<std::byte*>(Malloc(513));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small) % 512, 0U);
  EXPECT_EQ(next - small, 512);
  EXPECT_EQ(FreeBytes(), 16 * kGiB - 512 - 1024);
  void* large = Malloc(2 * kMiB + 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large) % (2 * kMiB), 0U);
  EXPECT_EQ(FreeBytes(), 16 * kGiB - 512 - 1024 - 4 * kMiB);
}

TEST_F(Memory, CanBeFilledToTheLastByte) {
  Become(TestHost({TestDevice(0, 64 * kMiB)}));
  std::vector<void*> blocks(32);
  for (void*& block : blocks) block = Malloc(2 * kMiB);
  void* more = &more;
  EXPECT_EQ(cudaMalloc(&more, 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(more, nullptr);
  EXPECT_EQ(FreeBytes(), 0U);
  // Freed here and there, the memory still takes one block of its whole size less one.
  for (std::size_t i = 0; i < blocks.size(); i += 2) EXPECT_EQ(cudaFree(blocks[i]), cudaSuccess);
  EXPECT_NE(Malloc(32 * kMiB), nullptr);
  EXPECT_EQ(FreeBytes(), 0U);
}

TEST_F(Memory, OfOtherProcessesIsTaken) {
  HostDescription host = TestHost({TestDevice(0, 64 * kMiB)});
  host.devices[0].used_bytes = 60 * kMiB;
  Become(host);
  std::size_t free = 0;
  std::size_t total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(total, 64 * kMiB);
  EXPECT_EQ(free, 4 * kMiB);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 6 * kMiB), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&memory, 4 * kMiB), cudaSuccess);
  EXPECT_EQ(FreeBytes(), 0U);
}

TEST_F(Memory, HasAnAliasForThoseWhoCompute) {
  auto* memory = static_cast<std::byte*>(Malloc(4096));
  auto* alias = static_cast<char*>(portcullis_sim_alias(memory + 100, 3996));
  ASSERT_NE(alias, nullptr);
  *alias = 42;
  char byte = 0;
  ASSERT_EQ(cudaMemcpy(&byte, memory + 100, 1, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(byte, 42);
  EXPECT_EQ(portcullis_sim_alias(memory + 100, 3997), nullptr) << "one byte too many";
  EXPECT_EQ(portcullis_sim_alias(&byte, 1), nullptr) << "not device memory";
  ASSERT_EQ(cudaFree(memory), cudaSuccess);
  EXPECT_EQ(portcullis_sim_alias(memory, 1), nullptr);
}

TEST_F(Memory, ImpossibleSizesAreOutOfMemory) {
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, SIZE_MAX), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&memory, 16 * kGiB + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&memory, 16 * kGiB), cudaSuccess);
}

TEST_F(Memory, NothingIsAllocatedForNothing) {
  EXPECT_EQ(Malloc(0), nullptr);
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
  EXPECT_EQ(FreeBytes(), 16 * kGiB);
}

TEST_F(Memory, OnlyWhatWasAllocatedCanBeFreed) {
  auto* memory = static_cast<std::byte*>(Malloc(4096));
  int on_the_host = 0;
  EXPECT_EQ(cudaFree(memory + 512), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(&on_the_host), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
  EXPECT_EQ(cudaFree(memory), cudaErrorInvalidValue);
}

TEST_F(Memory, IsFreedFromAnyDevice) {
  void* memory = Malloc(4096);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(FreeBytes(), 16 * kGiB);
}

TEST_F(Memory, ResetGivesEverythingBack) {
  void* memory = Malloc(kGiB);
  EXPECT_EQ(cudaDeviceReset(), cudaSuccess);
  EXPECT_EQ(FreeBytes(), 16 * kGiB);
  EXPECT_EQ(cudaFree(memory), cudaErrorInvalidValue);
}

TEST_F(Memory, NewMemoryDoesNotShowWhatWasFreed) {
  auto* memory = Malloc(4 * kMiB);
  ASSERT_EQ(cudaMemset(memory, 0x5A, 4 * kMiB), cudaSuccess);
  ASSERT_EQ(cudaFree(memory), cudaSuccess);
  ASSERT_EQ(Malloc(4 * kMiB), memory);
  unsigned char byte = 1;
  ASSERT_EQ(cudaMemcpy(&byte, memory, 1, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(byte, 0);
}

// Killed by a fault, or ended by the sanitizer that caught it.
bool Faulted(int status) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return WIFEXITED(status) && WEXITSTATUS(status) != 0;
#else
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
#endif
}

// The host must not be able to touch device memory, allocated or not.
using StrayAccess = Memory;
using StrayAccessDeathTest = StrayAccess;

TEST_F(StrayAccessDeathTest, ReadingFaults) {
  const volatile char* memory = static_cast<char*>(Malloc(4096));
  EXPECT_EXIT({ [[maybe_unused]] const char byte = *memory; }, Faulted, "");
}

TEST_F(StrayAccessDeathTest, WritingFaults) {
  volatile char* memory = static_cast<char*>(Malloc(4096));
  EXPECT_EXIT(*memory = 1, Faulted, "");
}

TEST_F(Memory, PointersAreToldApart) {
  int on_the_host = 0;
  auto* first = static_cast<std::byte*>(Malloc(4096));
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  void* second = Malloc(4096);
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, 4096, cudaHostAllocDefault), cudaSuccess);

  EXPECT_EQ(Attributes(first + 4095).type, cudaMemoryTypeDevice);
  EXPECT_EQ(Attributes(first + 4095).device, 0);
  EXPECT_EQ(Attributes(first + 4095).devicePointer, first + 4095);
  EXPECT_EQ(Attributes(first + 4095).hostPointer, nullptr);
  EXPECT_EQ(Attributes(second).device, 1);
  EXPECT_EQ(Attributes(pinned).type, cudaMemoryTypeHost);
  EXPECT_EQ(Attributes(pinned).device, 1);
  EXPECT_EQ(Attributes(pinned).hostPointer, pinned);
  EXPECT_EQ(Attributes(&on_the_host).type, cudaMemoryTypeUnregistered);
  ASSERT_EQ(cudaFree(second), cudaSuccess);
  EXPECT_EQ(Attributes(second).type, cudaMemoryTypeUnregistered);
}

TEST_F(Memory, PinnedMemoryIsTheHosts) {
  void* memory = nullptr;
  ASSERT_EQ(cudaHostAlloc(&memory, 100, cudaHostAllocPortable), cudaSuccess);
  std::memset(memory, 7, 100);
  unsigned flags = 0;
  EXPECT_EQ(cudaHostGetFlags(&flags, memory), cudaSuccess);
  EXPECT_EQ(flags, unsigned{cudaHostAllocPortable | cudaHostAllocMapped});
  void* device_address = nullptr;
  EXPECT_EQ(cudaHostGetDevicePointer(&device_address, memory, 0), cudaSuccess);
  EXPECT_EQ(device_address, memory);
  EXPECT_EQ(cudaFreeHost(memory), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(memory), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(nullptr), cudaSuccess);
  EXPECT_EQ(FreeBytes(), 16 * kGiB) << "it takes nothing from the device";
}

TEST_F(Memory, RegisteringPinsWhatIsThere) {
  std::vector<char> memory(8192);
  EXPECT_EQ(cudaHostRegister(memory.data(), 8192, 0), cudaSuccess);
  EXPECT_EQ(Attributes(memory.data() + 8191).type, cudaMemoryTypeHost);
  EXPECT_EQ(cudaHostRegister(memory.data() + 4096, 10, 0), cudaErrorHostMemoryAlreadyRegistered);
  EXPECT_EQ(cudaHostUnregister(memory.data() + 1), cudaErrorHostMemoryNotRegistered);
  EXPECT_EQ(cudaFreeHost(memory.data()), cudaErrorInvalidValue);
  EXPECT_EQ(cudaHostUnregister(memory.data()), cudaSuccess);
  EXPECT_EQ(Attributes(memory.data()).type, cudaMemoryTypeUnregistered);
  EXPECT_EQ(cudaHostUnregister(memory.data()), cudaErrorHostMemoryNotRegistered);
}

}  // namespace
}  // namespace portcullis::simcuda
