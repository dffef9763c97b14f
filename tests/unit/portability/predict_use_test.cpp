// The rules of what follows a load, and of the ways of loading that people reported, one case a
// row.
#include <gmock/gmock.h>

#include "src/portability/predict.h"

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;
using checkpoint::Place;

constexpr std::uint64_t kGiB = 1ULL << 30U;
const portability::Place kNoDriver{0, {}};
const portability::Place kOneGpu{13000, {16 * kGiB}};
const portability::Place kTwoGpus{13000, {16 * kGiB, 16 * kGiB}};
const Build kPython{true, 13, false};
const Build kTrusting{true, 13, true};
const Build kCpp{false, 13, false};

void AddTensor(DeviceMap& map, const std::string& name, const std::string& tag,
               const std::string& dtype = "float32", const std::string& folder = "") {
  const std::string key = folder + std::to_string(map.storages.size());
  map.storages.push_back({key, tag, dtype, 1024});
  map.tensors.push_back({name, dtype, {256}, 1024, key, tag, "data.pkl"});
}

DeviceMap Weights(Format format, const std::vector<std::string>& tags) {
  DeviceMap map;
  map.format = format;
  for (const std::string& tag : tags) AddTensor(map, "weight", tag);
  return map;
}

// As a training on `gpus` saves it: Adam's step counts and one RNG state are the CPU's.
DeviceMap Training(const std::vector<std::string>& gpus) {
  DeviceMap map = Weights(Format::kZip, gpus);
  AddTensor(map, "optimizer.state.0.step", "cpu");
  AddTensor(map, "optimizer.state.0.exp_avg", gpus.front());
  AddTensor(map, "rng.cpu", "cpu", "uint8");
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    AddTensor(map, "rng.cuda." + std::to_string(i), "cpu", "uint8");
  }
  return map;
}

DeviceMap Sharded() {
  DeviceMap map;
  map.format = Format::kShardedIndex;
  AddTensor(map, "a", "cuda:0", "float32", "model-0.bin!");
  AddTensor(map, "b", "cuda:1", "float32", "model-1.bin!");
  return map;
}

// Exported on the CPU; its graph makes a tensor there.
DeviceMap Program() {
  DeviceMap map = Weights(Format::kExportedProgram, {"cpu"});
  map.tags.push_back({Place::kGraphConstant, "cpu", "models/model.json", 0, "",
                      "graph_module.graph.nodes.1.inputs.1.arg.as_device"});
  return map;
}

DeviceMap Tagged(DeviceMap map, Place place, const std::string& device) {
  map.tags.push_back({place, device, "data.pkl", 0, "", ""});
  return map;
}

DeviceMap Frozen() {
  DeviceMap map;
  map.format = Format::kTorchScript;
  AddTensor(map, "constants.0", "cpu", "float32", "constants/");
  return map;
}

const DeviceMap kOne = Training({"cuda:0"});
const DeviceMap kTwo = Training({"cuda:0", "cuda:1"});
const DeviceMap kZip = Weights(Format::kZip, {"cuda:0"});
const DeviceMap kPickle = Weights(Format::kPlainPickle, {"cuda:0"});
const DeviceMap kScript = Weights(Format::kTorchScript, {"cuda:0"});
const DeviceMap kStored = Tagged(kOne, Place::kDeviceObject, "cuda:1");
const DeviceMap kTraced = Tagged(kScript, Place::kCodeLiteral, "cuda:0");

struct Row {
  const char* name;
  const DeviceMap& subject;
  const portability::Place& place;
  const Build& build;
  const char* strategy;
  const char* predicted;  // Prediction::Text()
};

std::string NameOf(const testing::TestParamInfo<Row>& row) { return row.param.name; }

class PredictUse : public testing::TestWithParam<Row> {};

TEST_P(PredictUse, Says) {
  const Row& row = GetParam();
  const Prediction prediction =
      Predict(row.subject, row.place, row.build, ParseStrategy(row.strategy));
  EXPECT_EQ(prediction.Text(), row.predicted) << prediction.reason;
  const bool raises = prediction.supported && !prediction.loads;
  EXPECT_EQ(prediction.remedy.empty(), !raises) << prediction.remedy;
}

const DeviceMap kFrozen = Frozen();
const DeviceMap kSharded = Sharded();
const DeviceMap kProgram = Program();

INSTANTIATE_TEST_SUITE_P(
    Uses, PredictUse,
    testing::Values(
        Row{"Train", kOne, kOneGpu, kPython, "map-location=cpu+train=cuda:0", "loads"},
        Row{"TrainNoDriver", kOne, kNoDriver, kPython, "map-location=cpu+train=cuda:0",
            "raises no-driver in use"},
        Row{"TrainNoSuchGpu", kOne, kOneGpu, kPython, "map-location=cpu+train=cuda:1",
            "raises invalid-ordinal in use"},
        Row{"TrainAfterFailedLoad", kOne, kNoDriver, kPython, "as-saved+train=cpu",
            "raises deserialize-no-cuda in load"},
        Row{"TrainElsewhere", kOne, kTwoGpus, kPython, "map-location=cuda:0+train=cuda:1",
            "raises optimizer-devices in use"},
        Row{"TrainWithoutOptimizer", kZip, kTwoGpus, kPython, "map-location=cuda:0+train=cuda:1",
            "loads"},
        Row{"TrainInCpp", kOne, kOneGpu, kCpp, "as-saved+train=cuda:0", "unsupported"},
        Row{"TrainScript", kScript, kOneGpu, kPython, "as-saved+train=cuda:0", "unsupported"},
        Row{"Moved", kOne, kOneGpu, kPython, "map-location=cpu+train-moved=cuda:0",
            "raises different-devices in use"},
        Row{"MovedNowhere", kOne, kOneGpu, kPython, "map-location=cpu+train-moved=cpu", "loads"},
        Row{"MovedWithSteps", kOne, kTwoGpus, kPython, "map-location=cuda:0+train-moved=cuda:1",
            "raises optimizer-devices in use"},
        Row{"Fused", kOne, kOneGpu, kPython, "map-location=cpu+train-fused=cuda:0", "loads"},
        Row{"AssignedSteps", kOne, kOneGpu, kPython, "as-saved+train-assigned=cuda:0",
            "raises fused-steps in use"},
        Row{"AssignedAverages", kOne, kOneGpu, kPython, "map-location=cpu+train-assigned=cuda:0",
            "raises different-devices in use"},
        Row{"AssignedElsewhere", kOne, kTwoGpus, kPython, "as-saved+train-assigned=cuda:1",
            "raises optimizer-devices in use"},
        Row{"AssignedAllThere", kOne, kOneGpu, kPython, "map-location=cuda:0+train-assigned=cuda:0",
            "loads"},
        Row{"AssignedNothing", kZip, kOneGpu, kPython, "as-saved+train-assigned=cuda:0",
            "unsupported"},
        Row{"Resume", kOne, kOneGpu, kPython, "map-location=cpu+resume=cuda:0", "loads"},
        Row{"ResumeMoved", kOne, kOneGpu, kPython, "map-location=cuda:0+resume=cuda:0",
            "raises rng-state in use"},
        Row{"ResumeOnFewer", kTwo, kOneGpu, kPython, "map-location=cpu+resume=cuda:0",
            "raises rng-count in use"},
        Row{"ResumeOnNone", kTwo, kNoDriver, kPython, "map-location=cpu+resume=cpu", "loads"},
        Row{"ResumeCounted", kTwo, kOneGpu, kPython, "map-location=cpu+resume-counted=cuda:0",
            "loads"},
        Row{"ResumeNothing", kZip, kOneGpu, kPython, "as-saved+resume=cuda:0", "unsupported"},
        Row{"LoadInto", kZip, kOneGpu, kPython, "map-location=cpu+load-into=cuda:0", "loads"},
        Row{"Parallel", kZip, kTwoGpus, kPython, "map-location=cpu+data-parallel=cuda:0", "loads"},
        Row{"ParallelElsewhere", kZip, kTwoGpus, kPython, "map-location=cpu+data-parallel=cuda:1",
            "raises parallel-devices in use"},
        Row{"ParallelOnCpu", kZip, kTwoGpus, kPython, "map-location=cpu+data-parallel=cpu",
            "raises parallel-devices in use"},
        Row{"ParallelAlone", kZip, kOneGpu, kPython, "map-location=cpu+data-parallel=cpu", "loads"},
        Row{"Stored", kStored, kOneGpu, kPython, "map-location=cpu+stored-device",
            "raises invalid-ordinal in use"},
        Row{"StoredThere", kStored, kTwoGpus, kPython, "map-location=cpu+stored-device", "loads"},
        Row{"StoredNowhere", kZip, kTwoGpus, kPython, "map-location=cpu+stored-device",
            "unsupported"},
        Row{"Call", kScript, kTwoGpus, kPython, "map-location=cuda:1+call=cuda:1", "loads"},
        Row{"CallElsewhere", kScript, kTwoGpus, kPython, "map-location=cuda:1+call=cpu",
            "raises different-devices in use"},
        Row{"CallMoved", kScript, kTwoGpus, kPython, "map-location=cpu+move-and-call=cuda:1",
            "loads"},
        Row{"CallWithLiteral", kTraced, kTwoGpus, kPython, "map-location=cpu+call=cpu",
            "raises rnn-devices in use"},
        Row{"CallWithLiteralNoDriver", kTraced, kNoDriver, kPython, "map-location=cpu+call=cpu",
            "raises no-driver in use"},
        Row{"CallFrozenMoved", kFrozen, kOneGpu, kPython, "map-location=cpu+move-and-call=cuda:0",
            "raises different-devices in use"},
        Row{"CallFrozenMapped", kFrozen, kOneGpu, kPython, "map-location=cuda:0+call=cuda:0",
            "loads"},
        Row{"CallWeights", kZip, kOneGpu, kPython, "as-saved+call=cuda:0", "unsupported"},
        Row{"Program", kProgram, kOneGpu, kTrusting, "as-saved+call=cpu", "loads"},
        Row{"ProgramElsewhere", kProgram, kOneGpu, kTrusting, "as-saved+call=cuda:0",
            "raises different-devices in use"},
        Row{"ProgramMoved", kProgram, kOneGpu, kTrusting, "as-saved+move-and-call=cuda:0",
            "raises different-devices in use"},
        Row{"ProgramMovedWhole", kProgram, kOneGpu, kTrusting,
            "as-saved+move-program-and-call=cuda:0", "loads"},
        Row{"ProgramMovedNowhere", kProgram, kNoDriver, kTrusting,
            "as-saved+move-program-and-call=cuda:0", "raises no-driver in use"},
        Row{"ProgramOfAnotherFormat", kScript, kOneGpu, kTrusting,
            "as-saved+move-program-and-call=cuda:0", "unsupported"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Reported, PredictUse,
    testing::Values(
        Row{"TorchLoadZip", kZip, kNoDriver, kPython, "torch-load=cpu", "loads"},
        Row{"TorchLoadScript", kScript, kNoDriver, kPython, "torch-load=cpu",
            "raises torchscript-archive in load"},
        Row{"TorchLoadPickle", kPickle, kNoDriver, kTrusting, "torch-load=cpu",
            "raises deserialize-no-cuda in load"},
        Row{"TorchLoadPickleThere", kPickle, kOneGpu, kTrusting, "torch-load=cpu",
            "raises bad-magic in load"},
        Row{"TorchLoadPickleUntrusted", kPickle, kOneGpu, kPython, "torch-load=cpu",
            "raises weights-only in load"},
        Row{"TorchLoadShards", kSharded, kOneGpu, kPython, "torch-load=cpu", "unsupported"},
        Row{"Unpickle", kPickle, kNoDriver, kTrusting, "unpickle=cpu", "loads"},
        Row{"UnpickleUntrusted", kPickle, kNoDriver, kPython, "unpickle=cpu", "unsupported"},
        Row{"UnpickleZip", kZip, kNoDriver, kTrusting, "unpickle=cpu", "unsupported"},
        Row{"MapFirst", kSharded, kTwoGpus, kPython, "map-first=cpu", "loads"},
        Row{"MapFirstFewer", kSharded, kOneGpu, kPython, "map-first=cpu",
            "raises deserialize-no-such-gpu in load"},
        Row{"MapFirstZip", kZip, kOneGpu, kPython, "map-first=cpu", "unsupported"},
        Row{"BadMapNumber", kZip, kOneGpu, kPython, "bad-map=0", "raises map-not-callable in load"},
        Row{"BadMapWord", kZip, kOneGpu, kPython, "bad-map=cuda1",
            "raises bad-device-string in load"},
        Row{"BadMapOther", kZip, kOneGpu, kPython, "bad-map=gpu", "raises unknown-tag in load"},
        Row{"Current", kZip, kTwoGpus, kPython, "current=cuda:1", "loads"},
        Row{"CurrentMissing", kZip, kOneGpu, kPython, "current=cuda:1",
            "raises invalid-ordinal in load"},
        Row{"Ranks", kZip, kOneGpu, kPython, "ranks=8", "loads"},
        Row{"CpuRanks", kZip, kTwoGpus, kPython, "cpu-ranks=2", "raises host-memory in load"},
        Row{"CpuRanksOne", kZip, kTwoGpus, kPython, "cpu-ranks=1", "loads"},
        Row{"CpuRanksScript", kScript, kTwoGpus, kPython, "cpu-ranks=2", "unsupported"},
        Row{"MmapRanks", kZip, kNoDriver, kPython, "mmap-ranks=2", "loads"},
        Row{"MmapRanksPickle", kPickle, kNoDriver, kPython, "mmap-ranks=2", "unsupported"},
        Row{"GpuRanks", kZip, kTwoGpus, kPython, "gpu-ranks=2", "loads"},
        Row{"GpuRanksFewer", kZip, kOneGpu, kPython, "gpu-ranks=2",
            "raises deserialize-no-such-gpu in load"},
        Row{"LateMask", kZip, kTwoGpus, kPython, "late-mask=empty", "loads"},
        Row{"LateMaskNoDriver", kZip, kNoDriver, kPython, "late-mask=0",
            "raises no-driver in load"},
        Row{"RankMap", kZip, kTwoGpus, kPython, "rank-map=2", "loads"},
        Row{"RankMapFewer", kZip, kOneGpu, kPython, "rank-map=2",
            "raises deserialize-no-such-gpu in load"},
        Row{"RanksInCpp", kZip, kOneGpu, kCpp, "ranks=2", "unsupported"}),
    NameOf);

}  // namespace
}  // namespace portcullis::portability
