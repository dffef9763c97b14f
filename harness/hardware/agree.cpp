#include "harness/hardware/agree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "harness/hardware/calls.h"
#include "harness/hardware/compare_case.h"
#include "harness/hardware/stage.h"
#include "harness/hardware/subjects.h"
#include "harness/report/results_file.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"
#include "src/base/error.h"
#include "src/checkpoint/read.h"

namespace portcullis::hardware {
namespace {

using nlohmann::json;

std::map<int, json> ErrorsByCode(const Probed& probed) {
  std::map<int, json> errors;
  for (const json& error : probed.at("runtime").value("errors", json::array())) {
    errors[error.at("code").get<int>()] = error;
  }
  return errors;
}

std::string Dumped(const std::map<int, json>& errors, int code) {
  const auto found = errors.find(code);
  return found == errors.end() ? "no such code" : found->second.dump();
}

// Storages in file order, without their keys: those of a legacy file are addresses.
std::string MapText(const checkpoint::DeviceMap& map) {
  std::string text = checkpoint::FormatName(map.format) + "\n";
  for (const auto& storage : map.storages) {
    text += fmt::format("{} of {} bytes\n", storage.device, storage.bytes);
  }
  return text;
}

std::string WeightsText(const checkpoints::Reference& reference) {
  std::string text;
  for (const auto& tensor : reference.tensors) {
    text += fmt::format("{} {} [{}] {}\n", tensor.name, tensor.dtype, fmt::join(tensor.shape, ","),
                        tensor.sha256);
  }
  return text;
}

// Compares, counting as it goes.
class Held {
 public:
  Held(const Recording& recording, const Comparison& with, runner::Runner& runner)
      : recording_(recording),
        with_(with),
        runner_(runner),
        twin_(SimulatedTwin(HostFrom(recording.machine))) {}

  Agreement All() {
    FindRuntime();
    Devices();
    Masks();
    Behaviour();
    Checkpoints();
    Cases();
    return std::move(agreement_);
  }

 private:
  void FindRuntime() {
    runtime_ = suite::FindRuntime(with_.runtimes, recording_.runtime);
    if (runtime_ != nullptr) return;
    throw CannotRun(fmt::format("the recording was made with {}, which is not here (ci/setup)",
                                recording_.runtime));
  }

  void Same(Aspect aspect, const std::string& subject, const std::string& recorded,
            const std::string& simulated) {
    auto& count = agreement_.by_aspect.at(static_cast<std::size_t>(aspect));
    ++count.compared;
    if (recorded == simulated) {
      ++count.agreed;
      return;
    }
    Difference difference{aspect, subject, recorded, simulated, {}};
    for (const Explained& known : recording_.explained) {
      if (known.aspect == AspectName(aspect) && known.subject == subject) {
        difference.explained = known.why;
      }
    }
    agreement_.differences.push_back(std::move(difference));
  }

  void Devices() {
    const Probed simulated = Probe(twin_, {}, *runtime_, Ask::kErrors, runner_);
    const json& recorded_devices = recording_.machine.at("driver").at("devices");
    const json& simulated_devices = simulated.at("driver").at("devices");
    for (std::size_t i = 0; i < recorded_devices.size(); ++i) {
      const json twin = i < simulated_devices.size() ? simulated_devices[i] : json(nullptr);
      for (const auto& [field, value] : recorded_devices[i].items()) {
        Same(Aspect::kDevice, fmt::format("cuda:{} {}", i, field), value.dump(),
             twin.is_object() && twin.contains(field) ? twin[field].dump() : "nothing");
      }
    }
    const auto recorded_errors = ErrorsByCode(recording_.machine);
    const auto simulated_errors = ErrorsByCode(simulated);
    for (const auto& [code, error] : recorded_errors) {
      Same(Aspect::kErrorText, fmt::format("error {}", code), error.dump(),
           Dumped(simulated_errors, code));
    }
  }

  void Masks() {
    for (const MaskSeen& recorded : recording_.masks) {
      const MaskSeen simulated =
          SeenBehind(recorded.mask, Probe(twin_, recorded.mask, *runtime_, Ask::kNoMore, runner_));
      Same(Aspect::kMask, "mask " + recorded.mask.Text(), recorded.Text(), simulated.Text());
    }
  }

  void Behaviour() {
    const json simulated = Probe(twin_, {}, *runtime_, Ask::kBehaviour, runner_).at("behaviour");
    for (const auto& [question, answer] : recording_.behaviour.items()) {
      Same(Aspect::kBehaviour, question, answer, simulated.value(question, "was not asked"));
    }
  }

  void Checkpoints() {
    suite::Store made(with_.made, with_.catalog, with_.hosts, with_.runtimes);
    std::set<std::string> names(recording_.checkpoints.begin(), recording_.checkpoints.end());
    for (const json& line : recording_.results) names.insert(line.at("checkpoint"));
    made.Make({names.begin(), names.end()}, false, runner_, [](const std::string&) {});
    for (const std::string& name : recording_.checkpoints) {
      if (!made.Missing(name).empty()) {
        agreement_.not_compared.push_back(made.Missing(name));
        continue;
      }
      Same(Aspect::kTags, name, MapText(checkpoint::ReadDeviceMap(recording_.Checkpoint(name))),
           MapText(checkpoint::ReadDeviceMap(made.File(name))));
      Same(Aspect::kWeights, name,
           WeightsText(
               checkpoints::ReadManifest(recording_.Checkpoint(name).string() + ".manifest.json")),
           WeightsText(made.ReferenceOf(name)));
    }
  }

  // The recorded cases that ran, as they are declared now.
  scenario::CaseList RecordedCases() {
    std::map<std::string, std::size_t> by_id;
    for (std::size_t number = 0; number < with_.cases.size(); ++number) {
      by_id[with_.cases.At(number).id] = number;
    }
    scenario::CaseList cases;
    for (const json& line : recording_.results) {
      if (line.at("verdict") == "skipped") continue;
      const std::string id = line.at("id");
      if (const auto found = by_id.find(id); found != by_id.end()) {
        cases.Add(with_.cases.At(found->second));
      } else {
        agreement_.not_compared.push_back(id + ": no scenario has this case any more");
      }
    }
    return cases;
  }

  void Cases() {
    std::map<std::string, const json*> recorded;
    for (const json& line : recording_.results) recorded[line.at("id")] = &line;
    suite::Suite suite{with_.hosts, with_.runtimes,
                       SubjectsOf(recording_, with_.catalog, with_.made)};
    suite.stage_of = OnMachine(twin_, with_.hosts);
    suite.jobs = with_.jobs;
    suite.keep_calls = true;
    for (const auto& result : suite::ResultsOf(suite, RecordedCases(), runner_)) {
      if (result.judgement.verdict == verdict::Verdict::kSkipped) {
        agreement_.not_compared.push_back(result.c.id + ": " + result.judgement.reason);
        continue;
      }
      const json simulated = report::ToJson(result).at("observation");
      const json& hardware = recorded.at(result.c.id)->at("observation");
      for (const CaseAspect& part : CompareCase(hardware, simulated)) {
        Same(part.aspect, result.c.id, part.recorded, part.simulated);
      }
      if (const auto calls = recording_.calls.find(result.c.id);
          calls != recording_.calls.end() && hardware.at("flight").at("attached") == true) {
        Same(Aspect::kCalls, result.c.id, CallsText(calls->second),
             CallsText(CallsJson(result.observation.calls)));
      }
    }
  }

  const Recording& recording_;
  const Comparison& with_;
  runner::Runner& runner_;
  const host::Host twin_;
  const host::Runtime* runtime_ = nullptr;
  Agreement agreement_;
};

}  // namespace

std::string AspectName(Aspect aspect) {
  constexpr std::array kNames{"device",  "error text", "mask",  "behaviour", "tags",
                              "weights", "outcome",    "error", "devices",   "bytes",
                              "moved",   "operations", "calls"};
  static_assert(kNames.size() == kAspects);
  return kNames.at(static_cast<std::size_t>(aspect));
}

std::size_t Agreement::Compared() const {
  return std::accumulate(by_aspect.begin(), by_aspect.end(), std::size_t{0},
                         [](std::size_t sum, const Count& count) { return sum + count.compared; });
}

std::size_t Agreement::Agreed() const {
  return std::accumulate(by_aspect.begin(), by_aspect.end(), std::size_t{0},
                         [](std::size_t sum, const Count& count) { return sum + count.agreed; });
}

std::size_t Agreement::Unexplained() const {
  return static_cast<std::size_t>(
      std::count_if(differences.begin(), differences.end(),
                    [](const Difference& difference) { return difference.explained.empty(); }));
}

Agreement HoldAgainst(const Recording& recording, const Comparison& comparison,
                      runner::Runner& runner) {
  return Held(recording, comparison, runner).All();
}

}  // namespace portcullis::hardware
