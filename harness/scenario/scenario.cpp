#include "harness/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

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
          ReadNames(value.Key("runtime"), "runtime", known.runtimes),
          ReadHosts(value, known),
          ReadStrategies(value.Key("strategy")),
          ReadOptional(value, "fault", CheckFault),
          ReadOptional(value, "damage", check_damage)};
}

template <typename Take>
void ExpandFaults(const Matrix& matrix, Case c, const Take& take) {
  for (const auto& damage : matrix.damages) {
    for (const auto& fault : matrix.faults) {
      c.damage = damage;
      c.fault = fault;
      c.id = CaseId(c);
      take(c);
    }
  }
}

// Calls `take` with every case of a matrix.
template <typename Take>
void Expand(const Matrix& matrix, const Case& common, const KnownNames& known, Take take) {
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
          ExpandFaults(matrix, c, take);
        }
      }
    }
  }
}

// True for `expect: as predicted`, which leaves every outcome to the rules of src/portability.
bool IsAsPredicted(const YamlValue& expect) {
  if (!expect.IsScalar()) return false;
  if (expect.Text() != "as predicted") expect.Fail(expect.Found(), "rules, or 'as predicted'");
  return true;
}

// Where people met what a scenario is about. A link is for readers; nothing opens it.
void CheckReports(const YamlValue& reports) {
  for (const YamlValue& link : reports.Items()) {
    if (!link.Text().starts_with("https://")) link.Fail(link.Found(), "a link to a public report");
  }
}

// Gives cases the first rule that fits them. A rule for other versions of PyTorch than those of
// this run meets its cases too, only not now; and so does the one that such a rule goes before.
class Expecter {
 public:
  explicit Expecter(const YamlValue& list) : list_(list), rules_(ReadRules(list)) {}

  void Expect(Case& c) {
    const auto rule =
        std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return r.Fits(c); });
    if (rule == rules_.end()) list_.Fail(fmt::format("no rule fits the case {}", c.id));
    used_.insert(&*rule);
    for (const Rule& other : rules_) {
      if (!other.FitsOfAnyVersion(c)) continue;
      used_.insert(&other);
      if (other.torch_text.empty()) break;
    }
    c.expectation = rule->expectation;
  }

  void RefuseUnused() const {
    for (const Rule& rule : rules_) {
      if (used_.contains(&rule)) continue;
      throw UsageError(rule.expectation.where + ": this rule fits no case of the matrix");
    }
  }

 private:
  const YamlValue list_;
  const std::vector<Rule> rules_;
  std::set<const Rule*> used_;
};

// Finds ids that a list has already, by their hashes: the ids themselves would take ten times the
// memory.
class Doubles {
 public:
  Doubles(const YamlValue& matrix, const CaseList& cases)
      : matrix_(matrix), cases_(cases), of_other_files_(cases.size()) {
    for (const Case& c : cases) hashes_.insert(std::hash<std::string>()(c.id));
  }

  // Throws if a case of the list has this id.
  void Refuse(const std::string& id) {
    if (hashes_.insert(std::hash<std::string>()(id)).second) return;
    const auto there = cases_.Find(id);
    if (!there) return;  // another id with the same hash
    matrix_.Fail(fmt::format("the case {} stands {}", id,
                             *there < of_other_files_ ? "in another file too" : "twice"));
  }

 private:
  const YamlValue matrix_;
  const CaseList& cases_;
  const std::size_t of_other_files_;
  std::unordered_set<std::size_t> hashes_;
};

}  // namespace

void ReadScenario(const YamlValue& root, const std::string& name, const KnownNames& known,
                  CaseList& cases) {
  root.OnlyKeys({"claim", "why", "reports", "matrix", "expect"});
  if (const auto reports = root.Find("reports")) CheckReports(*reports);
  Case common;
  common.scenario = name;
  common.why = root.Key("why").Text();
  if (const auto claim = root.Find("claim")) common.claim = claim->Text();
  const YamlValue expect = root.Key("expect");
  std::optional<Expecter> expecter;
  if (!IsAsPredicted(expect)) expecter.emplace(expect);
  Doubles doubles(root.Key("matrix"), cases);
  for (const YamlValue& matrix : root.Key("matrix").Items()) {
    Expand(ReadMatrix(matrix, known), common, known, [&](Case c) {
      doubles.Refuse(c.id);
      if (expecter) expecter->Expect(c);
      cases.Add(c);
    });
  }
  if (expecter) expecter->RefuseUnused();
}

void ReadScenario(const fs::path& file, const KnownNames& known, CaseList& cases) {
  KnownNames beside = known;
  beside.folder = file.parent_path();
  ReadScenario(YamlValue::Load(file), file.stem().string(), beside, cases);
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
