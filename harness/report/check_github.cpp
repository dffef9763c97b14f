// check --github: workflow commands that a GitHub Actions job shows beside the files
// (docs.github.com, "Workflow commands for GitHub Actions", "Setting an error message").
#include <fmt/format.h>

#include <string>

#include "harness/report/check_report.h"

namespace portcullis::report {
namespace {

// '%' and line ends would end the command; in a property also ':' and ','.
std::string Escaped(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    escaped += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return escaped;
}

}  // namespace

std::string CheckGithub(const CheckReport& report) {
  std::string text;
  for (const auto& checked : report.checked) {
    if (checked.allowed) continue;
    for (const auto& finding : checked.findings) {
      const std::string title = fmt::format("checkpoint {}", finding.rule->title);
      const std::string message =
          finding.remedy.empty() ? finding.text : finding.text + "\nRemedy: " + finding.remedy;
      text += fmt::format("::{} file={},title={}::{}\n",
                          finding.rule->level == suite::Level::kError ? "error" : "warning",
                          Escaped(checked.file.string(), true), Escaped(title, true),
                          Escaped(message, false));
    }
  }
  return text;
}

}  // namespace portcullis::report
