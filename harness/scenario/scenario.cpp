#include "harness/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/host/fault_text.h"
#include "harness/scenario/rules.h"
#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis::scenario {
namespace {

namespace fs = std::filesystem;

// The axes of one matrix, checked against the known names.
struct Matrix {
  std::vector<std::string> checkpoints, runtimes;
  std::vector<std::pair<std::string, host::Mask>> hosts;
  std::vector<portability::Strategy> strategies;
  std::vector<std::string> faults, damages;  // "" for none
};

void CheckName(const YamlValue& value, const char* what, const std::string& name,
               const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    value.Fail(UnknownName(what, name, known));
  }
}

std::vector<std::string> ReadNames(const YamlValue& list, const char* what,
                                   const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const YamlValue& item : list.Items()) {
    CheckName(item, what, item.Text(), known);
    names.push_back(item.Text());
  }
  return names;
}

std::vector<host::Mask> ReadMasks(const YamlValue& matrix) {
  const auto list = matrix.Find("mask");
  if (!list) return {host::Mask{}};
  std::vector<host::Mask> masks;
  for (const YamlValue& item : list->Items()) {
    const std::string text = item.Text();
    if (text == "unset") {
      masks.push_back({});
    } else {
      masks.push_back({text == "empty" ? "" : text});
    }
  }
  return masks;
}

std::string PathOf(const YamlValue& item, const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) item.Fail(fmt::format("no host file '{}'", file.string()));
  return file.lexically_normal().string();
}

// Hosts are "2xh200" or "2xh200@1"; a `mask` axis goes with those that name none themselves.
std::vector<std::pair<std::string, host::Mask>> ReadHosts(const YamlValue& matrix,
                                                          const KnownNames& known) {
  const auto masks = ReadMasks(matrix);
  std::vector<std::pair<std::string, host::Mask>> hosts;
  for (const YamlValue& item : matrix.Key("host").Items()) {
    auto [name, mask] = ParseHostAndMask(item.Text());
    if (name.ends_with(".yaml")) {
      name = PathOf(item, known.folder / name);
    } else {
      CheckName(item, "host", name, known.hosts);
    }
    if (mask.value) {
      hosts.emplace_back(name, mask);
      continue;
    }
    for (const host::Mask& each : masks) hosts.emplace_back(name, each);
  }
  return hosts;
}

std::vector<portability::Strategy> ReadStrategies(const YamlValue& list) {
  std::vector<portability::Strategy> strategies;
  for (const YamlValue& item : list.Items()) {
    try {
      strategies.push_back(portability::ParseStrategy(item.Text()));
    } catch (const UsageError& error) {
      item.Fail(error.what());
    }
  }
  return strategies;
}

// The words of an axis that may be left out; "none" is a word of every such axis, and becomes "".
template <typename Check>
std::vector<std::string> ReadOptional(const YamlValue& matrix, const char* key, Check check) {
  const auto list = matrix.Find(key);
  if (!list) return {""};
  std::vector<std::string> words;
  for (const YamlValue& item : list->Items()) {
    words.push_back(item.Text() == "none" ? "" : item.Text());
    if (!words.back().empty()) check(item);
  }
  return words;
}

void CheckFault(const YamlValue& item) {
  try {
    static_cast<void>(host::ParseFault(item.Text()));
  } catch (const UsageError& error) {
    item.Fail(error.what());
  }
}

Matrix ReadMatrix(const YamlValue& value, const KnownNames& known) {
  value.OnlyKeys({"checkpoint", "host", "mask", "runtime", "strategy", "damage", "fault"});
  const auto check_damage = [&](const YamlValue& item) {
    CheckName(item, "damage", item.Text(), known.damages);
  };
  return {ReadNames(value.Key("checkpoint"), "checkpoint", known.checkpoints),
          ReadNames(value.Key("runtime"), "runtime", known.runtimes), ReadHosts(value, known),
          ReadStrategies(value.Key("strategy")), ReadOptional(value, "fault", CheckFault),
          ReadOptional(value, "damage", check_damage)};
}

void ExpandFaults(const Matrix& matrix, Case c, std::vector<Case>& cases) {
  for (const auto& damage : matrix.damages) {
    for (const auto& fault : matrix.faults) {
      c.damage = damage;
      c.fault = fault;
      c.id = CaseId(c);
      cases.push_back(c);
    }
  }
}

void Expand(const Matrix& matrix, const Case& common, const KnownNames& known,
            std::vector<Case>& cases) {
  for (const auto& checkpoint : matrix.checkpoints) {
    for (const auto& [host, mask] : matrix.hosts) {
      for (const auto& runtime : matrix.runtimes) {
        for (const auto& strategy : matrix.strategies) {
          Case c = common;
          c.checkpoint = checkpoint;
          c.host = host;
          c.mask = mask;
          c.runtime = runtime;
          const auto version = known.versions.find(runtime);
          if (version != known.versions.end()) c.torch = version->second;
          c.strategy = strategy;
          ExpandFaults(matrix, c, cases);
        }
      }
    }
  }
}

// Gives every case the first rule that fits it. A rule for other versions of PyTorch than those of
// this run meets its cases too, only not now.
void Expect(const YamlValue& root, const std::vector<Rule>& rules, std::vector<Case>& cases) {
  std::set<const Rule*> used;
  for (Case& c : cases) {
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.Fits(c); });
    if (rule == rules.end()) {
      root.Key("expect").Fail(fmt::format("no rule fits the case {}", c.id));
    }
    used.insert(&*rule);
    for (const Rule& other : rules) {
      if (!other.torch_text.empty() && other.FitsOfAnyVersion(c)) used.insert(&other);
    }
    c.expectation = rule->expectation;
  }
  for (const Rule& rule : rules) {
    if (!used.contains(&rule)) {
      throw UsageError(rule.expectation.where + ": this rule fits no case of the matrix");
    }
  }
}

void RefuseDoubles(const YamlValue& root, const std::vector<Case>& cases) {
  std::set<std::string> ids;
  for (const Case& c : cases) {
    if (!ids.insert(c.id).second) {
      root.Key("matrix").Fail(fmt::format("the case {} stands twice", c.id));
    }
  }
}

}  // namespace

std::vector<Case> ReadScenario(const YamlValue& root, const std::string& name,
                               const KnownNames& known) {
  root.OnlyKeys({"claim", "why", "matrix", "expect"});
  Case common;
  common.scenario = name;
  common.why = root.Key("why").Text();
  if (const auto claim = root.Find("claim")) common.claim = claim->Text();
  std::vector<Case> cases;
  for (const YamlValue& matrix : root.Key("matrix").Items()) {
    Expand(ReadMatrix(matrix, known), common, known, cases);
  }
  RefuseDoubles(root, cases);
  Expect(root, ReadRules(root.Key("expect")), cases);
  return cases;
}

std::vector<Case> ReadScenario(const fs::path& file, const KnownNames& known) {
  KnownNames beside = known;
  beside.folder = file.parent_path();
  return ReadScenario(YamlValue::Load(file), file.stem().string(), beside);
}

std::vector<fs::path> FindScenarios(const fs::path& where) {
  std::error_code error;
  if (!fs::exists(where, error)) {
    throw UsageError(fmt::format("no scenario file or folder '{}'{}", where.string(),
                                 error ? ": " + error.message() : ""));
  }
  if (!fs::is_directory(where)) return {where};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(where)) {
    if (entry.path().extension() == ".yaml" && entry.path().filename() != "claims.yaml") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace portcullis::scenario
