// What surrounds a child, and what can be read back from it.
#include "harness/host/child_host.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "harness/host/fault_text.h"
#include "src/base/error.h"
#include "src/simcuda/interface/entry_names.h"
#include "tests/unit/scratch.h"

namespace portcullis::host {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ChildHostTest : public ::testing::Test {
 protected:
  ChildHostTest() {
    host_.gpus.resize(2);
    host_.driver_version = 13000;
  }
  Runtime WithStandins() {
    scratch_.Write("stand ins/libcudart.so.13", "x");
    scratch_.Write("stand ins/libcuda.so.1", "x");
    scratch_.Write("stand ins/README", "x");
    std::filesystem::create_symlink("libcudart.so.13", scratch_.path() / "stand ins/libcudart.so");
    Runtime runtime;
    runtime.standins = scratch_.path() / "stand ins";
    return runtime;
  }
  Scratch scratch_;
  Host host_;
};

TEST_F(ChildHostTest, EnvironmentHasNothingOfOurs) {
  ASSERT_EQ(setenv("PORTCULLIS_TEST_LEAK", "1", 1), 0);
  const ChildHost child(host_, {}, {}, scratch_.path());
  const std::string folder = scratch_.path().string();
  EXPECT_THAT(
      child.environment(),
      UnorderedElementsAre(Pair("PATH", "/usr/bin:/bin"), Pair("HOME", folder),
                           Pair("TMPDIR", folder), Pair("LANG", "C.UTF-8"),
                           Pair("OMP_NUM_THREADS", "1"), Pair("MKL_NUM_THREADS", "1"),
                           Pair("PYTHONNOUSERSITE", "1"), Pair("PYTHONDONTWRITEBYTECODE", "1"),
                           Pair(simcuda::kHostVariable, folder + "/host"),
                           Pair(simcuda::kRecordVariable, folder + "/record")));
}

TEST_F(ChildHostTest, MaskUnsetEmptyAndValue) {
  const auto variable = [&](const Mask& mask) {
    return ChildHost(host_, mask, {}, scratch_.path()).environment();
  };
  EXPECT_THAT(variable({}), Not(Contains(Key("CUDA_VISIBLE_DEVICES"))));
  EXPECT_THAT(variable({""}), Contains(Pair("CUDA_VISIBLE_DEVICES", "")));
  EXPECT_THAT(variable({"1,0"}), Contains(Pair("CUDA_VISIBLE_DEVICES", "1,0")));
  EXPECT_THAT(variable({"1"}), Not(Contains(Key("CUDA_DEVICE_ORDER"))));
}

TEST_F(ChildHostTest, OnThisMachineAMaskCountsWithinWhatTheCallerMayUse) {
  const std::string first = "GPU-01234567-89ab-4def-8123-456789abcdef";
  const std::string second = "GPU-11234567-89ab-4def-8123-456789abcdef";
  Host machine;
  machine.simulated = false;
  machine.device_order = "PCI_BUS_ID";
  machine.gpus.resize(2);
  machine.gpus[0].uuid = first;
  machine.gpus[1].uuid = second;
  const auto variable = [&](const Mask& mask) {
    const Environment environment = ChildHost(machine, mask, {}, scratch_.path()).environment();
    EXPECT_EQ(environment.at("CUDA_DEVICE_ORDER"), "PCI_BUS_ID");
    const auto found = environment.find("CUDA_VISIBLE_DEVICES");
    return found == environment.end() ? "unset" : found->second;
  };
  EXPECT_EQ(variable({}), "unset");
  EXPECT_EQ(variable({"1"}), "1");  // everything may be used: as it is written
  machine.mask = {first + "," + second};
  EXPECT_EQ(variable({}), first + "," + second);
  EXPECT_EQ(variable({"1"}), second);
  EXPECT_EQ(variable({"1,0"}), second + "," + first);
  EXPECT_EQ(variable({"GPU-1"}), second);
  EXPECT_EQ(variable({"5"}), "") << "a GPU of somebody else's";
  EXPECT_EQ(variable({"GPU-77"}), "");
  for (const char* none : {"", "-1", "0,0", "junk"}) EXPECT_EQ(variable({none}), none);
}

TEST_F(ChildHostTest, OnThisMachineTheCallersLibrariesAreFoundToo) {
  Runtime runtime;
  runtime.environment = {{"LD_LIBRARY_PATH", "/torch/lib"}};
  ASSERT_EQ(setenv("LD_LIBRARY_PATH", "/driver", 1), 0);
  const Environment simulated = BuildWarmEnvironment(runtime, true);
  const Environment real = BuildWarmEnvironment(runtime, false);
  unsetenv("LD_LIBRARY_PATH");
  EXPECT_EQ(simulated.at("LD_LIBRARY_PATH"), "/torch/lib");
  EXPECT_EQ(real.at("LD_LIBRARY_PATH"), "/torch/lib:/driver");
}

TEST_F(ChildHostTest, MaskOfTheRuntimeDoesNotCount) {
  Runtime runtime;
  runtime.environment = {{"CUDA_VISIBLE_DEVICES", "7"}, {"PYTHONPATH", "/x"}};
  const ChildHost child(host_, {}, runtime, scratch_.path());
  EXPECT_THAT(child.environment(), Not(Contains(Key("CUDA_VISIBLE_DEVICES"))));
  EXPECT_THAT(child.environment(), Contains(Pair("PYTHONPATH", "/x")));
}

TEST_F(ChildHostTest, StandinsGoFirstAndSpacesDoNotMatter) {
  Runtime runtime = WithStandins();
  runtime.environment["LD_LIBRARY_PATH"] = "/other";
  const ChildHost child(host_, {}, runtime, scratch_.path());
  EXPECT_THAT(child.environment(),
              Contains(Pair("LD_LIBRARY_PATH", runtime.standins.string() + ":/other")));
  EXPECT_THAT(child.environment(), Contains(Pair("LD_PRELOAD", "libcuda.so.1 libcudart.so.13")));
}

TEST_F(ChildHostTest, NoPreloadWhereNoneIsNeeded) {
  Runtime runtime = WithStandins();
  runtime.preload = false;
  const ChildHost child(host_, {}, runtime, scratch_.path());
  EXPECT_THAT(child.environment(), Not(Contains(Key("LD_PRELOAD"))));
  EXPECT_THAT(child.environment(), Contains(Key("LD_LIBRARY_PATH")));
}

TEST_F(ChildHostTest, UnusableStandinsAreTold) {
  Runtime colon;
  colon.standins = scratch_.path() / "a:b";
  EXPECT_THROW(ChildHost(host_, {}, colon, scratch_.path()), CannotRun);
  Runtime missing;
  missing.standins = scratch_.path() / "none";
  EXPECT_THROW(ChildHost(host_, {}, missing, scratch_.path()), CannotRun);
  EXPECT_TRUE(std::filesystem::is_empty(scratch_.path()));
}

TEST_F(ChildHostTest, WritesTheDescriptionAndRemovesItsFiles) {
  {
    const ChildHost child(host_, {}, {}, scratch_.path());
    std::ifstream stream(scratch_.path() / "host", std::ios::binary);
    simcuda::HostDescription description{};
    stream.read(reinterpret_cast<char*>(&description), sizeof(description));
    ASSERT_TRUE(stream) << "too short";
    EXPECT_EQ(description.driver_version, 13000);
    EXPECT_EQ(description.device_count, 2U);
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch_.path()));
}

TEST_F(ChildHostTest, FolderMustBeThisChildsAlone) {
  const ChildHost first(host_, {}, {}, scratch_.path());
  EXPECT_THROW(ChildHost(host_, {}, {}, scratch_.path()), CannotRun);
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "host")) << "the first one's";
}

TEST_F(ChildHostTest, UntouchedRecordIsNotAttached) {
  const ChildHost child(host_, {}, {}, scratch_.path());
  const Flight flight = child.Read();
  EXPECT_FALSE(flight.attached);
  EXPECT_THAT(flight.devices, SizeIs(2));
  EXPECT_THAT(flight.refused, IsEmpty());
  EXPECT_EQ(flight.LoadAndMove().host_to_device_bytes, 0U);
}

// The record as a simulated runtime in another process would map it.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& file) {
    const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
    record_ = static_cast<simcuda::FlightRecord*>(
        mmap(nullptr, simcuda::kRecordBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
    close(descriptor);
  }
  ~Writer() { munmap(record_, simcuda::kRecordBytes); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  simcuda::FlightRecord* operator->() { return record_; }
  simcuda::DeviceCounters& At(simcuda::Phase phase, std::size_t device) {
    return record_->counters[static_cast<std::size_t>(phase)][device];
  }

 private:
  simcuda::FlightRecord* record_;
};

TEST_F(ChildHostTest, ReadsEveryCounterByPhaseAndDevice) {
  const ChildHost child(host_, {}, {}, scratch_.path());
  Writer writer(scratch_.path() / "record");
  EXPECT_EQ(writer->magic, simcuda::kRecordMagic);
  EXPECT_EQ(writer->version, simcuda::kRecordVersion);
  writer->attached = 1;
  writer->refused = 20;
  writer->refused_kept = 2;
  std::strcpy(writer->refused_names[0], "libcublas.so.13: cublasSgemm_v2");
  std::memset(writer->refused_names[1], 'x', simcuda::kRefusedNameBytes);  // no end
  simcuda::DeviceCounters& counters = writer.At(simcuda::Phase::kLoad, 1);
  counters.host_to_device_bytes = 1;
  counters.host_to_device_calls = 2;
  counters.device_to_host_bytes = 3;
  counters.device_to_host_calls = 4;
  counters.device_to_device_bytes = 5;
  counters.device_to_device_calls = 6;
  counters.allocations = 7;
  counters.peak_bytes = 8;
  counters.kernels_launched = 9;

  const Flight flight = child.Read();
  EXPECT_TRUE(flight.attached);
  EXPECT_EQ(flight.refused_calls, 20U);
  EXPECT_THAT(flight.refused, ElementsAre("libcublas.so.13: cublasSgemm_v2",
                                          std::string(simcuda::kRefusedNameBytes, 'x')));
  const Counts& counts = flight.devices.at(1).at(1);
  EXPECT_EQ(counts.host_to_device_bytes, 1U);
  EXPECT_EQ(counts.host_to_device_calls, 2U);
  EXPECT_EQ(counts.device_to_host_bytes, 3U);
  EXPECT_EQ(counts.device_to_host_calls, 4U);
  EXPECT_EQ(counts.device_to_device_bytes, 5U);
  EXPECT_EQ(counts.device_to_device_calls, 6U);
  EXPECT_EQ(counts.allocations, 7U);
  EXPECT_EQ(counts.peak_bytes, 8U);
  EXPECT_EQ(counts.kernels_launched, 9U);
  EXPECT_EQ(flight.devices.at(0).at(1).allocations, 0U);
}

TEST_F(ChildHostTest, RecordHasAllItsBlocksSoThatAFullDiskCannotStopTheChild) {
  const ChildHost child(host_, {}, {}, scratch_.path());
  struct stat status {};
  ASSERT_EQ(stat((scratch_.path() / "record").c_str(), &status), 0);
  EXPECT_EQ(static_cast<std::size_t>(status.st_size), simcuda::kRecordBytes);
  EXPECT_GE(static_cast<std::size_t>(status.st_blocks) * 512, simcuda::kRecordBytes);
}

TEST_F(ChildHostTest, ReadsWhatBecameOfEachFault) {
  host_.faults = {ParseFault("oom@malloc:2"), ParseFault("hang@sync")};
  const ChildHost child(host_, {}, {}, scratch_.path());
  Writer writer(scratch_.path() / "record");
  writer->rules[0].calls = 5;
  writer->rules[0].fired = 1;
  const std::vector<FaultCounts> faults = child.Read().faults;
  ASSERT_THAT(faults, SizeIs(2));
  EXPECT_EQ(faults[0].text, "oom@malloc:2");
  EXPECT_EQ(faults[0].calls, 5U);
  EXPECT_EQ(faults[0].fired, 1U);
  EXPECT_EQ(faults[1].text, "hang@sync");
  EXPECT_EQ(faults[1].fired, 0U) << "armed, and never fired";
}

TEST_F(ChildHostTest, ReadsEventsInOrderAndDoesNotTrustThem) {
  host_.faults = {ParseFault("oom@malloc:2")};
  const ChildHost child(host_, {}, {}, scratch_.path());
  Writer writer(scratch_.path() / "record");
  writer->events_begun = 9000;
  simcuda::CallEvent& late = writer->events[simcuda::EventSlot(9000)];
  late.sequence = 9000;
  late.entry = simcuda::FindEntry("cudaMalloc");
  late.point = static_cast<std::uint8_t>(simcuda::FaultPoint::kMalloc);
  late.device = 1;
  late.gpu = 0;
  late.bytes = 64;
  late.result = 2;
  late.rule = 1;
  late.phase = 1;
  simcuda::CallEvent& first = writer->events[0];
  first.sequence = 1;
  first.entry = simcuda::kFirstOtherName + 1;
  std::memset(writer->other_names[1], 'y', simcuda::kOtherNameBytes);  // no end
  first.result = simcuda::kNotReturned;
  first.device = first.gpu = simcuda::kNoDevice;
  first.rule = 200;
  first.phase = 77;
  writer->events[5].sequence = 4;  // not its place
  writer->events[5].entry = 0x7FFF;
  const FlightLog log = child.ReadLog();
  EXPECT_EQ(log.begun, 9000U);
  ASSERT_THAT(log.events, SizeIs(2));
  EXPECT_EQ(log.events[0].call, std::string(simcuda::kOtherNameBytes, 'y'));
  EXPECT_EQ(log.events[0].result, std::nullopt);
  EXPECT_EQ(log.events[0].device, std::nullopt);
  EXPECT_EQ(log.events[0].injected, "?");
  EXPECT_EQ(log.events[1].sequence, 9000U);
  EXPECT_EQ(log.events[1].call, "cudaMalloc");
  EXPECT_EQ(log.events[1].point, "malloc");
  EXPECT_EQ(log.events[1].device, 1);
  EXPECT_EQ(log.events[1].gpu, 0);
  EXPECT_EQ(log.events[1].result, 2);
  EXPECT_EQ(log.events[1].injected, "oom@malloc:2");
  EXPECT_EQ(log.events[1].phase, simcuda::Phase::kLoad);
}

TEST_F(ChildHostTest, LoadAndMoveLeavesOutStartAndReadBack) {
  const ChildHost child(host_, {}, {}, scratch_.path());
  Writer writer(scratch_.path() / "record");
  for (std::size_t device = 0; device < 2; ++device) {
    writer.At(simcuda::Phase::kStart, device).host_to_device_bytes = 1000;
    writer.At(simcuda::Phase::kLoad, device).host_to_device_bytes = 1;
    writer.At(simcuda::Phase::kMove, device).host_to_device_bytes = 10;
    writer.At(simcuda::Phase::kReadBack, device).host_to_device_bytes = 1000;
  }
  writer.At(simcuda::Phase::kLoad, 0).peak_bytes = 5;
  writer.At(simcuda::Phase::kMove, 0).peak_bytes = 7;
  writer.At(simcuda::Phase::kLoad, 1).peak_bytes = 3;
  const Counts sum = child.Read().LoadAndMove();
  EXPECT_EQ(sum.host_to_device_bytes, 22U);
  EXPECT_EQ(sum.peak_bytes, 10U);
}

TEST_F(ChildHostTest, RecordSurvivesDeletionAndDamageIsTold) {
  const ChildHost child(host_, {}, {}, scratch_.path());
  const std::filesystem::path file = scratch_.path() / "record";
  Writer(file)->attached = 1;
  const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
  std::filesystem::remove(file);
  EXPECT_TRUE(child.Read().attached);
  ASSERT_EQ(ftruncate(descriptor, 10), 0);
  close(descriptor);
  EXPECT_THROW(child.Read(), CannotRun);
}

class RuntimesFile : public ::testing::Test {
 protected:
  std::string ErrorOf(const std::string& json) {
    try {
      ReadRuntimes(scratch_.Write("runtimes.json", json));
    } catch (const CannotRun& error) {
      return error.what();
    }
    return "no error";
  }
  Scratch scratch_;
};

TEST_F(RuntimesFile, ReadsEveryField) {
  const std::string file = scratch_.Write(
      "runtimes.json",
      R"([{"id":"python-2.11.0","family":"python","version":"2.11.0","cuda":13,"default":true,
           "loader":["/usr/bin/python3","loader.py"],"maker":["bin/make"],
           "environment":{"PYTHONPATH":"/x"},"standins":"standins","preload":false},
          {"id":"cpp-cpu","family":"cpp-cpu","version":"2.11.0","cuda":0,"loader":["load"]}])");
  const std::vector<Runtime> runtimes = ReadRuntimes(file);
  ASSERT_THAT(runtimes, SizeIs(2));
  const Runtime& python = runtimes[0];
  EXPECT_EQ(python.id, "python-2.11.0");
  EXPECT_EQ(python.family, "python");
  EXPECT_EQ(python.version, "2.11.0");
  EXPECT_EQ(python.cuda, 13);
  EXPECT_TRUE(python.is_default);
  EXPECT_THAT(python.loader, ElementsAre("/usr/bin/python3", "loader.py"));
  EXPECT_THAT(python.maker, ElementsAre((scratch_.path() / "bin/make").string()));
  EXPECT_THAT(python.environment, ElementsAre(Pair("PYTHONPATH", "/x")));
  EXPECT_EQ(python.standins, scratch_.path() / "standins");
  EXPECT_FALSE(python.preload);
  EXPECT_FALSE(runtimes[1].is_default);
  EXPECT_TRUE(runtimes[1].preload);
  EXPECT_TRUE(runtimes[1].standins.empty());
}

TEST_F(RuntimesFile, ErrorsNameFileAndField) {
  const std::string good = R"("id":"a","family":"cpp","version":"1","cuda":13,"loader":["x"])";
  EXPECT_THAT(ErrorOf("{"), HasSubstr("runtimes.json: not JSON"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("found object, expected a list of runtimes"));
  EXPECT_THAT(ErrorOf("[1]"), HasSubstr("[0]: found 1, expected an object"));
  EXPECT_THAT(ErrorOf("[{" + good + "},{}]"), HasSubstr("[1].id: found nothing, expected text"));
  EXPECT_THAT(ErrorOf("[{" + good + "},{" + good + "}]"), HasSubstr("[1].id: found 'a' again"));
  EXPECT_THAT(ErrorOf("[{" + good + ",\"loadr\":1}]"), HasSubstr("did you mean 'loader'?"));
  EXPECT_THAT(ErrorOf("[{" + good + ",\"preload\":1}]"),
              HasSubstr("[0].preload: found 1, expected true or false"));
  EXPECT_THAT(ErrorOf("[{" + good + ",\"environment\":{\"a\":1}}]"),
              HasSubstr("expected texts by name"));
  EXPECT_THAT(ErrorOf(R"([{"id":"a","family":"b","version":"c","cuda":true,"loader":["x"]}])"),
              HasSubstr("[0].cuda: found true, expected a CUDA major version"));
  EXPECT_THAT(ErrorOf(R"([{"id":"a","family":"b","version":"c","cuda":1,"loader":[]}])"),
              HasSubstr("found an empty list"));
  EXPECT_THROW(ReadRuntimes(scratch_.path() / "none.json"), CannotRun);
}

}  // namespace
}  // namespace portcullis::host
