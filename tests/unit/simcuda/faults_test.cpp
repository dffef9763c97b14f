// What each kind of fault does to a program, and what the flight record says of it.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <numeric>
#include <utility>
#include <vector>

#include "src/simcuda/core/process.h"
#include "src/simcuda/interface/bridge.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

using testing::ElementsAre;
using Bytes = std::vector<unsigned char>;

constexpr std::size_t kBytes = 4096;

class Faults : public SimulatedHost {
 protected:
  void SetUp() override {
    SimulatedHost::SetUp();
    std::iota(source.begin(), source.end(), static_cast<unsigned char>(1));
  }
  void TearDown() override {
    unsetenv("CUDA_LAUNCH_BLOCKING");
    SimulatedHost::TearDown();
  }
  // Two devices, and these faults.
  void With(const std::vector<std::string>& faults, std::optional<std::string> mask = {}) {
    Become(WithFaults(TestHost({TestDevice(0), TestDevice(1)}), faults), std::move(mask));
  }
  static cudaError_t TryMalloc(std::size_t bytes) {
    void* memory = nullptr;
    return cudaMalloc(&memory, bytes);
  }
  static std::vector<int> TryMallocs(int count, std::size_t bytes = 512) {
    std::vector<int> results;
    results.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) results.push_back(TryMalloc(bytes));
    return results;
  }
  static void* Malloc(std::size_t bytes = kBytes) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, bytes), cudaSuccess);
    return memory;
  }
  std::uint64_t Fired(std::size_t rule) { return record().rules[rule].fired; }

  Bytes source = Bytes(kBytes);
};

TEST_F(Faults, StrikeTheNthCall) {
  With({"oom@malloc:2", "invalid-value@malloc:4+", "oom@malloc:5-6"});
  EXPECT_THAT(TryMallocs(5), ElementsAre(0, 2, 0, 0, 1))
      << "a call that failed is no call for the rules behind it";
  EXPECT_EQ(record().rules[0].calls, 5U);
  EXPECT_EQ(record().rules[1].calls, 4U);
  EXPECT_EQ(Fired(0), 1U);
  EXPECT_EQ(Fired(1), 1U);
  EXPECT_EQ(Fired(2), 0U) << "armed, and never fired";
}

TEST_F(Faults, StrikeAfterSoManyBytes) {
  With({"oom@malloc:after=1024"});
  EXPECT_THAT(TryMallocs(4), ElementsAre(0, 0, 2, 2));
  EXPECT_EQ(record().rules[0].bytes, 2048U);
}

TEST_F(Faults, StrikeByChanceTheSameWayEachTime) {
  const auto run = [&](const std::string& fault) {
    With({fault});
    return TryMallocs(200);
  };
  const std::vector<int> first = run("oom@malloc:p=0.25,seed=7");
  const auto failed = std::count(first.begin(), first.end(), 2);
  EXPECT_GT(failed, 25);
  EXPECT_LT(failed, 75);
  ResetRecord();
  EXPECT_EQ(run("oom@malloc:p=0.25,seed=7"), first);
  ResetRecord();
  EXPECT_NE(run("oom@malloc:p=0.25,seed=8"), first);
}

TEST_F(Faults, StrikeOneDeviceByEitherNumber) {
  With({"oom@malloc/cuda:1", "invalid-value@malloc/gpu:1"}, "1,0");
  EXPECT_EQ(TryMalloc(1), cudaErrorInvalidValue) << "cuda:0 is gpu:1";
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(TryMalloc(1), cudaErrorMemoryAllocation);
}

TEST_F(Faults, LeaveLessMemoryThanPromised) {
  With({"only=1MiB@malloc"});
  std::size_t free = 0;
  std::size_t total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(free, 16 * kGiB);
  void* memory = Malloc(kMiB);
  EXPECT_EQ(TryMalloc(1), cudaErrorMemoryAllocation);
  ASSERT_EQ(cudaFree(memory), cudaSuccess);
  EXPECT_EQ(TryMalloc(kMiB), cudaSuccess);
}

TEST_F(Faults, FlipOneBitOfACopy) {
  With({"flip=17@h2d:1", "flip@d2h:2"});
  void* memory = Malloc();
  Bytes back(kBytes);
  ASSERT_EQ(cudaMemcpy(memory, source.data(), kBytes, cudaMemcpyHostToDevice), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(back.data(), memory, kBytes, cudaMemcpyDeviceToHost), cudaSuccess);
  Bytes expected = source;
  expected[2] ^= 2;
  EXPECT_EQ(back, expected);
  ASSERT_EQ(cudaMemcpy(back.data(), memory, kBytes, cudaMemcpyDeviceToHost), cudaSuccess);
  int bits = 0;
  for (std::size_t i = 0; i < kBytes; ++i) bits += __builtin_popcount(back[i] ^ expected[i]);
  EXPECT_EQ(bits, 1) << "wherever chance put it";
}

TEST_F(Faults, FlipABitInTheRightRow) {
  With({"flip=128@copy"});  // byte 16: the first of the second row
  void* memory = Malloc();
  ASSERT_EQ(cudaMemset(memory, 0, kBytes), cudaSuccess);
  const Bytes zeros(64);
  ASSERT_EQ(cudaMemcpy2D(memory, 32, zeros.data(), 16, 16, 4, cudaMemcpyHostToDevice), cudaSuccess);
  const auto* bytes = static_cast<const unsigned char*>(portcullis_sim_alias(memory, kBytes));
  EXPECT_EQ(std::accumulate(bytes, bytes + kBytes, 0), 1);
  EXPECT_EQ(bytes[32], 1);
}

TEST_F(Faults, CutACopyShort) {
  With({"short@h2d", "short=100@d2h"});
  void* memory = Malloc();
  ASSERT_EQ(cudaMemset(memory, 0, kBytes), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(memory, source.data(), kBytes, cudaMemcpyHostToDevice), cudaSuccess);
  const auto* bytes = static_cast<const unsigned char*>(portcullis_sim_alias(memory, kBytes));
  EXPECT_EQ(bytes[kBytes / 2 - 1], source[kBytes / 2 - 1]);
  EXPECT_EQ(bytes[kBytes / 2], 0);
  Bytes back(kBytes, 0xEE);
  ASSERT_EQ(cudaMemcpy(back.data(), memory, kBytes, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(back[99], source[99]);
  EXPECT_EQ(back[100], 0xEE);
}

TEST_F(Faults, DelayACall) {
  With({"delay=30ms@sync"});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(30));
}

// A child that allocates twice.
pid_t AllocatingChild() {
  const pid_t child = fork();
  if (child != 0) return child;
  void* memory = nullptr;
  cudaMalloc(&memory, 1);
  cudaMalloc(&memory, 1);
  _exit(0);
}

TEST_F(Faults, KillTheProcess) {
  With({"kill@malloc:2"});
  int status = 0;
  waitpid(AllocatingChild(), &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  const std::vector<Seen> events = Events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().name, "cudaMalloc");
  EXPECT_EQ(events.back().result, kNotReturned) << "the call during which it died";
  EXPECT_EQ(events.back().rule, 1);
}

TEST_F(Faults, HangACall) {
  With({"hang@malloc:2"});
  const pid_t child = AllocatingChild();
  while (record().rules[0].fired == 0 && waitpid(child, nullptr, WNOHANG) == 0) usleep(1000);
  usleep(20'000);
  EXPECT_EQ(waitpid(child, nullptr, WNOHANG), 0) << "it is still there";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_EQ(Events().size(), 2U);
  EXPECT_EQ(Events().back().result, kNotReturned);
}

TEST_F(Faults, StrikeContextsAndSetDevice) {
  With({"busy@context:1", "invalid-device@set-device:2/cuda:1"});
  EXPECT_EQ(TryMalloc(1), cudaErrorDevicesUnavailable);
  EXPECT_EQ(TryMalloc(1), cudaSuccess) << "the second attempt succeeds";
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
}

TEST_F(Faults, StrikeAnEntryPointByName) {
  With({"unknown@cudaMemGetInfo"});
  std::size_t free = 0;
  std::size_t total = 0;
  EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaErrorUnknown);
  EXPECT_EQ(TryMalloc(1), cudaSuccess);
}

TEST_F(Faults, StrikePinnedMemory) {
  With({"oom@host-malloc:1"});
  void* memory = nullptr;
  EXPECT_EQ(cudaHostAlloc(&memory, 10, 0), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaHostAlloc(&memory, 10, 0), cudaSuccess);
}

TEST_F(Faults, ThatBreakAContextStickToIt) {
  With({"ecc@h2d:1/cuda:0"});
  void* memory = Malloc();
  EXPECT_EQ(cudaMemcpy(memory, source.data(), 1, cudaMemcpyHostToDevice),
            cudaErrorECCUncorrectable);
  EXPECT_EQ(TryMalloc(1), cudaErrorECCUncorrectable);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorECCUncorrectable);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess) << "the other device works on";
  EXPECT_EQ(TryMalloc(1), cudaSuccess);
}

TEST_F(Faults, InAKernelAreReportedByTheNextCall) {
  With({"illegal-address@launch:1"});
  const auto launch = [] {
    return cudaLaunchKernel(reinterpret_cast<const void*>(&memcmp), {1, 1, 1}, {1, 1, 1}, nullptr,
                            0, nullptr);
  };
  EXPECT_EQ(launch(), cudaSuccess) << "the kernel runs behind the program's back";
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  ResetRecord();
  setenv("CUDA_LAUNCH_BLOCKING", "1", 1);
  With({"illegal-address@launch:1"});
  EXPECT_EQ(launch(), cudaErrorIllegalAddress);
}

TEST_F(Faults, StrikeOperatorsOfTheComputingPlugin) {
  With({"oom@aten::mm:2", "invalid-configuration@launch:3", "assert@aten::relu"});
  EXPECT_EQ(portcullis_sim_operator("aten::mm", 0, 10), 0);
  EXPECT_EQ(portcullis_sim_operator("aten::mm", 0, 10), cudaErrorMemoryAllocation);
  EXPECT_EQ(portcullis_sim_operator("aten::add.Tensor", 1, 10), 0) << "the second launch";
  EXPECT_EQ(portcullis_sim_operator("aten::mm", 0, 10), cudaErrorInvalidConfiguration);
  EXPECT_EQ(portcullis_sim_operator("aten::relu", 1, 10), 0) << "reported by the next call";
  EXPECT_EQ(portcullis_sim_operator("aten::mm", 1, 10), cudaErrorAssert);
  EXPECT_EQ(portcullis_sim_operator("aten::mm", 0, 10), 0);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  const std::vector<Seen> events = Events();
  ASSERT_EQ(events.size(), 7U);
  EXPECT_EQ(events[2].name, "aten::add.Tensor");
  EXPECT_EQ(events[2].device, 1);
  EXPECT_EQ(events[1].rule, 1);
  EXPECT_EQ(counters(Phase::kStart, 0).kernels_launched, 4U);
}

TEST_F(Faults, AreToldFromRealErrors) {
  With({"oom@malloc:1"});
  EXPECT_EQ(TryMalloc(100), cudaErrorMemoryAllocation);
  EXPECT_EQ(TryMalloc(17 * kGiB), cudaErrorMemoryAllocation);
  const std::vector<Seen> events = Events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].result, cudaErrorMemoryAllocation);
  EXPECT_EQ(events[0].rule, 1);
  EXPECT_EQ(events[0].bytes, 100U);
  EXPECT_EQ(events[1].result, cudaErrorMemoryAllocation);
  EXPECT_EQ(events[1].rule, 0);
}

}  // namespace
}  // namespace portcullis::simcuda
