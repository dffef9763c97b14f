// Owns: portcullis repro.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>

#include "harness/report/read_results.h"
#include "harness/report/whole_file.h"
#include "harness/repro/case_of_run.h"
#include "harness/repro/emit.h"
#include "harness/repro/emit_case.h"
#include "harness/repro/recognise.h"
#include "harness/repro/tell.h"
#include "src/checkpoint/read.h"
#include "src/cli/one_case.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string text, from, case_id, emit, folder;
};

std::string ReadAll(std::istream& stream) {
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

verdict::Result ResultOf(const Options& options) {
  if (!options.text.empty()) throw UsageError("say either an error text or --case, not both");
  if (!options.from.empty()) {
    return repro::CaseOfRun(report::ReadResults(options.from), options.case_id);
  }
  const World world;
  return RunOne(world, FindCase(world, {}, options.case_id, "the id of a case nor a part of one"));
}

// What was pasted, or the log it stands in.
std::string TextOf(const Options& options) {
  if (options.text.empty() == options.from.empty()) {
    throw UsageError(
        "say what to look at, one of: portcullis repro 'the error text', --from log.txt, or - for "
        "standard input");
  }
  if (options.text == "-" || options.from == "-") return ReadAll(std::cin);
  if (options.from.empty()) return options.text;
  std::ifstream stream(options.from, std::ios::binary);
  if (!stream || fs::is_directory(options.from)) {
    throw UsageError(SystemError("cannot read " + options.from));
  }
  return ReadAll(stream);
}

// An error class by its id, or the one that the text ends in.
repro::Recognised Find(const Options& options, const std::optional<verdict::Result>& of_case) {
  if (const auto* error = portability::FindErrorClass(options.text)) {
    return {error, nullptr, std::string(error->first), {}, {}};
  }
  const auto found = repro::Recognise(of_case ? of_case->observation.error_whole : TextOf(options));
  if (found) return *found;
  if (of_case) {
    throw Error(ExitCode::kFinding, fmt::format("{} has no known error: {}", of_case->c.id,
                                                of_case->observation.Text()));
  }
  throw Error(
      ExitCode::kFinding,
      "no known error in that text. Paste the last lines of the traceback; 'portcullis list "
      "errors' shows what is known");
}

// Of a checkpoint that Portcullis makes, as its recipe says; of any other, as its tags say.
repro::CaseSubject SubjectOf(const verdict::Result& result) {
  const checkpoints::Catalog catalog(suite::FindInstallation().checkpoints);
  const std::string& name = result.c.checkpoint;
  if (name.empty()) {
    throw UsageError(fmt::format(
        "these results do not say which checkpoint {} loads, as those do that 'portcullis run "
        "--json' writes; without --from the case is run now",
        result.c.id));
  }
  const auto names = catalog.Names();
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    const auto& recipe = catalog.Find(name);
    return {recipe.function, recipe.format, recipe.from, recipe.trust};
  }
  const auto map = checkpoint::ReadDeviceMap(name);
  std::set<std::string> tags;
  for (const auto& storage : map.storages) tags.insert(storage.device);
  if (tags.empty()) tags.insert("cpu");
  return {"", checkpoint::FormatName(map.format), {tags.begin(), tags.end()}, false};
}

void WriteFiles(const std::vector<repro::EmittedFile>& files, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw CannotRun(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
  for (const auto& file : files) {
    report::WriteWholeFile(folder / file.name, file.text);
    if (file.executable) {
      fs::permissions(folder / file.name, fs::perms::owner_exec, fs::perm_options::add, error);
    }
    fmt::print("{}\n", (folder / file.name).string());
  }
}

void Print(const std::vector<repro::EmittedFile>& files) {
  const char* gap = "";
  for (const auto& file : files) {
    fmt::print("{}==> {} <==\n{}", gap, file.name, file.text);
    gap = "\n";
  }
}

ExitCode Repro(const Options& options) {
  if (!options.folder.empty() && options.emit.empty()) {
    throw UsageError("-o is for --emit; say --emit py, cpp or sh");
  }
  std::optional<verdict::Result> of_case;
  if (!options.case_id.empty()) of_case = ResultOf(options);
  const report::Style style(stdout);
  const bool told = of_case && options.emit.empty();
  if (told) fmt::print("{}", repro::TellCase(*of_case, style));
  if (told && of_case->observation.outcome == verdict::Outcome::kLoaded) {
    fmt::print("  It loads; there is no error to reproduce.\n");
    return ExitCode::kAsExpected;
  }
  if (told) fmt::print("\n");
  const auto found = Find(options, of_case);
  const auto& guide = repro::GuideTo(found.error->id);
  if (!options.emit.empty()) {
    const auto form = repro::ParseForm(options.emit);
    const auto files = of_case ? repro::EmitCase(*of_case, SubjectOf(*of_case), guide.error, form)
                               : repro::Emit(guide, form);
    options.folder.empty() ? Print(files) : WriteFiles(files, options.folder);
    return ExitCode::kAsExpected;
  }
  const host::HostLibrary hosts(suite::FindInstallation().hosts);
  const std::string gpu = repro::ValueOf(found.facts, "GPU asked for");
  const std::string tag = repro::ValueOf(found.facts, "tag");
  const std::string asked = !tag.empty() ? tag : "cuda:" + (gpu.empty() ? "0" : gpu);
  fmt::print("{}",
             repro::Tell(found, guide, repro::WhoGives(found.error->id, asked, hosts), style));
  return ExitCode::kAsExpected;
}

}  // namespace

Action DeclareRepro(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("text", options->text,
                     "the error as pasted, the name of an error class, or - for standard input");
  command.add_option("--from", options->from,
                     "a log or traceback to find the error in; with --case, results of a run");
  command.add_option(
      "--case", options->case_id,
      "a case by its id, or a part that no other has: run now, or as --from tells it");
  command.add_option("--emit", options->emit,
                     "write a program that fails that way, and one that does not: py, cpp or sh");
  command.add_option("-o,--output", options->folder, "the folder to write them to");
  return [options] { return Repro(*options); };
}

}  // namespace portcullis::cli
