#include "harness/suite/own.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/suite/load.h"
#include "harness/suite/predict_case.h"
#include "harness/verdict/tensors.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/checkpoint/printable.h"
#include "src/checkpoint/read.h"
#include "src/portability/readers.h"

namespace portcullis::suite {
namespace {

using checkpoint::DeviceMap;

constexpr const char* kScenario = "own";
constexpr const char* kPython = "python";
// Where a checkpoint may have to get in: nothing, a mask that hides all, fewer, as many, others.
constexpr std::array kStandardHosts{"no-driver", "2xh200@empty", "1xt4", "1xh200", "2xh200"};
constexpr std::array kStandardStrategies{
    "as-saved",      "as-saved-then-to=cpu", "map-location=cpu", "map-location=cuda:0",
    "callable=keep", "cpu-then-to=cuda:0",   "mmap=cpu",         "map-location=meta"};

// How a file is loaded to see what is in it: onto the CPU where that can be said, else as saved, on
// the host that has most GPUs.
struct ReferenceLoad {
  portability::Strategy strategy;
  const char* host;
};
ReferenceLoad ReferenceLoadOf(checkpoint::Format format) {
  const auto* reader = portability::FindReader(format, true);
  const bool mapped = reader != nullptr && reader->map_argument != portability::MapArgument::kNone;
  if (!mapped) return {{portability::StrategyKind::kAsSaved, ""}, "8xh100"};
  return {{portability::StrategyKind::kMapLocation, "cpu"}, "no-driver"};
}

// The tag of each tensor comes from the file, its checksum from the load.
checkpoints::Reference Combine(const DeviceMap& map, const std::vector<verdict::SeenTensor>& seen) {
  checkpoints::Reference reference;
  reference.format = checkpoint::FormatName(map.format);
  for (const auto& storage : map.storages) {
    reference.storages.push_back({storage.device, storage.bytes});
  }
  std::map<std::string, std::string> tags;
  for (const auto& tensor : map.tensors) tags[tensor.name] = tensor.device;
  for (const auto& tensor : seen) {
    reference.tensors.push_back(
        {tensor.name, tensor.dtype, tensor.shape, tags[tensor.name], tensor.bytes, tensor.sha256});
  }
  return reference;
}

std::vector<std::string> OrStandard(const std::vector<std::string>& given,
                                    std::span<const char* const> standard) {
  return given.empty() ? std::vector<std::string>(standard.begin(), standard.end()) : given;
}

scenario::Case CaseOf(const std::string& file, const std::string& host, const std::string& runtime,
                      portability::Strategy strategy) {
  scenario::Case c;
  c.scenario = kScenario;
  c.why = "somebody's own checkpoint";
  c.checkpoint = file;
  std::tie(c.host, c.mask) = scenario::ParseHostAndMask(host);
  c.runtime = runtime;
  c.strategy = std::move(strategy);
  c.id = scenario::CaseId(c);
  return c;
}

}  // namespace

OwnCheckpoints::OwnCheckpoints(const std::vector<std::string>& files,
                               const host::HostLibrary& hosts,
                               const std::vector<host::Runtime>& runtimes, bool trust,
                               runner::Runner& runner)
    : files_(files) {
  const host::Runtime* python = FindRuntime(runtimes, kPython);
  if (python == nullptr) throw CannotRun("no Python runtime here to load with (ci/setup)");
  for (const std::string& file : files) {
    if (subjects_.contains(file)) throw UsageError(fmt::format("{}: given twice", file));
    subjects_[file].file = file;
    subjects_[file].map = std::make_shared<DeviceMap>(checkpoint::ReadDeviceMap(file));
  }
  for (const std::string& file : files) Look(file, hosts, *python, trust, runner);
  runner.Run();
}

void OwnCheckpoints::Look(const std::string& file, const host::HostLibrary& hosts,
                          const host::Runtime& python, bool trust, runner::Runner& runner) {
  const Subject& subject = subjects_.at(file);
  const ReferenceLoad how = ReferenceLoadOf(subject.map->format);
  verdict::Result& result = references_[file];
  result.c = CaseOf(file, how.host, kPython, how.strategy);
  result.runtime_id = python.id;
  const host::Host host = hosts.Find(how.host);
  result.prediction = PredictCase(*subject.map, host, {}, python, how.strategy, trust);
  Load load{"own/reference",
            file,
            checkpoint::FormatName(subject.map->format),
            how.strategy,
            host,
            {},
            &python,
            std::chrono::minutes(10),
            trust};
  load.isolate = files_.size() == 1;  // PyTorch is imported once for all of several files
  SubmitLoad(load, runner,
             [this, file](verdict::Observation seen) { Seen(file, std::move(seen)); });
}

void OwnCheckpoints::Seen(const std::string& file, verdict::Observation seen) {
  Subject& subject = subjects_.at(file);
  verdict::Result& result = references_.at(file);
  subject.reference = Combine(*subject.map, seen.tensors);
  if (seen.outcome != verdict::Outcome::kLoaded) {
    subject.reference.unknown = fmt::format("it does not load with {} on {}: {}",
                                            result.c.strategy.Text(), result.c.host, seen.Text());
  } else {
    subject.misread = verdict::CompareMap(*subject.map, subject.reference, false);
    subject.reference.unknown = subject.misread;
  }
  result.expectation =
      verdict::FromPrediction(*result.prediction, subject.reference, result.c.strategy);
  result.judgement = verdict::Judge(result.expectation, subject.reference, result.prediction, seen);
  seen.tensors.clear();
  result.observation = std::move(seen);
}

scenario::CaseList OwnCheckpoints::Cases(const std::vector<std::string>& hosts,
                                         const std::vector<std::string>& runtimes,
                                         const std::vector<std::string>& strategies) const {
  static constexpr std::array kRuntimes{kPython};
  scenario::CaseList cases;
  for (const std::string& file : files_) {
    for (const std::string& host : OrStandard(hosts, kStandardHosts)) {
      for (const std::string& runtime : OrStandard(runtimes, kRuntimes)) {
        for (const std::string& strategy : OrStandard(strategies, kStandardStrategies)) {
          cases.Add(CaseOf(file, host, runtime, portability::ParseStrategy(strategy)));
        }
      }
    }
  }
  return cases;
}

Subject OwnCheckpoints::SubjectOf(const scenario::Case& c) const {
  return subjects_.at(c.checkpoint);
}

const verdict::Result& OwnCheckpoints::ReferenceOf(const std::string& file) const {
  return references_.at(file);
}

const std::string& OwnCheckpoints::Unknown(const std::string& file) const {
  return subjects_.at(file).reference.unknown;
}

std::string OwnCheckpoints::Headline(const std::string& file) const {
  const Subject& subject = subjects_.at(file);
  std::set<std::string> tags;
  for (const auto& storage : subject.reference.storages) tags.insert(storage.device);
  const bool known = subject.reference.unknown.empty();
  return fmt::format("{}: {}, {} tensors, {:L} bytes, tags: {}", checkpoint::Printable(file),
                     subject.reference.format,
                     known ? subject.reference.tensors.size() : subject.map->tensors.size(),
                     subject.reference.StorageBytes(),
                     tags.empty() ? "none" : fmt::format("{}", fmt::join(tags, ", ")));
}

}  // namespace portcullis::suite
