// The times of the flight record against the clock that they are said to be of.
#include "src/simcuda/core/clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

namespace portcullis::simcuda {
namespace {

constexpr std::uint64_t kSlackNs = 10'000;

std::uint64_t KernelNs() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// How often a time was not between the kernel's before it and after it, or went back.
struct Wrong {
  int outside = 0;
  int back = 0;
};

// Reads for `ns` nanoseconds, so that the kernel is asked anew many times.
Wrong ReadFor(std::uint64_t ns) {
  Wrong wrong;
  std::uint64_t last = 0;
  const std::uint64_t end = KernelNs() + ns;
  for (std::uint64_t before = KernelNs(); before < end; before = KernelNs()) {
    const std::uint64_t time = MonotonicNs();
    const std::uint64_t after = KernelNs();
    wrong.outside += time + kSlackNs < before || time > after + kSlackNs;
    wrong.back += time < last;
    last = time;
  }
  return wrong;
}

TEST(Clock, IsTheKernelsAndNeverGoesBack) {
  const Wrong wrong = ReadFor(50'000'000);
  EXPECT_EQ(wrong.outside, 0);
  EXPECT_EQ(wrong.back, 0);
}

TEST(Clock, IsTheKernelsInEveryThread) {
  std::vector<Wrong> wrong(4);
  std::vector<std::thread> threads;
  threads.reserve(wrong.size());
  for (Wrong& of_thread : wrong) {
    threads.emplace_back([&of_thread] { of_thread = ReadFor(20'000'000); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Wrong& of_thread : wrong) {
    EXPECT_EQ(of_thread.outside, 0);
    EXPECT_EQ(of_thread.back, 0);
  }
}

TEST(Clock, IsTheKernelsAfterARest) {
  ReadFor(5'000'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const Wrong wrong = ReadFor(5'000'000);
  EXPECT_EQ(wrong.outside, 0);
  EXPECT_EQ(wrong.back, 0);
}

}  // namespace
}  // namespace portcullis::simcuda
