// Owns: portcullis list.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <memory>

#include "harness/report/terminal.h"
#include "src/base/names.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"
#include "src/portability/error_catalog.h"
#include "src/portability/strategy.h"

namespace portcullis::cli {
namespace {

// Rows of two columns that line up; the second is wrapped to the terminal.
void PrintRows(const std::vector<std::pair<std::string, std::string>>& rows) {
  const report::Style style(stdout);
  std::size_t first = 0;
  for (const auto& row : rows) first = std::max(first, report::Columns(row.first));
  const std::size_t rest = std::max<std::size_t>(style.width(), first + 22) - first - 2;
  for (const auto& [name, text] : rows) {
    std::string left = style.Bold(name) + std::string(first + 2 - report::Columns(name), ' ');
    for (const std::string& line : report::Wrap(text, rest)) {
      fmt::print("{}{}\n", left, line);
      left = std::string(first + 2, ' ');
    }
  }
}

void ListScenarios(const World& world, const std::vector<std::string>& where) {
  std::vector<std::pair<std::string, std::string>> rows;
  std::map<std::string, int> counts;
  for (const auto& c : world.Cases(where)) {
    if (counts[c.scenario]++ == 0) rows.emplace_back(c.scenario, c.why);
  }
  for (auto& [name, why] : rows) why = fmt::format("{} cases. {}", counts[name], why);
  PrintRows(rows);
}

void ListCases(const World& world, const std::vector<std::string>& where) {
  for (const auto& c : world.Cases(where)) fmt::print("{}\n", c.id);
}

void ListHosts(const World& world) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string& name : world.hosts.Names()) {
    rows.emplace_back(name, world.hosts.Find(name).about);
  }
  PrintRows(rows);
}

void ListRuntimes(const World& world) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& runtime : world.runtimes) {
    const std::string build = runtime.cuda == 0 ? "CPU only" : fmt::format("CUDA {}", runtime.cuda);
    rows.emplace_back(runtime.id, fmt::format("PyTorch {}, {}{}", runtime.version, build,
                                              runtime.is_default ? ", the default" : ""));
  }
  PrintRows(rows);
}

void ListCheckpoints(const World& world) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& recipe : world.catalog.recipes()) {
    rows.emplace_back(recipe.name, fmt::format("{}, saved from {}. {}", recipe.format,
                                               fmt::join(recipe.from, " and "), recipe.proves));
  }
  PrintRows(rows);
}

void ListDamages(const World& world) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& row : world.damages.rows()) {
    rows.emplace_back(row.name, row.format.empty() ? row.what : row.what + " (" + row.format + ")");
  }
  PrintRows(rows);
}

void ListStrategies(const World&) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& row : portability::StrategyTable()) {
    rows.emplace_back(row.example, std::string(row.summary));
  }
  PrintRows(rows);
}

void ListUses(const World&) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& row : portability::UseTable()) {
    rows.emplace_back(row.example, std::string(row.summary));
  }
  PrintRows(rows);
}

void ListErrors(const World&) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& error : portability::ErrorCatalog()) {
    rows.emplace_back(error.id, fmt::format("{}: “{}{}{}”", error.means, error.first,
                                            error.then.empty() ? "" : " … ", error.then));
  }
  PrintRows(rows);
}

using Files = std::vector<std::string>;

// Of everything but scenarios and their cases there is one list.
template <void (*kPrint)(const World&)>
void WithoutFiles(const World& world, const Files& files) {
  if (!files.empty()) throw UsageError("only scenarios and cases can be listed of files");
  kPrint(world);
}

struct Listing {
  const char* name;
  void (*print)(const World&, const Files&);
};
constexpr std::array kListings{Listing{"scenarios", ListScenarios},
                               Listing{"cases", ListCases},
                               Listing{"hosts", WithoutFiles<ListHosts>},
                               Listing{"runtimes", WithoutFiles<ListRuntimes>},
                               Listing{"checkpoints", WithoutFiles<ListCheckpoints>},
                               Listing{"damages", WithoutFiles<ListDamages>},
                               Listing{"strategies", WithoutFiles<ListStrategies>},
                               Listing{"uses", WithoutFiles<ListUses>},
                               Listing{"errors", WithoutFiles<ListErrors>}};

ExitCode List(const std::string& what, const Files& files) {
  std::vector<std::string> known;
  for (const Listing& listing : kListings) {
    if (what == listing.name) {
      listing.print(World(), files);
      return ExitCode::kAsExpected;
    }
    known.emplace_back(listing.name);
  }
  throw UsageError(UnknownName("thing to list", what, known));
}

}  // namespace

Action DeclareList(CLI::App& command) {
  auto what = std::make_shared<std::string>("scenarios");
  command
      .add_option("what", *what,
                  "scenarios, cases, hosts, runtimes, checkpoints, damages, strategies or errors")
      ->capture_default_str();
  auto files = std::make_shared<Files>();
  command.add_option("file", *files,
                     "with scenarios or cases: of these scenario files or folders (default: all)");
  return [what, files] { return List(*what, *files); };
}

}  // namespace portcullis::cli
