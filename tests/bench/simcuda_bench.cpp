// What the simulated runtime costs: its copies against memcpy, and everything it does around a copy
// (checks, fault plan, flight record) against a whole load. Each figure is a ratio of two things
// timed in turn in one run, so that the machine's mood cancels out.
#include <benchmark/benchmark.h>
#include <cuda_runtime_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "src/simcuda/interface/bridge.h"

namespace portcullis::simcuda {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kLoad = 512 * kMiB;

// A host with one GPU of 16 GiB, and a flight record such as cases have.
class Simulated {
 public:
  Simulated()
      : folder_(std::filesystem::temp_directory_path() /
                ("portcullis-bench-" + std::to_string(getpid()))),
        record_(MakeRecord(folder_)) {
    HostDescription host = {};
    host.magic = kHostMagic;
    host.version = kHostVersion;
    host.driver_version = 13000;
    host.device_count = 1;
    host.devices[0].memory_bytes = 16ULL << 30;
    host.devices[0].compute_major = 9;
    const std::filesystem::path file = folder_ / "host";
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(&host), sizeof host);
    setenv(kHostVariable, file.c_str(), 1);
    setenv(kRecordVariable, (folder_ / "record").c_str(), 1);
  }
  ~Simulated() { std::filesystem::remove_all(folder_); }
  Simulated(const Simulated&) = delete;
  Simulated& operator=(const Simulated&) = delete;

 private:
  static std::filesystem::path MakeRecord(const std::filesystem::path& folder) {
    std::filesystem::create_directory(folder);
    return folder / "record";
  }
  std::filesystem::path folder_;
  host::FlightFile record_;
};

void Check(cudaError_t error) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
  std::abort();
}

// Host memory that is there (no page of it is touched for the first time by what is timed).
class HostBuffer {
 public:
  explicit HostBuffer(std::size_t bytes) : bytes_(bytes) {
    memory_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory_, bytes, MADV_HUGEPAGE);
    std::memset(memory_, 7, bytes);
  }
  ~HostBuffer() { munmap(memory_, bytes_); }
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(memory_); }

 private:
  std::size_t bytes_;
  void* memory_;
};

class DeviceBuffer {
 public:
  explicit DeviceBuffer(std::size_t bytes) { Check(cudaMalloc(&memory_, bytes)); }
  ~DeviceBuffer() { cudaFree(memory_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(memory_); }

 private:
  void* memory_ = nullptr;
};

double Now() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Of the processor, which other programs on the machine do not stretch; nothing here waits.
template <class Body>
double Seconds(Body&& body) {
  const double start = Now();
  body();
  return Now() - start;
}

// So many small copies are timed as one that reading the clock costs nothing beside them.
constexpr std::size_t kTimedBytes = 4 * kMiB;
std::size_t Batch(std::size_t bytes) { return std::max<std::size_t>(1, kTimedBytes / bytes); }

// How fast the simulated runtime is in parts of what it is held against: the median over pairs that
// were timed in turn. A pair that something else on the machine broke into does not move it.
class Pairs {
 public:
  void Add(double simulated, double plain) { of_plain_.push_back(plain / simulated); }
  void Report(benchmark::State& state) {
    const auto middle = of_plain_.begin() + static_cast<std::ptrdiff_t>(of_plain_.size() / 2);
    std::nth_element(of_plain_.begin(), middle, of_plain_.end());
    state.counters["of_memcpy"] = *middle;
    state.counters["overhead_percent"] = 100 * (1 - *middle);
  }

 private:
  std::vector<double> of_plain_;
};

// Times `simulated` and `plain` in turn.
template <class Simulated, class Plain>
void Compare(benchmark::State& state, std::size_t bytes, Simulated&& simulated, Plain&& plain) {
  const std::size_t batch = Batch(bytes);
  Pairs pairs;
  simulated();
  plain();
  for (auto iteration : state) {
    static_cast<void>(iteration);
    const double seconds = Seconds([&] {
      for (std::size_t i = 0; i < batch; ++i) simulated();
    });
    pairs.Add(seconds, Seconds([&] {
                for (std::size_t i = 0; i < batch; ++i) plain();
              }));
    state.SetIterationTime(seconds);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(batch * bytes) * state.iterations());
  pairs.Report(state);
}

// One copy, in memory that both know already.
void HostToDevice(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) << 10;
  const HostBuffer source(bytes);
  const HostBuffer target(bytes);
  const DeviceBuffer device(bytes);
  Compare(
      state, bytes,
      [&] { Check(cudaMemcpy(device.data(), source.data(), bytes, cudaMemcpyHostToDevice)); },
      [&] { std::memcpy(target.data(), source.data(), bytes); });
}
void DeviceToHost(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) << 10;
  const HostBuffer source(bytes);
  const HostBuffer target(bytes);
  const DeviceBuffer device(bytes);
  Check(cudaMemset(device.data(), 7, bytes));
  Compare(
      state, bytes,
      [&] { Check(cudaMemcpy(target.data(), device.data(), bytes, cudaMemcpyDeviceToHost)); },
      [&] { std::memcpy(target.data(), source.data(), bytes); });
}
// Into memory that was allocated a moment ago, as a load does it.
void HostToNewDevice(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) << 10;
  const HostBuffer source(bytes);
  Compare(
      state, bytes,
      [&] {
        const DeviceBuffer device(bytes);
        Check(cudaMemcpy(device.data(), source.data(), bytes, cudaMemcpyHostToDevice));
      },
      [&] {
        void* memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(memory, bytes, MADV_HUGEPAGE);
        std::memcpy(memory, source.data(), bytes);
        munmap(memory, bytes);
      });
}
constexpr std::int64_t kSmallKiB = 64;
constexpr std::int64_t kLoadKiB = kLoad >> 10;
BENCHMARK(HostToDevice)
    ->ArgName("KiB")
    ->Arg(kSmallKiB)
    ->Arg(16 << 10)
    ->Arg(kLoadKiB)
    ->UseManualTime();
BENCHMARK(DeviceToHost)
    ->ArgName("KiB")
    ->Arg(kSmallKiB)
    ->Arg(16 << 10)
    ->Arg(kLoadKiB)
    ->UseManualTime();
BENCHMARK(HostToNewDevice)->ArgName("KiB")->Arg(16 << 10)->Arg(kLoadKiB)->UseManualTime();

// A load of 512 MiB in so many copies: all that surrounds them (checking both sides, asking a fault
// plan, counting, writing down) against the bare moving of the same bytes to the same places. They
// take turns part by part, each in another half of the memory, so that neither finds in the
// processor's cache what the other has just moved.
void LoadOf512MiB(benchmark::State& state) {
  const auto copies = static_cast<std::size_t>(state.range(0));
  const std::size_t bytes = kLoad / copies;
  const std::size_t part = Batch(bytes) * bytes;
  const HostBuffer source(kLoad);
  const DeviceBuffer device(kLoad);
  auto* alias = static_cast<std::byte*>(portcullis_sim_alias(device.data(), kLoad));
  std::memset(alias, 7, kLoad);
  Pairs pairs;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    double seconds = 0;
    for (std::size_t start = 0; start < kLoad; start += part) {
      const double of_part = Seconds([&] {
        for (std::size_t at = start; at < start + part; at += bytes) {
          Check(cudaMemcpyAsync(device.data() + at, source.data() + at, bytes,
                                cudaMemcpyHostToDevice, nullptr));
        }
      });
      const std::size_t other = (start + kLoad / 2) % kLoad / part * part;
      pairs.Add(of_part, Seconds([&] {
                  for (std::size_t at = other; at < other + part; at += bytes) {
                    std::memmove(alias + at, source.data() + at, bytes);
                  }
                }));
      seconds += of_part;
    }
    state.SetIterationTime(seconds);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kLoad) * state.iterations());
  pairs.Report(state);
}
BENCHMARK(LoadOf512MiB)->ArgName("copies")->Arg(1)->Arg(256)->Arg(8192)->UseManualTime();

// The calls that a load makes besides copies; nanoseconds each.
void CallThatIsWrittenDown(benchmark::State& state) {
  for (auto iteration : state) {
    static_cast<void>(iteration);
    Check(cudaStreamSynchronize(nullptr));
  }
}
void CallThatOnlyAsks(benchmark::State& state) {
  int device = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    Check(cudaGetDevice(&device));
  }
}
BENCHMARK(CallThatIsWrittenDown);
BENCHMARK(CallThatOnlyAsks);

}  // namespace
}  // namespace portcullis::simcuda

int main(int argc, char** argv) {
  const portcullis::simcuda::Simulated host;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
