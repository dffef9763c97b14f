// Owns: what a person is told of a run's findings: what differs, and the command that runs the case
// again; and of what was skipped.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "harness/report/terminal.h"
#include "harness/verdict/result.h"

namespace portcullis::report {

// Results come in any order; of the findings, the twenty first by number are told.
class Findings {
 public:
  // `again` is the command that runs one case again.
  Findings(std::function<std::string(const verdict::Result&)> again, Style style)
      : again_(std::move(again)), style_(style) {}
  void Add(std::size_t number, const verdict::Result& result);
  std::string Text() const;

 private:
  std::string Finding(const verdict::Result& result) const;

  std::function<std::string(const verdict::Result&)> again_;
  Style style_;
  std::map<std::size_t, std::string> first_;  // findings by number
  std::size_t found_ = 0;
  std::map<std::string, int> skipped_;  // by reason
};

}  // namespace portcullis::report
