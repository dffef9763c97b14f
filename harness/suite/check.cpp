#include "harness/suite/check.h"

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

// The families of runtimes as the rules see them, of the default version (PyTorch 2.11, CUDA 13).
struct Family {
  const char* name;
  portability::Build build;
};
constexpr std::array kFamilies{Family{"python", {true, 13, false}},
                               Family{"cpp", {false, 13, false}},
                               Family{"cpp-cpu", {false, 0, false}}};

portability::Build BuildOf(const std::string& name) {
  std::vector<std::string> known;
  for (const Family& family : kFamilies) {
    if (name == family.name) return family.build;
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
          FirstGiven(asked.strategies, policy.strategies, "as-saved"), asked.trust || policy.trust};
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

Checked Checker::Check(const fs::path& file) const {
  Checked checked;
  checked.file = file;
  checked.allowed = policy_.AllowsPath(file);
  try {
    checkpoint::DeviceMap map = checkpoint::ReadDeviceMap(file);
    std::erase_if(map.globals,
                  [this](const std::string& global) { return policy_.AllowsGlobal(global); });
    checked.map = Summarise(map);
    checked.forecasts = Ask(map);
    checked.findings = FindingsOf(map, SizeOf(file), checked.forecasts, policy_);
  } catch (const checkpoint::CheckpointError& error) {
    checked.problem = error.problem();
    checked.findings.push_back(FindingOf(error));
  }
  return checked;
}

const Checker& Checkers::Of(const fs::path& file) {
  const Policy& policy = policies_.Of(file);
  auto& checker = by_policy_[&policy];
  if (!checker) checker = std::make_unique<Checker>(asked_, policy, hosts_);
  return *checker;
}

}  // namespace portcullis::suite
