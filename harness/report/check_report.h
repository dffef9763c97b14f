// Owns: the reports of `portcullis check` for other programs, as one table. To add one: one file
// with a function, one row in check_report.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite/findings.h"

namespace portcullis::report {

struct CheckTotals {
  std::size_t pass = 0, fail = 0, allowed = 0;  // checkpoints
  std::size_t warnings = 0;                     // findings that do not count
  std::size_t others = 0;                       // files in folders that are no checkpoints
  std::size_t All() const { return pass + fail + allowed; }
  void Add(const suite::Checked& checked);
};

struct CheckReport {
  std::string version;  // of Portcullis
  std::vector<suite::Checked> checked;
  CheckTotals totals;
};

struct CheckFormat {
  std::string_view name;                     // "sarif", also of the option
  std::string_view about;                    // for --help
  std::string (*write)(const CheckReport&);  // the whole document
};
std::span<const CheckFormat> CheckFormats();

// "120 checkpoints: 117 pass, 3 do not; 4 warnings; 12 files are no checkpoints"
std::string CheckSummary(const CheckTotals& totals);

std::string CheckJson(const CheckReport& report);
std::string CheckJUnit(const CheckReport& report);
std::string CheckSarif(const CheckReport& report);
std::string CheckGithub(const CheckReport& report);
std::string CheckMarkdown(const CheckReport& report);

}  // namespace portcullis::report
