// Owns: what a person sees of `portcullis check`.
#pragma once

#include <string>

#include "harness/report/terminal.h"
#include "harness/suite/findings.h"

namespace portcullis::report {

// One file: a line; under it a grid where several questions were asked, and each finding with its
// remedy.
std::string CheckedText(const suite::Checked& checked, const Style& style);

// A line on a terminal's standard error that says how far a long check is; nothing elsewhere.
class FileProgress {
 public:
  FileProgress(std::size_t total, Style style) : total_(total), style_(style) {}
  // To be called after each file; rewrites the line now and then.
  void Done();
  // Before anything else is printed.
  void Clear();

 private:
  std::size_t total_, done_ = 0;
  Style style_;
  bool shown_ = false;
};

}  // namespace portcullis::report
