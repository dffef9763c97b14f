#include "harness/suite/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/scenario/case.h"
#include "harness/suite/predict_case.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/checkpoint/error.h"
#include "src/checkpoint/read.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;
using portability::TorchVersion;

// The families of runtimes as the rules see them.
struct Family {
  const char* name;
  bool python, cuda;
};
constexpr std::array kFamilies{Family{"python", true, true}, Family{"cpp", false, true},
                               Family{"cpp-cpu", false, false}};
constexpr TorchVersion kOldest{{1, 13, 0}};  // that the rules describe

// The CUDA major of the builds on PyPI: what `torch` of that version requires there.
int CudaOf(const TorchVersion& torch) {
  constexpr TorchVersion kCuda13{{2, 11, 0}};
  constexpr TorchVersion kCuda12{{2, 1, 0}};
  return torch >= kCuda13 ? 13 : (torch >= kCuda12 ? 12 : 11);
}

// "cpp-2.6.0-cpu" is family "cpp-cpu" and version "2.6.0", as ids of runtimes are built.
std::pair<std::string, std::string> SplitRuntime(const std::string& name) {
  const std::size_t digit = name.find_first_of("0123456789");
  if (digit == std::string::npos || digit == 0 || name[digit - 1] != '-') return {name, ""};
  const std::size_t end = std::min(name.find_first_not_of("0123456789.", digit), name.size());
  return {name.substr(0, digit - 1) + name.substr(end), name.substr(digit, end - digit)};
}

portability::Build BuildOf(const std::string& name) {
  const auto [family_name, version] = SplitRuntime(name);
  const auto torch = version.empty()
                         ? portability::kDefaultTorch
                         : portability::ParseTorchVersion(version).value_or(TorchVersion{});
  std::vector<std::string> known;
  for (const Family& family : kFamilies) {
    if (family_name == family.name) {
      if (torch < kOldest) {
        throw UsageError(
            fmt::format("runtime '{}': found version '{}', expected 1.13 or later, as "
                        "python-2.6.0",
                        name, version));
      }
      return {family.python, family.cuda ? CudaOf(torch) : 0, false, torch};
    }
    known.emplace_back(family.name);
  }
  throw UsageError(UnknownName("runtime", name, known));
}

using Names = std::vector<std::string>;

Names FirstGiven(const Names& asked, const Names& policy, const char* otherwise) {
  if (!asked.empty()) return asked;
  return policy.empty() ? Names{otherwise} : policy;
}

std::uint64_t SizeOf(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

bool NamesStrategy(const std::string& text) {
  const auto table = portability::StrategyTable();
  const std::string name = text.substr(0, text.find('='));
  return std::any_of(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
}

bool TakesList(const std::string& text) {
  const auto table = portability::StrategyTable();
  const std::string name = text.substr(0, text.find('='));
  return std::any_of(table.begin(), table.end(), [&](const auto& row) {
    return row.name == name && (row.argument == portability::ArgumentKind::kDevices ||
                                row.argument == portability::ArgumentKind::kDevicePairs);
  });
}

}  // namespace

void CheckRuntimeName(const std::string& name) { static_cast<void>(BuildOf(name)); }

Names SplitNames(const Names& texts) {
  Names names;
  for (const std::string& text : texts) {
    for (std::size_t start = 0;;) {
      const std::size_t end = text.find(',', start);
      names.push_back(text.substr(start, end - start));
      if (end == std::string::npos) break;
      start = end + 1;
    }
  }
  return names;
}

Names SplitStrategies(const Names& texts) {
  Names strategies;
  for (const std::string& text : texts) {
    bool first = true;
    for (const std::string& part : SplitNames({text})) {
      const bool continues = !first && !NamesStrategy(part) && TakesList(strategies.back());
      if (continues) {
        strategies.back() += "," + part;
      } else {
        strategies.push_back(part);
      }
      first = false;
    }
  }
  return strategies;
}

Question Complete(const Question& asked, const Policy& policy) {
  return {FirstGiven(asked.hosts, policy.hosts, "no-driver"),
          FirstGiven(asked.runtimes, policy.runtimes, "python"),
          FirstGiven(asked.strategies, policy.strategies, "as-saved"), asked.trust || policy.trust,
          asked.leave_others || policy.leave_others};
}

Checker::Checker(const Question& question, const Policy& policy, const host::HostLibrary& hosts)
    : question_(Complete(question, policy)), policy_(policy) {
  for (const std::string& text : question_.hosts) {
    const auto [name, mask] = scenario::ParseHostAndMask(text);
    const host::Host host = hosts.Find(name);
    hosts_.push_back({text, PlaceOf(host, mask.value ? mask : host.mask)});
  }
  for (const std::string& name : question_.runtimes) {
    runtimes_.push_back({name, BuildOf(name)});
    runtimes_.back().build.trust = question_.trust;
  }
  for (const std::string& text : question_.strategies) {
    strategies_.push_back(portability::ParseStrategy(text));
  }
}

std::vector<Forecast> Checker::Ask(const checkpoint::DeviceMap& map) const {
  std::vector<Forecast> forecasts;
  for (const RuntimeAsked& runtime : runtimes_) {
    for (const portability::Strategy& strategy : strategies_) {
      for (const HostAsked& host : hosts_) {
        forecasts.push_back({host.text, runtime.family, strategy.Text(),
                             portability::Predict(map, host.place, runtime.build, strategy)});
      }
    }
  }
  return forecasts;
}

// Those that were asked about, each once, or the default.
std::vector<TorchVersion> Checker::PythonVersions() const {
  std::vector<TorchVersion> versions;
  for (const RuntimeAsked& runtime : runtimes_) {
    const bool known =
        std::find(versions.begin(), versions.end(), runtime.build.torch) != versions.end();
    if (runtime.build.python && !known) versions.push_back(runtime.build.torch);
  }
  return versions.empty() ? std::vector{portability::kDefaultTorch} : versions;
}

Checked Checker::Check(const fs::path& file) const {
  Checked checked;
  checked.file = file;
  checked.allowed = policy_.AllowsPath(file);
  try {
    checkpoint::DeviceMap map = checkpoint::ReadDeviceMap(file);
    std::erase_if(map.globals, [this](const checkpoint::PickledGlobal& global) {
      return policy_.AllowsGlobal(global.name);
    });
    checked.map = Summarise(map);
    checked.forecasts = Ask(map);
    checked.findings = FindingsOf(map, SizeOf(file), checked.forecasts, policy_, PythonVersions());
  } catch (const checkpoint::CheckpointError& error) {
    const bool of_part = IsOfPart(error, file);
    checked.problem = of_part ? checkpoint::Problem::kDamaged : error.problem();
    checked.findings.push_back(of_part ? FindingOfPart(error) : FindingOf(error));
  }
  return checked;
}

Checked Checker::Check(const FileAsked& asked) const {
  if (asked.unreadable.empty()) return Check(asked.path);
  Checked checked;
  checked.file = asked.path;
  checked.allowed = policy_.AllowsPath(asked.path) || policy_.AllowsPath(asked.path / "");
  checked.problem = checkpoint::Problem::kUnreadable;
  checked.findings.push_back(FindingOfFolder(asked.unreadable));
  return checked;
}

const Checker& Checkers::Of(const fs::path& file) {
  const Policy& policy = policies_.Of(file);
  auto& checker = by_policy_[&policy];
  if (!checker) checker = std::make_unique<Checker>(asked_, policy, hosts_);
  return *checker;
}

}  // namespace portcullis::suite
