// Owns: portcullis docs.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "harness/pages/kept.h"
#include "harness/pages/pages.h"
#include "harness/pages/site.h"
#include "harness/report/whole_file.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string keep, results, recordings, output;
  bool check = false;
};

std::string ReadWhole(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw UsageError(SystemError("cannot read " + file.string()));
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// With --check: whether the kept results are what this run gives. Versions that it did not run are
// left alone.
std::vector<std::string> Keep(const Options& options, const fs::path& folder) {
  std::vector<std::string> differences;
  for (const auto& file : pages::KeptFiles(report::ReadResults(options.keep))) {
    std::error_code ignored;
    if (!options.check) {
      fs::create_directories(folder, ignored);
      report::WriteWholeFile(folder / file.name, file.text);
    } else if (!fs::exists(folder / file.name, ignored) ||
               ReadWhole(folder / file.name) != file.text) {
      differences.push_back(
          fmt::format("{} is not what the run gives", (folder / file.name).string()));
    }
  }
  return differences;
}

ExitCode Docs(const Options& options) {
  const World world;
  const fs::path root = world.installation.scenarios.parent_path();
  const fs::path results =
      options.results.empty() ? root / "fixtures/golden/results" : fs::path(options.results);
  const fs::path output =
      options.output.empty() ? root / "docs/reference" : fs::path(options.output);
  std::vector<std::string> differences;
  if (!options.keep.empty()) differences = Keep(options, results);
  const auto cases = world.Cases({});
  auto reference = pages::ReadReference(
      results, {cases.begin(), cases.end()},
      verdict::ReadClaims(world.installation.scenarios / "claims/claims.yaml"));
  reference.recordings =
      pages::Recordings(options.recordings.empty() ? root / "fixtures/golden/hardware"
                                                   : fs::path(options.recordings));
  const auto files = pages::Site(reference, world.hosts);
  const fs::path readme = root / "README.md";
  const std::string front = ReadWhole(readme);
  const std::string new_front =
      pages::BetweenMarkers(front, "claims", pages::ClaimsTable(reference, "docs/reference/"));
  if (!options.check) {
    pages::WriteSite(files, output);
    if (options.output.empty()) report::WriteWholeFile(readme, new_front);
    fmt::print("{} pages in {}\n", files.size(), output.string());
    return ExitCode::kAsExpected;
  }
  for (auto& difference : pages::Differences(files, output)) {
    differences.push_back(std::move(difference));
  }
  if (front != new_front) differences.emplace_back("the table of claims in README.md is another");
  for (const auto& difference : differences) fmt::print("{}\n", difference);
  if (differences.empty()) return ExitCode::kAsExpected;
  fmt::print("generate them again: portcullis docs\n");
  return ExitCode::kFinding;
}

}  // namespace

Action DeclareDocs(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("--keep", options->keep,
                     "results of portcullis run --json to keep first, as they are committed");
  command.add_option("--results", options->results,
                     "folder of kept results (default: fixtures/golden/results)");
  command.add_option("--recordings", options->recordings,
                     "folder of recordings of real GPUs (default: fixtures/golden/hardware)");
  command.add_option("-o,--output", options->output,
                     "folder of the pages (default: docs/reference, and the table in README.md)");
  command.add_flag("--check", options->check,
                   "write nothing; exit with 1 if results or pages are not what they should be");
  return [options] { return Docs(*options); };
}

}  // namespace portcullis::cli
