#include "harness/report/check_report.h"

#include <fmt/format.h>

#include <array>

namespace portcullis::report {
namespace {

constexpr std::array kFormats{
    CheckFormat{"json", "one JSON document: files, forecasts, findings, totals", CheckJson},
    CheckFormat{"junit", "JUnit XML, one test case a question", CheckJUnit},
    CheckFormat{"sarif", "SARIF 2.1.0, for code scanning", CheckSarif},
    CheckFormat{"github", "annotations of a GitHub Actions job (to '-')", CheckGithub},
    CheckFormat{"markdown", "a summary that fits a comment on a pull request", CheckMarkdown},
};

}  // namespace

std::span<const CheckFormat> CheckFormats() { return kFormats; }

void CheckTotals::Add(const suite::Checked& checked) {
  ++(checked.allowed ? allowed : checked.Passes() ? pass : fail);
  if (checked.allowed) return;
  for (const suite::Finding& finding : checked.findings) {
    warnings += finding.rule->level == suite::Level::kWarning ? 1 : 0;
  }
}

std::string CheckSummary(const CheckTotals& totals) {
  const auto some = [](std::size_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
  };
  std::string text =
      fmt::format("{}: {}, {}", some(totals.All(), "checkpoint", "checkpoints"),
                  some(totals.pass, "passes", "pass"), some(totals.fail, "does not", "do not"));
  if (totals.allowed > 0) text += fmt::format(", {} allowed by the policy", totals.allowed);
  if (totals.warnings > 0) text += "; " + some(totals.warnings, "warning", "warnings");
  if (totals.others > 0) {
    text += "; " + some(totals.others, "file is no checkpoint", "files are no checkpoints");
  }
  return text;
}

}  // namespace portcullis::report
