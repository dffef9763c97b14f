// The rules, one case a row: format × tags × build × host × strategy → what is predicted. Every row
// of the rules table is met by at least one case, so that dropping one is noticed.
#include "src/portability/predict.h"

#include <gmock/gmock.h>

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t kGiB = 1ULL << 30U;
constexpr int kDriver = 13000;
constexpr int kOldDriver = 12020;

const Place kNoDriver{0, {}};
const Place kTooOld{kOldDriver, {16 * kGiB}};
const Place kNoGpu{kDriver, {}};
const Place kOneGpu{kDriver, {16 * kGiB}};
const Place kTwoGpus{kDriver, {16 * kGiB, 16 * kGiB}};

const Build kPython{true, 13, false};
const Build kPythonCpu{true, 0, false};
const Build kTrusting{true, 13, true};
const Build kCpp{false, 13, false};
const Build kCppCpu{false, 0, false};

DeviceMap Saved(Format format, const std::vector<std::string>& tags, std::uint64_t bytes = 1024) {
  DeviceMap map;
  map.format = format;
  for (const std::string& tag : tags) {
    map.storages.push_back({std::to_string(map.storages.size()), tag, "float32", bytes});
  }
  return map;
}

struct Row {
  const char* name;
  DeviceMap subject;
  Place place;
  Build build;
  const char* strategy;
  const char* expected;  // Prediction::Text()
};

std::vector<Row> Rows() {
  const DeviceMap zip = Saved(Format::kZip, {"cuda:0"});
  const DeviceMap second = Saved(Format::kZip, {"cuda:1"});
  const DeviceMap both = Saved(Format::kZip, {"cuda:0", "cuda:1"});
  const DeviceMap from_cpu = Saved(Format::kZip, {"cpu"});
  const DeviceMap large = Saved(Format::kZip, {"cuda:0", "cuda:0"}, 9 * kGiB);
  const DeviceMap large_cpu = Saved(Format::kZip, {"cpu", "cpu"}, 9 * kGiB);
  const DeviceMap legacy = Saved(Format::kLegacy, {"cuda:0"});
  const DeviceMap script = Saved(Format::kTorchScript, {"cuda:0"});
  const DeviceMap script_second = Saved(Format::kTorchScript, {"cuda:1"});
  const DeviceMap script_cpu = Saved(Format::kTorchScript, {"cpu"});
  const DeviceMap script_large = Saved(Format::kTorchScript, {"cuda:0"}, 17 * kGiB);
  const DeviceMap archive = Saved(Format::kArchive, {"cuda:0"});
  const DeviceMap pickle = Saved(Format::kPickleSave, {"cuda:0"});
  const DeviceMap empty = Saved(Format::kZip, {});
  DeviceMap traced = script_cpu;
  traced.tags.push_back({checkpoint::Place::kCodeLiteral, "cuda:0", "code", 0, "", ""});
  DeviceMap stored = script_cpu;  // a device held as data is not asked for
  stored.tags.push_back({checkpoint::Place::kDeviceObject, "cuda:0", "data.pkl", 0, "", "device"});
  DeviceMap module = from_cpu;
  module.globals = {"torch._utils._rebuild_tensor_v2", "mymodel.Net"};

  return {
      // torch.load, restoring by tag: it asks torch.cuda.is_available() and says one thing
      {"tag, CPU build", zip, kTwoGpus, kPythonCpu, "as-saved",
       "raises deserialize-no-cuda in load"},
      {"tag, no driver", zip, kNoDriver, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"tag, old driver", zip, kTooOld, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"tag, no GPU", zip, kNoGpu, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"tag, fewer", second, kOneGpu, kPython, "as-saved",
       "raises deserialize-no-such-gpu in load"},
      {"tag, memory", large, kOneGpu, kPython, "as-saved", "raises out-of-memory in load"},
      {"tag, there", zip, kOneGpu, kPython, "as-saved", "loads"},
      {"both tags", both, kTwoGpus, kPython, "as-saved", "loads"},
      {"one of both", both, kOneGpu, kPython, "as-saved", "raises deserialize-no-such-gpu in load"},
      {"legacy too", legacy, kNoDriver, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"from the CPU", from_cpu, kNoDriver, kPython, "as-saved", "loads"},
      {"nothing in it", empty, kNoDriver, kPython, "as-saved", "loads"},

      // ATen: each trouble has its own words
      {"script, CPU build", script, kTwoGpus, kCppCpu, "as-saved", "raises cpu-build in load"},
      {"script, no driver", script, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
      {"script, old driver", script, kTooOld, kCpp, "as-saved", "raises driver-too-old in load"},
      {"script, no GPU", script, kNoGpu, kCpp, "as-saved", "raises no-gpus in load"},
      {"script, fewer", script_second, kOneGpu, kCpp, "as-saved", "raises invalid-ordinal in load"},
      {"script, memory", script_large, kOneGpu, kCpp, "as-saved", "raises out-of-memory in load"},
      {"script, no index", script_cpu, kNoDriver, kCppCpu, "map-location=cuda",
       "raises not-linked in load"},
      {"script, index", script_cpu, kNoDriver, kCppCpu, "map-location=cuda:0",
       "raises cpu-build in load"},
      {"script in Python", script, kNoDriver, kPython, "as-saved", "raises no-driver in load"},
      {"archive in C++", archive, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
      {"archive in Python", archive, kNoGpu, kPython, "as-saved", "raises no-gpus in load"},
      {"pickle_save in C++", pickle, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
      {"zip in C++", zip, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},

      // a map given to torch.jit.load is checked by torch.load's own check
      {"script, mapped", script, kNoDriver, kPython, "map-location=cuda:0",
       "raises deserialize-no-cuda in load"},
      {"script, mapped in C++", script, kNoDriver, kCpp, "map-location=cuda:0",
       "raises no-driver in load"},
      {"script, mapped beyond", script, kOneGpu, kPython, "map-location=cuda:1",
       "raises deserialize-no-such-gpu in load"},
      {"script, mapped away", script, kNoDriver, kCpp, "map-location=cpu", "loads"},

      // where a strategy restores to
      {"map to the CPU", zip, kNoDriver, kPython, "map-location=cpu", "loads"},
      {"map to meta", zip, kNoDriver, kPython, "map-location=meta", "loads"},
      {"map to a GPU", from_cpu, kNoDriver, kPython, "map-location=cuda",
       "raises deserialize-no-cuda in load"},
      {"map elsewhere", second, kOneGpu, kPython, "map-location=cuda:0", "loads"},
      {"dict, complete", second, kOneGpu, kPython, "remap=cuda:1>cuda:0", "loads"},
      {"dict, incomplete", both, kOneGpu, kPython, "remap=cuda:0>cpu",
       "raises deserialize-no-such-gpu in load"},
      {"callable keeps", zip, kNoDriver, kPython, "callable=keep", "loads"},
      {"callable declines", zip, kNoDriver, kPython, "callable=none",
       "raises deserialize-no-cuda in load"},
      {"callable moves", zip, kNoDriver, kPython, "callable=cuda:0", "raises no-driver in load"},
      {"mmap as saved", zip, kNoDriver, kPython, "mmap", "raises deserialize-no-cuda in load"},
      {"mmap to the CPU", zip, kNoDriver, kPython, "mmap=cpu", "loads"},

      // the second step
      {"then to the CPU", zip, kNoDriver, kPython, "as-saved-then-to=cpu",
       "raises deserialize-no-cuda in load"},
      {"then to a GPU", from_cpu, kNoDriver, kPython, "as-saved-then-to=cuda:0",
       "raises no-driver in move"},
      {"CPU, then no driver", zip, kNoDriver, kPython, "cpu-then-to=cuda:0",
       "raises no-driver in move"},
      {"CPU, then no GPU", zip, kNoGpu, kPython, "cpu-then-to=cuda:0", "raises no-gpus in move"},
      {"CPU, then too far", zip, kOneGpu, kPython, "cpu-then-to=cuda:1",
       "raises invalid-ordinal in move"},
      {"CPU, then too much", large_cpu, kOneGpu, kPython, "cpu-then-to=cuda:0",
       "raises out-of-memory in move"},
      {"CPU, then there", zip, kTwoGpus, kPython, "cpu-then-to=cuda:1", "loads"},
      {"nothing to move", empty, kNoDriver, kPython, "cpu-then-to=cuda:0", "loads"},
      {"parts, one missing", zip, kOneGpu, kPython, "parts=cuda:0,cuda:1",
       "raises invalid-ordinal in move"},
      {"parts, there", zip, kTwoGpus, kPython, "parts=cuda:0,cuda:1", "loads"},
      {"parts share the memory", large_cpu, kTwoGpus, kPython, "parts=cuda:0,cuda:1", "loads"},

      // what a language or a format has no way to do
      {"dict in C++", script, kTwoGpus, kCpp, "remap=cuda:0>cpu", "unsupported"},
      {"callable in C++", script, kTwoGpus, kCpp, "callable=keep", "unsupported"},
      {"mmap in C++", script, kTwoGpus, kCpp, "mmap", "unsupported"},
      {"map of pickle_load", pickle, kTwoGpus, kCpp, "map-location=cpu", "unsupported"},
      {"CPU of pickle_load", zip, kTwoGpus, kCpp, "cpu-then-to=cuda:0", "unsupported"},
      {"parts of pickle_load", zip, kTwoGpus, kCpp, "parts=cpu,cuda:0", "unsupported"},
      {"legacy in C++", legacy, kTwoGpus, kCpp, "as-saved", "unsupported"},
      {"dict to torch.jit.load", script, kTwoGpus, kPython, "remap=cuda:0>cpu",
       "raises jit-map-type in load"},
      {"callable to torch.jit.load", script, kTwoGpus, kPython, "callable=keep",
       "raises jit-map-type in load"},
      {"mmap of a script", script, kTwoGpus, kPython, "mmap=cpu", "unsupported"},
      {"mmap of legacy", legacy, kTwoGpus, kPython, "mmap=cpu", "raises mmap-legacy in load"},
      {"calling no module", zip, kTwoGpus, kPython, "forward", "unsupported"},

      // weights_only
      {"a class of its own", module, kNoDriver, kPython, "as-saved", "raises weights-only in load"},
      {"refused before the tag", module, kNoDriver, kPython, "map-location=cuda",
       "raises weights-only in load"},
      {"trusted", module, kNoDriver, kTrusting, "as-saved", "loads"},

      // tags of other devices
      {"Apple's", Saved(Format::kZip, {"mps"}), kTwoGpus, kPython, "as-saved",
       "raises mps-tag in load"},
      {"another's", Saved(Format::kZip, {"npu:0"}), kTwoGpus, kPython, "as-saved",
       "raises unknown-tag in load"},
      {"another's, mapped", Saved(Format::kZip, {"npu:0"}), kNoDriver, kPython, "map-location=cpu",
       "loads"},

      // a device in TorchScript code
      {"traced, loaded", traced, kNoDriver, kPython, "as-saved", "loads"},
      {"traced, called", traced, kNoDriver, kPython, "forward=cpu", "raises no-driver in use"},
      {"traced, called in C++", traced, kNoGpu, kCpp, "forward", "raises no-gpus in use"},
      {"traced, there", traced, kOneGpu, kPython, "forward", "loads"},
      {"held as data", stored, kNoDriver, kPython, "forward", "loads"},
      {"called where it was saved", script, kNoDriver, kPython, "forward",
       "raises no-driver in load"},
      {"called with a map", script, kNoDriver, kPython, "forward=cuda:0",
       "raises deserialize-no-cuda in load"},
  };
}

TEST(Predict, EveryRow) {
  for (const Row& row : Rows()) {
    const Prediction prediction =
        Predict(row.subject, row.place, row.build, ParseStrategy(row.strategy));
    EXPECT_EQ(prediction.Text(), row.expected) << row.name;
    EXPECT_THAT(prediction.reason, Not(IsEmpty())) << row.name;
    EXPECT_THAT(prediction.reason, Not(HasSubstr("{"))) << row.name;
  }
}

TEST(Predict, AFailureHasARemedyForTheLanguageAndTheFormat) {
  struct Remedy {
    Format format;
    Build build;
    const char* expected;
  };
  for (const Remedy& row :
       {Remedy{Format::kZip, kPython, "torch.load(path, map_location='cpu')"},
        Remedy{Format::kTorchScript, kPython, "torch.jit.load(path, map_location='cpu')"},
        Remedy{Format::kTorchScript, kCpp, "torch::jit::load(path, torch::kCPU)"},
        Remedy{Format::kArchive, kCpp, "archive.load_from(path, torch::kCPU)"},
        Remedy{Format::kPickleSave, kCpp, "save it from the CPU: tensor.to(torch::kCPU)"}}) {
    const auto failure =
        Predict(Saved(row.format, {"cuda:0"}), kNoDriver, row.build, ParseStrategy("as-saved"));
    EXPECT_EQ(failure.remedy, row.expected);
  }
  const auto success = Predict(Saved(Format::kZip, {"cpu"}), kNoDriver, kPython, {});
  EXPECT_EQ(success.remedy, "");
}

TEST(Predict, TheReasonNamesTheDeviceAndWhatIsVisible) {
  const auto beyond = Predict(Saved(Format::kZip, {"cuda:3"}), kTwoGpus, kPython, {});
  EXPECT_EQ(beyond.reason, "the tag cuda:3 names a GPU beyond the 2 visible");
  const auto code = Predict(Saved(Format::kTorchScript, {"cuda:3"}), kTwoGpus, kCpp, {});
  EXPECT_EQ(code.reason, "cuda:3 is asked for and only 2 GPUs are visible");
}

TEST(Predict, MemoryIsCountedByGpu) {
  const auto two = Saved(Format::kZip, {"cuda:0", "cuda:1"}, 16 * kGiB);
  EXPECT_TRUE(Predict(two, kTwoGpus, kPython, {}).loads);
  EXPECT_EQ(Predict(two, kTwoGpus, kPython, ParseStrategy("map-location=cuda:0")).error,
            "out-of-memory");
}

TEST(Predict, AnOlderMajorOfTheDriverIsTooOldAnOlderMinorIsNot) {
  const auto zip = Saved(Format::kTorchScript, {"cuda:0"});
  EXPECT_EQ(Predict(zip, {12090, {kGiB}}, kCpp, {}).error, "driver-too-old");
  EXPECT_TRUE(Predict(zip, {13000, {kGiB}}, {false, 13, false}, {}).loads);
  EXPECT_TRUE(Predict(zip, {12020, {kGiB}}, {false, 12, false}, {}).loads);
}

TEST(Destination, OfEachStrategy) {
  struct Way {
    const char* tag;
    const char* strategy;
    const char* expected;
  };
  for (const Way& way :
       {Way{"cuda:1", "as-saved", "cuda:1"}, Way{"cuda:1", "as-saved-then-to=cpu", "cpu"},
        Way{"cuda:1", "as-saved-then-to=cuda", "cuda:0"},
        Way{"cuda:1", "map-location=cuda", "cuda:0"}, Way{"cuda:1", "map-location=meta", "meta"},
        Way{"cuda:1", "remap=cuda:1>cuda:0", "cuda:0"},
        Way{"cuda:0", "remap=cuda:1>cuda:0", "cuda:0"},
        Way{"cuda:2", "remap=cuda:1>cuda:0", "cuda:2"}, Way{"cuda:1", "callable=keep", "cpu"},
        Way{"cuda:1", "callable=none", "cuda:1"}, Way{"cuda:1", "callable=cuda:2", "cuda:2"},
        Way{"cuda:1", "cpu-then-to=cuda:0", "cuda:0"}, Way{"cuda:1", "parts=cuda:0,cpu", ""},
        Way{"cuda:1", "mmap", "cuda:1"}, Way{"cuda:1", "mmap=cpu", "cpu"},
        Way{"cuda:1", "forward=cpu", "cpu"}}) {
    EXPECT_EQ(Destination(way.tag, ParseStrategy(way.strategy)), way.expected)
        << way.tag << " " << way.strategy;
  }
}

TEST(PartDevices, InOrder) {
  EXPECT_THAT(PartDevices(ParseStrategy("parts=cuda:1,cpu,cuda:0")),
              testing::ElementsAre("cuda:1", "cpu", "cuda:0"));
}

}  // namespace
}  // namespace portcullis::portability
