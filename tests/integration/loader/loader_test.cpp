// The loaders, through their protocol: every strategy, every byte held against the manifest that a
// maker wrote, bytes moved as the flight record counts them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/integration/loader/stand.h"

namespace portcullis::loader_test {
namespace {

using runner::Outcome;
using testing::HasSubstr;

// Where only LibTorch is, there are no checkpoints made by Python to load.
bool HasPython() { return testing::Matches(testing::Contains("python"))(Families()); }
class Loader : public testing::Test {
  void SetUp() override {
    if (!HasPython()) GTEST_SKIP() << "no PyTorch for Python here";
  }
};
using Maker = Loader;

// Every tensor of the manifest, with its bytes; the devices they are on.
void ExpectWhole(const Loaded& loaded, const std::set<std::string>& devices) {
  ASSERT_EQ(loaded.answer.outcome, Outcome::kLoaded) << Text(loaded.load) << "\n"
                                                     << loaded.answer.error_text;
  std::map<std::string, checkpoints::ReferenceTensor> expected;
  for (const auto& tensor : Manifest(loaded.load.checkpoint).tensors)
    expected[tensor.name] = tensor;
  EXPECT_EQ(loaded.answer.tensors.size(), expected.size()) << Text(loaded.load);
  std::set<std::string> found;
  for (const runner::FoundTensor& tensor : loaded.answer.tensors) {
    const auto& wanted = expected[tensor.name];
    EXPECT_EQ(tensor.dtype, wanted.dtype) << Text(loaded.load) << ": " << tensor.name;
    EXPECT_EQ(tensor.shape, wanted.shape) << Text(loaded.load) << ": " << tensor.name;
    EXPECT_EQ(tensor.bytes, wanted.bytes) << Text(loaded.load) << ": " << tensor.name;
    EXPECT_EQ(tensor.sha256, tensor.device == "meta" ? "" : wanted.sha256)
        << Text(loaded.load) << ": " << tensor.name;
    found.insert(tensor.device);
  }
  EXPECT_EQ(found, devices) << Text(loaded.load);
}

void ExpectError(const Loaded& loaded, Outcome outcome, const std::string& text) {
  EXPECT_EQ(loaded.answer.outcome, outcome) << Text(loaded.load);
  EXPECT_THAT(loaded.answer.error_text, HasSubstr(text)) << Text(loaded.load);
  EXPECT_NE(loaded.answer.error_type, "") << Text(loaded.load);
  EXPECT_THAT(loaded.answer.tensors, testing::IsEmpty()) << Text(loaded.load);
}

// What each function that loads can do with a checkpoint saved from the CPU.
enum class Way { kTorchLoad, kJitLoad, kCppDevice, kCppPickle };
struct StrategyRow {
  std::string strategy, argument;
  std::string expected[4];  // by Way: a device, "no way", or part of an error text
};
const std::string kNoWay = "no way";
const std::string kMapType = "map_location should be either None, string or torch.device";
const std::vector<StrategyRow> kStrategies = {
    {"as-saved", "", {"cpu", "cpu", "cpu", "cpu"}},
    {"as-saved-then-to", "cpu", {"cpu", "cpu", "cpu", "cpu"}},
    {"map-location", "cpu", {"cpu", "cpu", "cpu", kNoWay}},
    {"map-location", "meta", {"meta", "meta", "meta", kNoWay}},
    {"remap", "cpu>cpu", {"cpu", kMapType, kNoWay, kNoWay}},
    {"remap", "cpu>meta,cuda:0>cpu", {"meta", kMapType, kNoWay, kNoWay}},
    {"callable", "keep", {"cpu", kMapType, kNoWay, kNoWay}},
    {"callable", "none", {"cpu", kMapType, kNoWay, kNoWay}},
    {"callable", "cpu", {"cpu", kMapType, kNoWay, kNoWay}},
    {"cpu-then-to", "cpu", {"cpu", "cpu", "cpu", kNoWay}},
    {"parts", "cpu,cpu", {"cpu", "cpu", "cpu", kNoWay}},
    {"mmap", "", {"cpu", kNoWay, kNoWay, kNoWay}},
    {"mmap", "cpu", {"cpu", kNoWay, kNoWay, kNoWay}},
};

Way WayOf(const Load& load) {
  const std::string& format = Catalog().Find(load.checkpoint).format;
  const bool jit = format == "torchscript" || format == "archive";
  if (load.family == "python") return jit ? Way::kJitLoad : Way::kTorchLoad;
  return jit ? Way::kCppDevice : Way::kCppPickle;
}

class SavedFromTheCpu : public testing::TestWithParam<std::string> {};

TEST_P(SavedFromTheCpu, EveryStrategyInEveryLanguageKeepsEveryByte) {
  if (!HasPython()) GTEST_SKIP() << "no PyTorch for Python here";
  std::vector<Load> loads;
  std::vector<std::string> expected;
  for (const std::string& family : Families()) {
    for (const StrategyRow& row : kStrategies) {
      loads.push_back({family, GetParam(), row.strategy, row.argument});
      expected.push_back(row.expected[static_cast<std::size_t>(WayOf(loads.back()))]);
    }
  }
  const std::vector<Loaded> all = LoadAll(loads);
  ASSERT_EQ(all.size(), loads.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (expected[i] == "cpu" || expected[i] == "meta") {
      ExpectWhole(all[i], {expected[i]});
    } else if (expected[i] == kNoWay) {
      ExpectError(all[i], Outcome::kUnsupported, "");
    } else {
      ExpectError(all[i], Outcome::kRaised, expected[i]);
    }
  }
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Loader, SavedFromTheCpu,
                         testing::Values("tensor-dict-cpu", "script-cpu", "archive-cpu"), TestName);

const std::set<std::string> kReadWithoutMap = {"distributed", "exported-program", "plain-pickle"};

TEST_F(Loader, ReadsEveryCheckpointOntoTheCpu) {
  std::vector<Load> loads;
  for (const auto& recipe : Catalog().recipes()) {
    // Python's weights_only=True refuses what torch::pickle_save writes.
    const bool trust = recipe.trust || recipe.format == "pickle-save";
    // Their readers take no map; scenarios/formats has them.
    if (kReadWithoutMap.contains(recipe.format)) continue;
    loads.push_back({"python", recipe.name, "map-location", "cpu", "no-driver", trust});
    if (recipe.format == "torchscript" || recipe.format == "archive") {
      loads.push_back({"cpp", recipe.name, "map-location", "cpu"});
      loads.push_back({"cpp-cpu", recipe.name, "map-location", "cpu"});
    }
  }
  const std::vector<Loaded> all = LoadAll(loads);
  ASSERT_EQ(all.size(), loads.size());
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cpu"});
    EXPECT_EQ(loaded.flight.LoadAndMove().host_to_device_bytes, 0U) << Text(loaded.load);
  }
}

// Bytes counted in one phase, over all devices.
host::Counts In(simcuda::Phase phase, const host::Flight& flight) {
  host::Counts sum;
  for (const auto& device : flight.devices) {
    const host::Counts& counts = device.at(static_cast<std::size_t>(phase));
    sum.host_to_device_bytes += counts.host_to_device_bytes;
    sum.device_to_host_bytes += counts.device_to_host_bytes;
    sum.device_to_device_bytes += counts.device_to_device_bytes;
  }
  return sum;
}

// The checkpoints spread over two GPUs, each with the families that read its format.
std::vector<Load> OnTwoGpus(const std::string& strategy, const std::string& argument) {
  std::vector<Load> loads;
  for (const char* checkpoint : {"state-dict-cuda0-cuda1", "script-cuda0-cuda1",
                                 "archive-cuda0-cuda1", "legacy-cuda0-cuda1"}) {
    loads.push_back({"python", checkpoint, strategy, argument, "2xh200"});
  }
  loads.push_back({"cpp", "script-cuda0-cuda1", strategy, argument, "2xh200"});
  loads.push_back({"cpp", "archive-cuda0-cuda1", strategy, argument, "2xh200"});
  return loads;
}

// What a load onto GPUs copies there. The legacy reader copies each storage twice: once before its
// bytes have been read (_legacy_load and _deserialize in torch/serialization.py, 2.11).
std::uint64_t BytesOf(const Load& load) {
  const std::uint64_t storages = Manifest(load.checkpoint).StorageBytes();
  return Catalog().Find(load.checkpoint).format == "legacy" ? 2 * storages : storages;
}

TEST_F(Loader, AsSavedGoesToTheSavedDevicesAndMovesNothingBetweenThem) {
  const auto all = LoadAll(OnTwoGpus("as-saved", ""));
  ASSERT_EQ(all.size(), 6U);
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cuda:0", "cuda:1"});
    const auto load = In(simcuda::Phase::kLoad, loaded.flight);
    EXPECT_EQ(load.host_to_device_bytes, BytesOf(loaded.load)) << Text(loaded.load);
    EXPECT_EQ(load.device_to_host_bytes, 0U) << Text(loaded.load);
    EXPECT_EQ(load.device_to_device_bytes, 0U) << Text(loaded.load);
  }
}

TEST_F(Loader, MapLocationGoesStraightToTheOtherGpu) {
  const auto all = LoadAll(OnTwoGpus("map-location", "cuda:1"));
  ASSERT_EQ(all.size(), 6U);
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cuda:1"});
    const auto load = In(simcuda::Phase::kLoad, loaded.flight);
    EXPECT_EQ(load.host_to_device_bytes, BytesOf(loaded.load)) << Text(loaded.load);
    EXPECT_EQ(load.device_to_device_bytes, 0U) << Text(loaded.load);
    EXPECT_EQ(loaded.flight.devices.at(0).at(1).host_to_device_bytes, 0U) << Text(loaded.load);
  }
}

TEST_F(Loader, CountsTheMoveApartFromTheLoadAndTheReadBack) {
  const auto all = LoadAll(OnTwoGpus("as-saved-then-to", "cpu"));
  ASSERT_EQ(all.size(), 6U);
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cpu"});
    const auto in_load = In(simcuda::Phase::kLoad, loaded.flight);
    const auto in_move = In(simcuda::Phase::kMove, loaded.flight);
    const auto in_read_back = In(simcuda::Phase::kReadBack, loaded.flight);
    EXPECT_EQ(in_load.host_to_device_bytes, BytesOf(loaded.load)) << Text(loaded.load);
    EXPECT_EQ(in_load.device_to_host_bytes, 0U) << Text(loaded.load);
    // A weight under two names moves once or twice, as .to() of what was loaded does it.
    EXPECT_GE(in_move.device_to_host_bytes, Manifest(loaded.load.checkpoint).StorageBytes())
        << Text(loaded.load);
    EXPECT_EQ(in_read_back.device_to_host_bytes, 0U) << Text(loaded.load);
  }
}

TEST_F(Loader, PutsPartsOnDifferentDevices) {
  for (const Loaded& loaded : LoadAll(OnTwoGpus("parts", "cuda:0,cuda:1"))) {
    ExpectWhole(loaded, {"cuda:0", "cuda:1"});
    const auto load = In(simcuda::Phase::kLoad, loaded.flight);
    EXPECT_EQ(load.host_to_device_bytes, 0U) << Text(loaded.load);
  }
}

TEST_F(Loader, RemapsAndCallsInPython) {
  const auto on = [](const char* strategy, const char* argument) {
    return Load{"python", "state-dict-cuda0-cuda1", strategy, argument, "2xh200"};
  };
  const auto all = LoadAll({on("remap", "cuda:0>cuda:1,cuda:1>cpu"), on("remap", "cuda:1>cuda:0"),
                            on("callable", "keep"), on("callable", "none"),
                            on("callable", "cuda:1"), on("mmap", ""), on("mmap", "cuda:1")});
  ASSERT_EQ(all.size(), 7U);
  ExpectWhole(all[0], {"cuda:1", "cpu"});
  ExpectWhole(all[1], {"cuda:0"});
  ExpectWhole(all[2], {"cpu"});
  ExpectWhole(all[3], {"cuda:0", "cuda:1"});
  ExpectWhole(all[4], {"cuda:1"});
  ExpectWhole(all[5], {"cuda:0", "cuda:1"});
  ExpectWhole(all[6], {"cuda:1"});
}

TEST_F(Loader, CallsATorchScriptModuleOnce) {
  std::vector<Load> loads;
  for (const std::string& family : Families()) {
    for (const char* checkpoint : {"script-cpu", "traced-cpu", "cpp-script-cpu"}) {
      loads.push_back({family, checkpoint, "forward", ""});
      loads.push_back({family, checkpoint, "forward", "cpu"});
    }
  }
  const auto all = LoadAll(loads);
  ASSERT_EQ(all.size(), loads.size());
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cpu"});
    EXPECT_GT(loaded.answer.use_seconds, 0) << Text(loaded.load);
  }
}

TEST_F(Loader, FindsADeviceInTracedCodeOnlyByCallingIt) {
  std::vector<Load> loads;
  for (const char* family : {"python", "cpp"}) {
    loads.push_back({family, "traced-cuda0-saved-cpu", "forward", ""});
    loads.push_back({family, "traced-cuda0-saved-cpu", "forward", "", "driver-no-gpu"});
  }
  const auto all = LoadAll(loads);
  ASSERT_EQ(all.size(), loads.size());
  for (const Loaded& loaded : all) {
    const bool driver = loaded.load.host == "driver-no-gpu";
    ExpectError(loaded, Outcome::kRaised,
                driver ? "No CUDA GPUs are available" : "Found no NVIDIA driver on your system");
    EXPECT_EQ(loaded.answer.phase, runner::LoadPhase::kUse) << Text(loaded.load);
  }
}

TEST_F(Loader, CallsNothingElse) {
  const auto all = LoadAll({{"python", "state-dict-cpu", "forward", ""},
                            {"python", "archive-cpu", "forward", "cpu"},
                            {"cpp", "archive-cpu", "forward", ""},
                            {"cpp", "state-dict-cpu", "forward", "cpu"}});
  ASSERT_EQ(all.size(), 4U);
  for (const Loaded& loaded : all) ExpectError(loaded, Outcome::kUnsupported, "only a TorchScript");
}

// The copy of the input to the device is the use's, not the load's.
TEST_F(Loader, CountsTheUseApartFromTheLoad) {
  const auto all = LoadAll({{"python", "traced-cuda0", "forward", "cuda:0", "2xh200"},
                            {"cpp", "traced-cuda0", "forward", "cuda:0", "2xh200"}});
  ASSERT_EQ(all.size(), 2U);
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cuda:0"});
    const std::uint64_t input = 4 * 64 * sizeof(float);
    EXPECT_EQ(In(simcuda::Phase::kLoad, loaded.flight).host_to_device_bytes, BytesOf(loaded.load));
    EXPECT_EQ(In(simcuda::Phase::kUse, loaded.flight).host_to_device_bytes, input);
    EXPECT_EQ(In(simcuda::Phase::kUse, loaded.flight).device_to_device_bytes, input);
  }
}

TEST_F(Loader, KeepsTheWholeErrorWhereThereIsNoDriver) {
  const auto all = LoadAll({{"python", "state-dict-cuda0", "as-saved", ""},
                            {"python", "script-cuda0", "as-saved", ""},
                            {"python", "state-dict-cpu", "cpu-then-to", "cuda:0"},
                            {"cpp", "script-cuda0", "as-saved", ""},
                            {"cpp", "script-cpu", "cpu-then-to", "cuda:0"},
                            {"cpp-cpu", "script-cuda0", "as-saved", ""},
                            {"cpp-cpu", "script-cuda0", "map-location", "cuda:0"}});
  ASSERT_EQ(all.size(), 7U);
  ExpectError(all[0], Outcome::kRaised, "Attempting to deserialize object on a CUDA device");
  ExpectError(all[1], Outcome::kRaised, "Found no NVIDIA driver on your system");
  ExpectError(all[2], Outcome::kRaised, "Found no NVIDIA driver on your system");
  ExpectError(all[3], Outcome::kRaised, "Found no NVIDIA driver on your system");
  ExpectError(all[4], Outcome::kRaised, "Found no NVIDIA driver on your system");
  ExpectError(all[5], Outcome::kRaised, "registered at");
  ExpectError(all[6], Outcome::kRaised, "Could not run 'aten::empty_strided'");
  EXPECT_EQ(all[0].answer.phase, runner::LoadPhase::kLoad);
  EXPECT_EQ(all[2].answer.phase, runner::LoadPhase::kMove);
  EXPECT_EQ(all[4].answer.phase, runner::LoadPhase::kMove);
  EXPECT_EQ(all[0].answer.error_type, "RuntimeError");
  EXPECT_THAT(all[3].answer.error_text, HasSubstr("frame #0")) << "the text must be whole";
}

TEST_F(Loader, SaysWhatCppCannotReadOfPythonsPickles) {
  const auto all = LoadAll({{"cpp", "state-dict-cpu", "as-saved", ""},
                            {"cpp", "legacy-cpu", "as-saved", ""},
                            {"python", "pickle-save-cpu", "as-saved", ""}});
  ASSERT_EQ(all.size(), 3U);
  ExpectError(all[0], Outcome::kRaised, "Expected GenericDict but got None");
  ExpectError(all[1], Outcome::kUnsupported, "legacy");
  ExpectError(all[2], Outcome::kRaised, "Weights only load failed");
}

TEST_F(Loader, LeavesValuesAloneAndReportsThem) {
  const auto all = LoadAll({{"python", "training-cuda0", "map-location", "cpu"},
                            {"python", "training-cuda0", "as-saved-then-to", "cpu", "2xh200"}});
  ASSERT_EQ(all.size(), 2U);
  const std::vector<runner::FoundValue> expected = {{"config.device", "str", "cuda"},
                                                    {"config.note", "str", "cuda:0"},
                                                    {"config.target", "torch.device", "cuda:0"}};
  for (const Loaded& loaded : all) {
    ExpectWhole(loaded, {"cpu"});
    EXPECT_EQ(loaded.answer.values, expected) << Text(loaded.load);
  }
}

// Requests that no loader should take: part of what it must say about each.
struct BadRequest {
  std::string request;
  std::string says;
};
std::vector<BadRequest> BadRequests() {
  const Load load{"python", "state-dict-cpu", "map-location", "cpu"};
  const auto with = [&](const std::string& found, const std::string& instead) {
    std::string request = Request(load);
    return request.replace(request.find(found), found.size(), instead);
  };
  return {
      {"", "no request"},
      {"\n", "no request"},
      {"{\"protocol\":1,", "not JSON"},
      {std::string(2 << 20, 'x'), "longer than 1048576 bytes"},
      {std::string(500'000, '['), "not JSON"},
      {"[1]\n", "expected an object"},
      {with("\"protocol\":1", "\"protocol\":2"), "protocol is 2, this loader speaks 1"},
      {with("\"trust\":false", "\"trust\":1"), "\"trust\" is 1"},
      {with("\"trust\":false", "\"thrust\":false"), "\"trust\" is missing"},
      {with("\"example\":null,", ""), "\"example\" is missing"},
      {with("\"example\":null", "\"example\":{\"dtype\":\"int64\",\"shape\":[-1]}"),
       "expected null or a dtype and a shape"},
      {with("\"zip\"", "\"zap\""), "unknown format 'zap'; known: zip"},
      {with("\"map-location\"", "\"map-locution\""),
       "unknown strategy 'map-locution'; known: as-saved"},
      {with("\"cpu\"", "\"CPU 1\""), "the argument is 'CPU 1', expected a device"},
      {with("\"cpu\"", "\"\""), "the argument is '', expected a device"},
      {with("state-dict-cpu.pt\"", "missing.pt\""), "No such file or directory"},
      {with("state-dict-cpu.pt\"", "state-dict-cpu.pt/x\""), "Not a directory"},
  };
}

TEST_F(Loader, RefusesBadRequestsWithoutTouchingPyTorch) {
  std::vector<Start> starts;
  std::vector<std::string> says;
  for (const std::string& family : Families()) {
    for (const BadRequest& bad : BadRequests()) {
      starts.push_back({family, RuntimeOf(family).loader, "no-driver", bad.request, true});
      says.push_back(bad.says);
    }
  }
  const auto finishes = RunAll(starts);
  for (std::size_t i = 0; i < finishes.size(); ++i) {
    const runner::Ended& ended = finishes[i].ended;
    EXPECT_EQ(ended.exit_code, 2) << starts[i].family << ": " << says[i] << "\n" << ended.errors;
    EXPECT_EQ(ended.answer, "") << starts[i].family << ": " << says[i];
    EXPECT_THAT(ended.errors, HasSubstr(says[i])) << starts[i].family;
  }
}

TEST_F(Loader, RefusesToRunWithoutAnAnswerPipe) {
  std::vector<Start> starts;
  for (const std::string& family : Families()) {
    for (const char* change :
         {"--unset=PORTCULLIS_ANSWER_FD", "PORTCULLIS_ANSWER_FD=x", "PORTCULLIS_ANSWER_FD=1000"}) {
      Start start{family, {"/usr/bin/env", change}, "no-driver", "", true};
      for (const std::string& word : RuntimeOf(family).loader) start.argv.push_back(word);
      starts.push_back(start);
    }
  }
  for (const Finish& finish : RunAll(starts)) {
    EXPECT_EQ(finish.ended.exit_code, 2) << finish.ended.errors;
    EXPECT_THAT(finish.ended.errors, HasSubstr("PORTCULLIS_ANSWER_FD"));
  }
}

TEST_F(Loader, SaysThatThereIsNoPyTorch) {
  const Load load{"python", "state-dict-cpu", "as-saved", ""};
  const auto finishes =
      RunAll({{"python", RuntimeOf("python").loader, "no-driver", Request(load), true}});
  EXPECT_EQ(finishes[0].ended.exit_code, 3);
  EXPECT_THAT(finishes[0].ended.errors, HasSubstr("cannot import PyTorch"));
}

TEST_F(Maker, SaysWhatIsWrong) {
  const std::string out = Made("never").string();
  for (const char* family : {"python", "cpp"}) {
    const auto with = [&](const std::vector<std::string>& words) {
      Start start{family, RuntimeOf(family).maker, "no-driver", "", false};
      start.argv.insert(start.argv.end(), words.begin(), words.end());
      return start;
    };
    const auto finishes = RunAll(
        {with({"scriptd", "--from", "cpu", "--out", out}), with({"scripted", "--from", "cpu"}),
         with({"scripted", "--from", "cuda:0", "--out", out}),
         with({"scripted", "--from", "cpu", "--out", "/nowhere/at/all.pt"})});
    EXPECT_EQ(finishes[0].ended.exit_code, 2) << family;
    EXPECT_THAT(finishes[0].ended.errors, HasSubstr("scriptd")) << family;
    EXPECT_EQ(finishes[1].ended.exit_code, 2) << family;
    EXPECT_EQ(finishes[2].ended.exit_code, 3) << family;
    EXPECT_THAT(finishes[2].ended.errors, HasSubstr("no NVIDIA driver")) << family;
    EXPECT_EQ(finishes[3].ended.exit_code, 3) << family;
    EXPECT_THAT(finishes[3].ended.errors, HasSubstr("/nowhere/at")) << family;
    EXPECT_FALSE(std::filesystem::exists(out)) << family;
  }
}

}  // namespace
}  // namespace portcullis::loader_test
