// The fault plan as a table: at every place, everything that can go wrong there, at every time.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/simcuda/interface/bridge.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

using testing::ElementsAre;
using Bytes = std::vector<unsigned char>;

constexpr int kBytes = 4096;

// What the calls of a test work on: made at the first wish, so that a place meets no call but its
// own. Everything of a device is made while that is current.
class Things {
 public:
  unsigned char* OnDevice(int device, int number = 0) {
    void*& block = blocks_[{device, number}];
    if (!block) {
      EXPECT_EQ(cudaMalloc(&block, kBytes), cudaSuccess);
    }
    return static_cast<unsigned char*>(block);
  }
  unsigned char* OnHost() { return host_.data(); }
  cudaStream_t Stream(int device) {
    cudaStream_t& stream = streams_[device];
    if (!stream) {
      EXPECT_EQ(cudaStreamCreate(&stream), cudaSuccess);
    }
    return stream;
  }
  cudaEvent_t Event(int device) {
    cudaEvent_t& event = events_[device];
    if (!event) {
      EXPECT_EQ(cudaEventCreate(&event), cudaSuccess);
    }
    return event;
  }

 private:
  std::map<std::pair<int, int>, void*> blocks_;
  std::map<int, cudaStream_t> streams_;
  std::map<int, cudaEvent_t> events_;
  Bytes host_ = Bytes(kBytes);
};

// A call that comes to one place once, on the device that is current.
struct Place {
  const char* name;   // of the test
  const char* where;  // in a fault's text
  bool has_bytes;     // kBytes each
  int (*call)(Things& things, int device);
};

int FreeOne(cudaError_t (*allocate)(void**), cudaError_t (*release)(void*)) {
  void* memory = nullptr;
  const cudaError_t error = allocate(&memory);
  return error == cudaSuccess ? release(memory) : error;
}

const Place kPlaces[] = {
    {"Malloc", "malloc", true,
     [](Things&, int) -> int {
       void* memory = nullptr;
       return cudaMalloc(&memory, kBytes);
     }},
    {"MallocAsync", "malloc", true,
     [](Things&, int) -> int {
       void* memory = nullptr;
       return cudaMallocAsync(&memory, kBytes, nullptr);
     }},
    {"Free", "free", true,
     [](Things&, int) {
       return FreeOne([](void** memory) { return cudaMalloc(memory, kBytes); },
                      [](void* memory) { return cudaFree(memory); });
     }},
    {"FreeAsync", "free", true,
     [](Things&, int) {
       return FreeOne([](void** memory) { return cudaMallocAsync(memory, kBytes, nullptr); },
                      [](void* memory) { return cudaFreeAsync(memory, nullptr); });
     }},
    {"HostAlloc", "host-malloc", true,
     [](Things&, int) -> int {
       void* memory = nullptr;
       return cudaHostAlloc(&memory, kBytes, 0);
     }},
    {"HostRegister", "host-malloc", true,
     [](Things& things, int) -> int {
       const cudaError_t error = cudaHostRegister(things.OnHost(), kBytes, 0);
       if (error == cudaSuccess) cudaHostUnregister(things.OnHost());
       return error;
     }},
    {"HostToDevice", "h2d", true,
     [](Things& things, int device) -> int {
       return cudaMemcpy(things.OnDevice(device), things.OnHost(), kBytes, cudaMemcpyHostToDevice);
     }},
    {"HostToDeviceInRows", "h2d", true,
     [](Things& things, int device) -> int {
       return cudaMemcpy2DAsync(things.OnDevice(device), 64, things.OnHost(), 64, 64, kBytes / 64,
                                cudaMemcpyDefault, nullptr);
     }},
    {"DeviceToHost", "d2h", true,
     [](Things& things, int device) -> int {
       return cudaMemcpyAsync(things.OnHost(), things.OnDevice(device), kBytes,
                              cudaMemcpyDeviceToHost, nullptr);
     }},
    {"DeviceToDevice", "d2d", true,
     [](Things& things, int device) -> int {
       return cudaMemcpy(things.OnDevice(device), things.OnDevice(device, 1), kBytes,
                         cudaMemcpyDeviceToDevice);
     }},
    {"AnyCopy", "copy", true,
     [](Things& things, int device) -> int {
       return cudaMemcpyPeer(things.OnDevice(device), device, things.OnDevice(device, 1), device,
                             kBytes);
     }},
    {"Fill", "fill", true,
     [](Things& things, int device) -> int {
       return cudaMemset(things.OnDevice(device), 7, kBytes);
     }},
    {"Launch", "launch", true,
     [](Things&, int device) { return portcullis_sim_operator("aten::mm", device, kBytes); }},
    {"Operator", "aten::mm", true,
     [](Things&, int device) { return portcullis_sim_operator("aten::mm", device, kBytes); }},
    {"SynchroniseDevice", "sync", false,
     [](Things&, int) -> int { return cudaDeviceSynchronize(); }},
    {"SynchroniseStream", "sync", false,
     [](Things& things, int device) -> int {
       return cudaStreamSynchronize(things.Stream(device));
     }},
    {"SynchroniseEvent", "sync", false,
     [](Things& things, int device) -> int { return cudaEventSynchronize(things.Event(device)); }},
    {"SetDevice", "set-device", false,
     [](Things&, int device) -> int { return cudaSetDevice(device); }},
    {"Context", "context", false,
     [](Things&, int) -> int {
       cudaDeviceReset();
       return cudaFree(nullptr);
     }},
    {"EntryPoint", "cudaMemGetInfo", false,
     [](Things&, int) -> int {
       std::size_t free = 0;
       std::size_t total = 0;
       return cudaMemGetInfo(&free, &total);
     }},
};

bool IsCopy(const Place& place) { return std::strstr("h2d d2h d2d copy", place.where) != nullptr; }

// Kernels run behind the program's back: a later call says what broke in one.
bool Computes(const Place& place) { return std::strstr("launch aten::mm", place.where) != nullptr; }

class EveryPlace : public SimulatedHost, public testing::WithParamInterface<Place> {
 protected:
  // Two devices, and one fault at the place: "oom" and ":2" make oom@malloc:2.
  void With(const std::string& what, const std::string& when = "",
            std::optional<std::string> mask = {}) {
    ResetRecord();
    Become(WithFaults(TestHost({TestDevice(0), TestDevice(1)}),
                      {what + "@" + GetParam().where + when}),
           std::move(mask));
    things = {};
  }
  int Call(int device = 0) {
    portcullis_sim_set_current_device(device);  // which is no call of the program
    return GetParam().call(things, device);
  }
  std::vector<int> Calls(int count) {
    std::vector<int> results;
    results.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) results.push_back(Call());
    return results;
  }
  // The only event in which the fault struck.
  Seen Struck() {
    std::vector<Seen> events = Events();
    std::erase_if(events, [](const Seen& event) { return event.rule == 0; });
    EXPECT_EQ(events.size(), 1U);
    return events.empty() ? Seen{} : events.front();
  }
  // A child that makes three calls.
  pid_t Child() {
    const pid_t child = fork();
    if (child != 0) return child;
    Calls(3);
    _exit(0);
  }
  Things things;
};
INSTANTIATE_TEST_SUITE_P(All, EveryPlace, testing::ValuesIn(kPlaces),
                         [](const auto& row) { return row.param.name; });

TEST_P(EveryPlace, FailsAtTheNthCallAlone) {
  With("oom", ":2");
  EXPECT_THAT(Calls(3), ElementsAre(0, cudaErrorMemoryAllocation, 0));
  EXPECT_EQ(record().rules[0].calls, 3U);
  EXPECT_EQ(record().rules[0].fired, 1U);
  const Seen event = Struck();
  EXPECT_EQ(event.result, cudaErrorMemoryAllocation);
  EXPECT_EQ(event.bytes, GetParam().has_bytes ? kBytes : 0);
}

TEST_P(EveryPlace, FailsFromACallOnOrInARange) {
  With("oom", ":2+");
  EXPECT_THAT(Calls(4), ElementsAre(0, 2, 2, 2));
  With("oom", ":2-3");
  EXPECT_THAT(Calls(4), ElementsAre(0, 2, 2, 0));
  With("oom", ":9");
  EXPECT_THAT(Calls(4), ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(record().rules[0].calls, 4U);
  EXPECT_EQ(record().rules[0].fired, 0U) << "armed, and never fired";
}

TEST_P(EveryPlace, FailsAfterSoManyBytes) {
  With("oom", ":after=4096");
  EXPECT_THAT(Calls(3), GetParam().has_bytes ? ElementsAre(0, 2, 2) : ElementsAre(0, 0, 0));
}

TEST_P(EveryPlace, FailsByChanceTheSameWayTwice) {
  With("oom", ":p=0.5,seed=3");
  const std::vector<int> first = Calls(64);
  EXPECT_GT(std::count(first.begin(), first.end(), 2), 10);
  EXPECT_LT(std::count(first.begin(), first.end(), 2), 54);
  With("oom", ":p=0.5,seed=3");
  EXPECT_EQ(Calls(64), first);
  With("oom", ":p=0.5,seed=4");
  EXPECT_NE(Calls(64), first);
}

TEST_P(EveryPlace, FailsOnOneDeviceByEitherNumber) {
  With("oom", "/cuda:1");
  EXPECT_EQ(Call(0), cudaSuccess);
  EXPECT_EQ(Call(1), cudaErrorMemoryAllocation);
  With("oom", "/gpu:0", "1,0");
  EXPECT_EQ(Call(0), cudaSuccess);
  EXPECT_EQ(Call(1), cudaErrorMemoryAllocation) << "cuda:1 is gpu:0";
}

TEST_P(EveryPlace, BreaksTheContextForGood) {
  With("ecc", ":2");
  const int at_once = Computes(GetParam()) ? cudaSuccess : cudaErrorECCUncorrectable;
  EXPECT_THAT(Calls(2), ElementsAre(0, at_once));
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorECCUncorrectable);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaErrorECCUncorrectable);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess) << "the other device works on";
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
}

TEST_P(EveryPlace, TakesLonger) {
  With("delay=3ms", ":2");
  EXPECT_EQ(Call(), cudaSuccess);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Call(), cudaSuccess);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(3));
  EXPECT_EQ(Struck().result, cudaSuccess);
}

TEST_P(EveryPlace, EndsTheProcess) {
  With("term", ":2");
  int status = 0;
  waitpid(Child(), &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_EQ(Struck().result, kNotReturned) << "the call during which it died";
}

TEST_P(EveryPlace, NeverReturns) {
  With("hang", ":2");
  const pid_t child = Child();
  while (record().rules[0].fired == 0 && waitpid(child, nullptr, WNOHANG) == 0) usleep(1000);
  usleep(20'000);
  EXPECT_EQ(waitpid(child, nullptr, WNOHANG), 0) << "it is still there";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(record().rules[0].calls, 2U);
  EXPECT_EQ(Struck().result, kNotReturned);
}

// What a copy writes where: all of its source's bytes are 0x11, and its target's were 0.
class EveryCopy : public EveryPlace {
 protected:
  Bytes CopyWith(const std::string& what) {
    With(what);
    portcullis_sim_set_current_device(0);
    unsigned char* on_device = Alias(things.OnDevice(0));
    unsigned char* other = Alias(things.OnDevice(0, 1));
    const bool to_host = std::string_view(GetParam().where) == "d2h";
    unsigned char* target = to_host ? things.OnHost() : on_device;
    for (unsigned char* bytes : {on_device, other, things.OnHost()}) {
      std::memset(bytes, bytes == target ? 0 : 0x11, kBytes);
    }
    EXPECT_EQ(Call(), cudaSuccess) << "the program hears nothing of it";
    return Bytes(target, target + kBytes);
  }

 private:
  static unsigned char* Alias(void* block) {
    return static_cast<unsigned char*>(portcullis_sim_alias(block, kBytes));
  }
};
std::vector<Place> Copies() {
  std::vector<Place> copies;
  std::copy_if(std::begin(kPlaces), std::end(kPlaces), std::back_inserter(copies), IsCopy);
  return copies;
}
INSTANTIATE_TEST_SUITE_P(All, EveryCopy, testing::ValuesIn(Copies()),
                         [](const auto& row) { return row.param.name; });

TEST_P(EveryCopy, FlipsTheBitThatIsNamed) {
  Bytes expected(kBytes, 0x11);
  expected[1] ^= 2;
  EXPECT_EQ(CopyWith("flip=9"), expected);
}

TEST_P(EveryCopy, FlipsTheSameBitByChance) {
  const Bytes first = CopyWith("flip");
  EXPECT_EQ(std::count(first.begin(), first.end(), 0x11), kBytes - 1);
  EXPECT_EQ(CopyWith("flip"), first);
}

TEST_P(EveryCopy, IsCutShort) {
  Bytes expected(kBytes);
  std::fill_n(expected.begin(), 100, 0x11);
  EXPECT_EQ(CopyWith("short=100"), expected);
  std::fill_n(expected.begin(), kBytes / 2, 0x11);
  EXPECT_EQ(CopyWith("short"), expected);
}

}  // namespace
}  // namespace portcullis::simcuda
