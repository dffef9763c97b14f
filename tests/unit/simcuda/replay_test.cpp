// The events of the flight record: what they say, that a seeded plan replays, that nothing is torn.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>
#include <tuple>
#include <vector>

#include "src/simcuda/interface/bridge.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

class Recorded : public SimulatedHost {
 protected:
  static constexpr std::size_t kBytes = 4096;
  // Many calls of many kinds, the same each time, whatever becomes of them.
  static void Program(unsigned calls) {
    std::mt19937 choice(1);
    std::vector<void*> blocks = {nullptr};
    std::vector<char> host(kBytes);
    for (unsigned i = 0; i < calls; ++i) {
      void* block = blocks[choice() % blocks.size()];
      switch (choice() % 6) {
        case 0:
          if (cudaMalloc(&block, kBytes) == cudaSuccess) blocks.push_back(block);
          break;
        case 1:
          cudaSetDevice(static_cast<int>(choice() % 2));
          break;
        case 2:
          cudaMemcpy(block, host.data(), 1 + choice() % kBytes, cudaMemcpyHostToDevice);
          break;
        case 3:
          cudaMemcpy(host.data(), block, 1 + choice() % kBytes, cudaMemcpyDeviceToHost);
          break;
        case 4:
          cudaDeviceSynchronize();
          break;
        default:
          portcullis_sim_operator("aten::add.Tensor", 0, kBytes);
      }
    }
  }
  // What a record says but for times and ids.
  std::vector<std::string> Run(const std::vector<std::string>& faults, unsigned calls = 400) {
    ResetRecord();
    Become(WithFaults(TestHost({TestDevice(0), TestDevice(1)}), faults));
    Program(calls);
    std::vector<std::string> lines;
    for (const Seen& event : Events()) {
      lines.push_back(event.name + " " + std::to_string(static_cast<int>(event.point)) + " " +
                      std::to_string(event.device) + " " + std::to_string(event.bytes) + " " +
                      std::to_string(event.result) + " " + std::to_string(event.rule));
    }
    for (std::size_t rule = 0; rule < faults.size(); ++rule) {
      lines.push_back(std::to_string(record().rules[rule].calls) + " " +
                      std::to_string(record().rules[rule].fired));
    }
    return lines;
  }
};

TEST_F(Recorded, TheSameSeedGivesTheSameRecord) {
  const std::vector<std::string> plan = {
      "oom@malloc:p=0.3,seed=1",        "flip@copy:p=0.2,seed=2",    "short@d2h:p=0.1,seed=3",
      "invalid-value@h2d:p=0.2,seed=4", "unknown@sync:p=0.5,seed=5", "oom@aten::add.Tensor:p=0.4"};
  const std::vector<std::string> first = Run(plan);
  EXPECT_GT(first.size(), 300U);
  EXPECT_EQ(Run(plan), first);
  std::vector<std::string> other = plan;
  other[0] = "oom@malloc:p=0.3,seed=6";
  EXPECT_NE(Run(other), first);
}

TEST_F(Recorded, CallsSayWhatTheyDid) {
  void* memory = nullptr;
  char byte = 0;
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  ASSERT_EQ(cudaMalloc(&memory, 100), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(memory, &byte, 1, cudaMemcpyHostToDevice, nullptr), cudaSuccess);
  const std::vector<Seen> events = Events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].name, "cudaSetDevice");
  EXPECT_EQ(events[1].name, "cudaMalloc");
  EXPECT_EQ(events[1].point, FaultPoint::kMalloc);
  EXPECT_EQ(events[1].device, 1);
  EXPECT_EQ(events[1].bytes, 100U);
  EXPECT_EQ(events[2].name, "cudaMemcpyAsync");
  EXPECT_EQ(events[2].point, FaultPoint::kHostToDevice);
  EXPECT_EQ(events[2].bytes, 1U);
  EXPECT_EQ(events[2].result, cudaSuccess);
  const CallEvent& event = record().events[1];
  EXPECT_EQ(event.process, static_cast<std::uint32_t>(getpid()));
  EXPECT_EQ(event.thread, static_cast<std::uint32_t>(gettid()));
  EXPECT_GE(record().events[2].begin_ns, event.begin_ns + event.duration_ns);
}

TEST_F(Recorded, CallsThatOnlyAskAreThereIfTheyFail) {
  int device = 0;
  ASSERT_EQ(cudaGetDevice(&device), cudaSuccess);
  ASSERT_EQ(cudaGetDevice(nullptr), cudaErrorInvalidValue);
  const std::vector<Seen> events = Events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "cudaGetDevice");
  EXPECT_EQ(events[0].result, cudaErrorInvalidValue);
}

TEST_F(Recorded, RefusedCallsOfOtherLibrariesHaveTheirNames) {
  portcullis_sim_refuse("libcublas.so.13", "cublasCreate_v2");
  EXPECT_EQ(Events().back().name, "libcublas.so.13: cublasCreate_v2");
  EXPECT_EQ(Events().back().result, cudaErrorNotSupported);
}

TEST_F(Recorded, NamesAreKeptOnceByAllProcessesUntilThereIsNoRoom) {
  const auto operate = [](std::uint64_t number) {
    return portcullis_sim_operator(("aten::op" + std::to_string(number)).c_str(), 0, 0);
  };
  const pid_t child = fork();
  if (child == 0) _exit(operate(0) + operate(1));
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  for (std::uint64_t i = 0; i < kOtherNames; ++i) ASSERT_EQ(operate(i), 0);
  EXPECT_EQ(record().others_kept, kOtherNames) << "those of the child are there once";
  EXPECT_STREQ(record().other_names[1], "aten::op1");
  EXPECT_EQ(operate(kOtherNames), 0) << "works on, without a name";
  EXPECT_EQ(operate(kOtherNames - 1), 0);
  EXPECT_EQ(Events().back().name, "aten::op255");
}

TEST_F(Recorded, TheFirstAndTheLastAreKept) {
  const std::uint64_t calls = 2 * kEvents;
  for (std::uint64_t i = 0; i < calls; ++i) cudaDeviceSynchronize();
  EXPECT_EQ(record().events_begun, calls);
  EXPECT_EQ(record().events[0].sequence, 1U);
  EXPECT_EQ(record().events[kFirstEvents - 1].sequence, kFirstEvents);
  EXPECT_EQ(record().events[EventSlot(calls)].sequence, calls);
  EXPECT_EQ(Events().size(), kEvents);
}

TEST_F(Recorded, EveryThreadsCallsAreThereOnce) {
  constexpr int kThreads = 6;
  constexpr int kCalls = 300;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([i] {
      cudaSetDevice(i % 2);
      for (int call = 1; call < kCalls; ++call) {
        void* memory = nullptr;
        cudaMalloc(&memory, static_cast<std::size_t>(i + 1) * 1000);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<Seen> events = Events();
  EXPECT_EQ(events.size(), std::size_t{kThreads} * kCalls);
  std::vector<int> mallocs(kThreads);
  for (const Seen& event : events) {
    if (event.name != "cudaMalloc") continue;
    const std::uint64_t thread = event.bytes / 1000 - 1;
    EXPECT_EQ(event.device, static_cast<int>(thread % 2)) << "no event mixes two calls";
    ++mallocs.at(thread);
  }
  EXPECT_THAT(mallocs, testing::Each(kCalls - 1));
}

TEST_F(Recorded, FaultsAreCountedOnceHoweverManyThreads) {
  Become(WithFaults(TestHost({TestDevice(0), TestDevice(1)}), {"oom@malloc:100"}));
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&failed, i] {
      cudaSetDevice(i % 2);
      void* memory = nullptr;
      for (int call = 0; call < 50; ++call) failed += cudaMalloc(&memory, 1) != cudaSuccess;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(record().rules[0].calls, 200U);
}

}  // namespace
}  // namespace portcullis::simcuda
