// Owns: damaged copies of checkpoints: made by fixtures/damage/damage.py from the whole ones, kept
// beside them, and made again when anything they come from has changed.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/checkpoints/damage.h"
#include "harness/host/child_host.h"
#include "harness/runner/runner.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"

namespace portcullis::suite {

class Damaged {
 public:
  // `script` is damage.py; the whole checkpoints come from `store`.
  Damaged(const Store& store, const checkpoints::DamageTable& table, std::filesystem::path script,
          const std::vector<host::Runtime>& runtimes);

  // Makes the copies (checkpoint, damage) that are missing. One that cannot be made is a CannotRun
  // with the script's own words; one whose checkpoint or interpreter is not here is left out.
  void Make(const std::set<std::pair<std::string, std::string>>& copies, runner::Runner& runner);

  std::filesystem::path File(const std::string& checkpoint, const std::string& damage) const;
  // The copy, held against what the whole checkpoint holds. What static reading says of it is kept
  // as the refusal; it is broken only if the damage does not fit the checkpoint's format. With ""
  // for the damage, the whole checkpoint.
  Subject SubjectOf(const std::string& checkpoint, const std::string& damage) const;

 private:
  Subject Whole(const std::string& checkpoint) const;
  std::string Missing(const std::string& checkpoint, const std::string& damage) const;
  std::string Stamp(const std::string& checkpoint, const checkpoints::Damage& damage) const;
  void MakeOne(const std::string& checkpoint, const checkpoints::Damage& damage,
               runner::Runner& runner) const;

  const Store& store_;
  const checkpoints::DamageTable& table_;
  std::filesystem::path script_;
  std::string python_;  // "" if none is here
};

}  // namespace portcullis::suite
