#include "harness/pages/matrix.h"

#include <algorithm>
#include <array>

#include "harness/pages/names.h"
#include "src/portability/error_catalog.h"

namespace portcullis::pages {
namespace {

using verdict::Result;

constexpr std::string_view kScenario = "matrix";
constexpr std::array kFamilies{"python", "cpp", "cpp-cpu"};

struct Labelled {
  const char* checkpoint;
  const char* label;
};
constexpr std::array kCheckpoints{
    Labelled{"state-dict-cuda0", "zip (torch.save since 1.6), saved from cuda:0"},
    Labelled{"state-dict-cuda1", "zip, saved from cuda:1"},
    Labelled{"legacy-cuda0", "legacy (torch.save before 1.6), saved from cuda:0"},
    Labelled{"script-cuda0", "TorchScript, saved from cuda:0"},
    Labelled{"archive-cuda0", "C++ archive (torch::save of a module), saved from cuda:0"},
    Labelled{"tensor-dict-cuda0", "zip of a plain dict (torch::pickle_load), saved from cuda:0"},
    Labelled{"state-dict-cpu", "zip, saved from the CPU"}};
// From nothing to everything.
constexpr std::array kHosts{"no-driver", "old-driver", "2xh200@empty", "1xh200", "2xh200"};

std::string HostOf(const Result& result) {
  return scenario::HostAndMask(result.c.host, result.c.mask);
}

// A name's place in a list; unknown ones come last.
template <typename List, typename NameOf>
std::size_t PlaceIn(const List& list, const std::string& name, NameOf name_of) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const auto& item) { return name == name_of(item); });
  return static_cast<std::size_t>(found - list.begin());
}

std::size_t HostPlace(const std::string& host) {
  return PlaceIn(kHosts, host, [](const char* name) { return name; });
}

std::tuple<std::size_t, std::size_t, std::string> TableKey(const Result& result) {
  return {PlaceIn(kFamilies, FamilyOf(result.runtime_id), [](const char* name) { return name; }),
          PlaceIn(kCheckpoints, result.c.checkpoint,
                  [](const Labelled& row) { return row.checkpoint; }),
          result.c.checkpoint};
}

// Ways of loading in the order of the strategy table, then by argument.
bool Before(const portability::Strategy& a, const portability::Strategy& b) {
  return std::tie(a.kind, a.argument) < std::tie(b.kind, b.argument);
}

// One result of each case that any version ran, in the order of the tables.
std::vector<const Result*> OneOfEach(const Reference& reference) {
  std::map<std::string, const Result*> cases;
  for (const auto& [version, results] : reference.results) {
    for (const Result& result : results) {
      if (result.c.scenario == kScenario) cases.emplace(result.c.id, &result);
    }
  }
  std::vector<const Result*> ordered;
  ordered.reserve(cases.size());
  for (const auto& [id, result] : cases) ordered.push_back(result);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Result* a, const Result* b) {
    const auto key_a = TableKey(*a);
    const auto key_b = TableKey(*b);
    if (key_a != key_b) return key_a < key_b;
    if (a->c.strategy != b->c.strategy) return Before(a->c.strategy, b->c.strategy);
    return HostPlace(HostOf(*a)) < HostPlace(HostOf(*b));
  });
  return ordered;
}

void AddHost(Table& table, const std::string& host) {
  if (std::find(table.hosts.begin(), table.hosts.end(), host) != table.hosts.end()) return;
  table.hosts.insert(
      std::find_if(table.hosts.begin(), table.hosts.end(),
                   [&](const std::string& known) { return HostPlace(known) > HostPlace(host); }),
      host);
}

// Puts every row's cells under the table's hosts.
void LineUp(Table& table) {
  for (Row& row : table.rows) {
    std::vector<Cell> cells;
    for (const std::string& host : table.hosts) {
      const auto found = std::find_if(row.cells.begin(), row.cells.end(),
                                      [&](const Cell& cell) { return cell.host == host; });
      cells.push_back(found == row.cells.end() ? Cell{host, {}} : *found);
    }
    row.cells = std::move(cells);
  }
}

}  // namespace

bool Alike(const Result& a, const Result& b) {
  return Word(a) == Word(b) && a.observation.phase == b.observation.phase;
}

bool Cell::Differs() const {
  const Result* first = nullptr;
  for (const Result* result : results) {
    if (result == nullptr) continue;
    if (first == nullptr) first = result;
    if (!Alike(*result, *first)) return true;
  }
  return false;
}

OnHardware Cell::OnHardwareIn(const Recordings& recordings) const {
  OnHardware worst = OnHardware::kNotRun;
  for (const Result* result : results) {
    if (result != nullptr) worst = std::max(worst, recordings.Of(*result));
  }
  return worst;
}

std::vector<Agreed> ByResult(const Cell& cell, const std::vector<std::string>& versions) {
  std::vector<Agreed> groups;
  for (std::size_t i = 0; i < cell.results.size(); ++i) {
    const Result* result = cell.results[i];
    if (result == nullptr) continue;
    const auto known = std::find_if(groups.begin(), groups.end(), [&](const Agreed& group) {
      return Alike(*group.result, *result);
    });
    if (known == groups.end()) {
      groups.push_back({versions[i], result});
    } else {
      known->versions += ", " + versions[i];
    }
  }
  return groups;
}

std::vector<Table> Tables(const Reference& reference) {
  std::vector<Table> tables;
  for (const Result* result : OneOfEach(reference)) {
    const std::string family = FamilyOf(result->runtime_id);
    const bool same = !tables.empty() && tables.back().family == family &&
                      tables.back().checkpoint == result->c.checkpoint;
    if (!same) tables.push_back({family, result->c.checkpoint, {}, {}});
    Table& table = tables.back();
    if (table.rows.empty() || table.rows.back().strategy != result->c.strategy) {
      table.rows.push_back({result->c.strategy, {}});
    }
    AddHost(table, HostOf(*result));
    table.rows.back().cells.push_back({HostOf(*result), reference.InEveryVersion(result->c.id)});
  }
  for (Table& table : tables) LineUp(table);
  return tables;
}

std::string Word(const Result& result) {
  if (result.observation.outcome == verdict::Outcome::kLoaded) return "loads";
  const auto* error = portability::ClassifyError(result.observation.error_short);
  return error == nullptr ? verdict::OutcomeName(result.observation.outcome)
                          : std::string(error->id);
}

const char* Sign(const Result& result) {
  return result.observation.outcome == verdict::Outcome::kLoaded ? "✓" : "✗";
}

std::string CheckpointLabel(const std::string& checkpoint) {
  for (const Labelled& row : kCheckpoints) {
    if (checkpoint == row.checkpoint) return row.label;
  }
  return checkpoint;
}

}  // namespace portcullis::pages
