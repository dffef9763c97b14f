#include "src/simcuda/core/clock.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

#ifdef __x86_64__
#include <x86intrin.h>
#endif

namespace portcullis::simcuda {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t KernelNs() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

#ifdef __x86_64__

// The kernel says so after it has tested the counters (and says otherwise where it cannot trust
// them).
bool ReadKernelUsesTicks() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return file >> name && name == "tsc";
}
bool KernelUsesTicks() {
  static const bool uses = ReadKernelUsesTicks();
  return uses;
}

// The counter, after all that the program did before has been done (as the kernel reads it).
std::uint64_t Ticks() {
  _mm_lfence();
  return __rdtsc();
}

// A thread's own reckoning from the counter.
class Reckoning {
 public:
  std::uint64_t Now() {
    const std::uint64_t ticks = Ticks() - ticks_;
    const std::uint64_t now = ticks < good_for_ ? ns_ + (ticks * rate_ >> kRateBits) : Ask();
    return last_ = std::max(last_, now);
  }

 private:
  static constexpr unsigned kRateBits = 32;
  // Between two questions to the kernel. A rate is off by what reading both clocks takes, in parts
  // of the time that it was measured over: less than a thousandth over the shortest.
  static constexpr std::uint64_t kShortestNs = 1'000'000;
  static constexpr std::uint64_t kLongestNs = kSecond;
  // What reading the kernel's clock may take. A thread that was stopped meanwhile takes longer.
  static constexpr std::uint64_t kCloseTicks = 2000;

  [[gnu::noinline]] std::uint64_t Ask() {
    const std::uint64_t before = Ticks();
    const std::uint64_t now = KernelNs();
    const std::uint64_t after = Ticks();
    if (!KernelUsesTicks() || after - before > kCloseTicks) return now;
    Learn(before + (after - before) / 2, now);
    return now;
  }

  // The counter stood at `ticks` when the kernel said `now`.
  void Learn(std::uint64_t ticks, std::uint64_t now) {
    const std::uint64_t since = now - ns_;
    if (since < kShortestNs) return;
    good_for_ = 0;
    if (since < kLongestNs && ticks > ticks_) {
      rate_ = (since << kRateBits) / (ticks - ticks_);
      if (rate_ > 0) good_for_ = (kShortestNs << kRateBits) / rate_;
    }
    ticks_ = ticks;
    ns_ = now;
  }

  std::uint64_t ticks_ = 0;     // where the counter stood when the kernel
  std::uint64_t ns_ = 0;        // said this
  std::uint64_t rate_ = 0;      // nanoseconds per tick, in 2^-kRateBits
  std::uint64_t good_for_ = 0;  // so many ticks from then on; 0: no rate is known
  std::uint64_t last_ = 0;
};

#endif

}  // namespace

std::uint64_t MonotonicNs() {
#ifdef __x86_64__
  thread_local Reckoning reckoning;
  return reckoning.Now();
#else
  return KernelNs();
#endif
}

}  // namespace portcullis::simcuda
