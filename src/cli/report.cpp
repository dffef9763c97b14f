// Owns: portcullis report.
#include <fmt/format.h>

#include <memory>

#include "harness/report/compare.h"
#include "harness/report/run_html.h"
#include "harness/report/run_markdown.h"
#include "harness/report/whole_file.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string results, html, markdown, compare;
};

ExitCode Report(const Options& options) {
  const auto run = report::ReadResults(options.results);
  std::optional<std::vector<report::Changed>> changes;
  if (!options.compare.empty()) {
    changes = report::Compare(report::ReadResults(options.compare), run);
  }
  if (!options.html.empty()) report::WriteWholeFile(options.html, report::RunHtml(run, changes));
  const std::string markdown = report::RunMarkdown(run, changes);
  if (options.markdown.empty() ? options.html.empty() : options.markdown == "-") {
    fmt::print("{}", markdown);
  } else if (!options.markdown.empty()) {
    report::WriteWholeFile(options.markdown, markdown);
  }
  const bool worse = changes && report::AnyNewlyFailing(*changes);
  return worse ? ExitCode::kFinding : ExitCode::kAsExpected;
}

}  // namespace

Action DeclareReport(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("results", options->results, "of portcullis run --json")->required();
  command.add_option("--html", options->html, "write one self-contained page");
  command.add_option("--markdown", options->markdown,
                     "write Markdown that fits a comment on a pull request; - prints it");
  command.add_option("--compare", options->compare,
                     "results of an earlier run: say what changed, and exit with 1 if a case is "
                     "newly failing");
  return [options] { return Report(*options); };
}

}  // namespace portcullis::cli
