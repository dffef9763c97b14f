#include "harness/suite/own.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/suite/load.h"
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

}  // namespace

OwnCheckpoints::OwnCheckpoints(const std::vector<std::string>& files,
                               const host::HostLibrary& hosts,
                               const std::vector<host::Runtime>& runtimes, bool trust,
                               runner::Runner& runner)
    : files_(files) {
  const host::Runtime* python = FindRuntime(runtimes, "python");
  if (python == nullptr) throw CannotRun("no Python runtime here to load with (ci/setup)");
  for (const std::string& file : files) {
    if (subjects_.contains(file)) throw UsageError(fmt::format("{}: given twice", file));
    const auto map = std::make_shared<DeviceMap>(checkpoint::ReadDeviceMap(file));
    Subject& subject = subjects_[file];
    subject.file = file;
    subject.map = map;
    const ReferenceLoad how = ReferenceLoadOf(map->format);
    Load load{"own/reference",
              file,
              checkpoint::FormatName(map->format),
              how.strategy,
              hosts.Find(how.host),
              {},
              python,
              std::chrono::minutes(10),
              trust};
    SubmitLoad(load, runner, [&subject, map](const verdict::Observation& seen) {
      subject.reference = Combine(*map, seen.tensors);
      if (seen.outcome != verdict::Outcome::kLoaded) {
        subject.broken = fmt::format("does not load on the CPU either: {}", seen.Text());
      } else {
        subject.broken = verdict::CompareMap(*map, subject.reference);
      }
    });
  }
  runner.Run();
}

scenario::CaseList OwnCheckpoints::Cases(const std::vector<std::string>& hosts,
                                         const std::vector<std::string>& runtimes,
                                         const std::vector<std::string>& strategies) const {
  static constexpr std::array kRuntimes{"python"};
  scenario::CaseList cases;
  for (const std::string& file : files_) {
    for (const std::string& host : OrStandard(hosts, kStandardHosts)) {
      for (const std::string& runtime : OrStandard(runtimes, kRuntimes)) {
        for (const std::string& strategy : OrStandard(strategies, kStandardStrategies)) {
          scenario::Case c;
          c.scenario = kScenario;
          c.why = "somebody's own checkpoint";
          c.checkpoint = file;
          std::tie(c.host, c.mask) = scenario::ParseHostAndMask(host);
          c.runtime = runtime;
          c.strategy = portability::ParseStrategy(strategy);
          c.id = scenario::CaseId(c);
          cases.Add(c);
        }
      }
    }
  }
  return cases;
}

Subject OwnCheckpoints::SubjectOf(const scenario::Case& c) const {
  return subjects_.at(c.checkpoint);
}

std::string OwnCheckpoints::Headline(const std::string& file) const {
  const Subject& subject = subjects_.at(file);
  std::set<std::string> tags;
  for (const auto& storage : subject.reference.storages) tags.insert(storage.device);
  return fmt::format("{}: {}, {} tensors, {:L} bytes, tags: {}", checkpoint::Printable(file),
                     subject.reference.format, subject.reference.tensors.size(),
                     subject.reference.StorageBytes(),
                     tags.empty() ? "none" : fmt::format("{}", fmt::join(tags, ", ")));
}

}  // namespace portcullis::suite
