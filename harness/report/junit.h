// Owns: JUnit XML of a run, for the many tools that show it. One test suite a scenario.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/report/spool.h"
#include "harness/report/whole_file.h"
#include "harness/verdict/result.h"

namespace portcullis::report {

// Not as expected is a failure, an error an error, a skip a skip. Results come in any order; suites
// stand in the order of their names, cases in that of their numbers. Every function throws
// CannotRun when the system refuses.
class JUnitFile {
 public:
  JUnitFile(std::filesystem::path file, std::size_t cases);
  void Add(std::size_t number, const verdict::Result& result);
  void Finish();

 private:
  struct Suite {
    std::size_t failures = 0, errors = 0, skipped = 0;
    double seconds = 0;
    std::vector<std::uint32_t> cases;
  };

  WholeFile file_;
  Spool cases_;
  std::map<std::string, Suite> suites_;
};

}  // namespace portcullis::report
