#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "src/simcuda/core/kernel_image.h"
#include "tests/unit/simcuda/entry_points.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

class Counters : public SimulatedHost {
 protected:
  void In(Phase phase) { record().phase = static_cast<std::uint32_t>(phase); }
  static void* Malloc(int device, std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
    EXPECT_EQ(cudaMalloc(&memory, bytes), cudaSuccess);
    return memory;
  }
  std::vector<char> host = std::vector<char>(kMiB);
};

TEST_F(Counters, AreByDirectionAndDevice) {
  void* first = Malloc(0, kMiB);
  void* second = Malloc(1, kMiB);
  ASSERT_EQ(cudaMemcpy(first, host.data(), 100, cudaMemcpyHostToDevice), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(first, host.data(), 20, cudaMemcpyDefault), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(second, first, 7, cudaMemcpyDeviceToDevice), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(host.data(), second, 3, cudaMemcpyDeviceToHost), cudaSuccess);
  ASSERT_NE(cudaMemcpy(first, host.data(), 2 * kMiB, cudaMemcpyHostToDevice), cudaSuccess);
  const DeviceCounters& on_first = counters(Phase::kStart, 0);
  const DeviceCounters& on_second = counters(Phase::kStart, 1);
  EXPECT_EQ(on_first.host_to_device_bytes, 120U);
  EXPECT_EQ(on_first.host_to_device_calls, 2U) << "the one that failed is not counted";
  EXPECT_EQ(on_first.device_to_device_bytes, 0U);
  EXPECT_EQ(on_second.device_to_device_bytes, 7U) << "counted for the device written to";
  EXPECT_EQ(on_second.device_to_device_calls, 1U);
  EXPECT_EQ(on_second.device_to_host_bytes, 3U);
  EXPECT_EQ(on_second.device_to_host_calls, 1U);
  EXPECT_EQ(on_first.allocations, 1U);
}

TEST_F(Counters, AreByPhysicalDeviceWhateverTheMask) {
  Become(TestHost({TestDevice(0), TestDevice(1)}), "1");
  Malloc(0, kMiB);
  EXPECT_EQ(counters(Phase::kStart, 0).allocations, 0U);
  EXPECT_EQ(counters(Phase::kStart, 1).allocations, 1U);
  EXPECT_EQ(record().bytes_in_use[1], kMiB);
}

TEST_F(Counters, AreByPhase) {
  void* memory = Malloc(0, kMiB);
  In(Phase::kLoad);
  ASSERT_EQ(cudaMemcpy(memory, host.data(), 10, cudaMemcpyHostToDevice), cudaSuccess);
  In(Phase::kReadBack);
  ASSERT_EQ(cudaMemcpy(host.data(), memory, 10, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(counters(Phase::kStart, 0).allocations, 1U);
  EXPECT_EQ(counters(Phase::kLoad, 0).allocations, 0U);
  EXPECT_EQ(counters(Phase::kLoad, 0).host_to_device_bytes, 10U);
  EXPECT_EQ(counters(Phase::kLoad, 0).device_to_host_bytes, 0U);
  EXPECT_EQ(counters(Phase::kReadBack, 0).device_to_host_bytes, 10U);
  EXPECT_EQ(counters(Phase::kMove, 0).host_to_device_calls, 0U);
}

TEST_F(Counters, PeakOfAPhaseStartsAtWhatIsInUse) {
  void* first = Malloc(0, 4 * kMiB);
  void* second = Malloc(0, 6 * kMiB);
  EXPECT_EQ(counters(Phase::kStart, 0).peak_bytes, 10 * kMiB);
  ASSERT_EQ(cudaFree(first), cudaSuccess);
  In(Phase::kLoad);
  ASSERT_EQ(cudaFree(second), cudaSuccess);
  EXPECT_EQ(counters(Phase::kLoad, 0).peak_bytes, 6 * kMiB) << "in use when the phase began";
  Malloc(0, 2 * kMiB);
  EXPECT_EQ(counters(Phase::kLoad, 0).peak_bytes, 6 * kMiB);
  In(Phase::kMove);
  Malloc(0, 2 * kMiB);
  EXPECT_EQ(counters(Phase::kMove, 0).peak_bytes, 4 * kMiB);
  EXPECT_EQ(counters(Phase::kReadBack, 0).peak_bytes, 0U);
}

TEST_F(Counters, SurviveTheDeathOfTheProcess) {
  for (const int number : {SIGKILL, SIGABRT, SIGTERM}) {
    SCOPED_TRACE(number);
    ResetRecord();
    const pid_t child = fork();
    if (child == 0) {
      void* memory = Malloc(0, kMiB);
      cudaMemcpy(memory, host.data(), 99, cudaMemcpyHostToDevice);
      kill(getpid(), number);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number);
    EXPECT_EQ(record().attached, 1U);
    EXPECT_EQ(counters(Phase::kStart, 0).host_to_device_bytes, 99U);
    EXPECT_EQ(Events().back().name, "cudaMemcpy");
    EXPECT_EQ(Events().back().result, cudaSuccess);
  }
}

TEST_F(Counters, OfNobodyAreKeptNowhere) {
  unsetenv(kRecordVariable);
  Become(TestHost({TestDevice(0)}));
  Malloc(0, kMiB);
  EXPECT_EQ(record().attached, 0U);
  EXPECT_EQ(record().calls, 0U);
}

TEST_F(Counters, ARecordThatIsNoneIsSaid) {
  setenv(kRecordVariable, "/dev/null", 1);
  Become(TestHost({TestDevice(0)}));
  testing::internal::CaptureStderr();
  Malloc(0, kMiB);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("/dev/null"));
}

TEST_F(Counters, KernelsAreCountedAndRefused) {
  const auto kernel = reinterpret_cast<const void*>(&memcmp);
  Kernels::Get().Add(kernel, "memcmp", nullptr);
  EXPECT_EQ(cudaLaunchKernel(kernel, {1, 1, 1}, {1, 1, 1}, nullptr, 0, nullptr),
            cudaErrorNotSupported);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotSupported);
  EXPECT_EQ(counters(Phase::kStart, 0).kernels_launched, 1U);
  ASSERT_EQ(record().refused_kept, 1U);
  EXPECT_STREQ(record().refused_names[0], "libcudart.so.13: cudaLaunchKernel");
}

TEST_F(Counters, KeepNoMoreNamesThanThereIsRoomFor) {
  for (const EntryPoint& entry : EntryPoints()) {
    if (!std::string_view(entry.name).starts_with("cudaGraph")) continue;
    EXPECT_EQ(CallWithNothing(entry.address), cudaErrorNotSupported) << entry.name;
  }
  EXPECT_GT(record().refused, kRefusedNames);
  EXPECT_EQ(record().refused_kept, kRefusedNames);
  EXPECT_THAT(record().refused_names[kRefusedNames - 1], testing::StartsWith("libcudart.so.13: "));
}

}  // namespace
}  // namespace portcullis::simcuda
