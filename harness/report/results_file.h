// Owns: results.ndjson: one header, a line for each case, one footer. Without the footer it is
// not a report. The schema is results.schema.json beside this file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/report/spool.h"
#include "harness/report/whole_file.h"
#include "harness/suite/shard.h"
#include "harness/verdict/result.h"

namespace portcullis::report {

inline constexpr int kResultsSchema = 1;

// What a run was, for the header.
struct RunFacts {
  std::string version;                   // of Portcullis
  std::string started;                   // UTC, ISO 8601
  std::vector<std::string> arguments;    // of the command line
  std::vector<std::string> runtimes;     // ids that took part
  std::size_t cases = 0;                 // planned
  std::size_t list_cases = 0;            // of the list that `shard` is a part of
  std::string list_sha256;               // suite::DigestOf() it
  suite::Shard shard;                    // 1/1: the whole list
  int repeat = 1;                        // runs of each case
  std::optional<std::uint64_t> shuffle;  // seed of the order of running
};

// How many of each verdict.
struct Totals {
  std::size_t as_expected = 0, not_as_expected = 0, errors = 0, skipped = 0;
  void Add(verdict::Verdict verdict);
  std::size_t All() const { return as_expected + not_as_expected + errors + skipped; }
};

nlohmann::json ToJson(const verdict::Result& result);
nlohmann::json FooterJson(const Totals& totals, bool complete);

// Results come in any order and stand in that of their numbers; one that comes too early waits on
// disk. Every function throws CannotRun when the operating system refuses (a full disk); the half
// file is then removed.
class ResultsFile {
 public:
  ResultsFile(std::filesystem::path file, const RunFacts& facts);
  // `number` is the case's place among the facts' cases; each comes once.
  void Add(std::size_t number, const verdict::Result& result);
  // Writes the footer; `complete` is false if some case did not come.
  void Finish(const Totals& totals, bool complete);

 private:
  void WriteWaiting(bool over_gaps);

  WholeFile file_;
  Spool waiting_;
  std::size_t cases_, next_ = 0;
};

}  // namespace portcullis::report
