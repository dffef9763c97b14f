// Owns: proving what the rules said of a checkpoint by real loads in child processes.
#pragma once

#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"
#include "harness/suite/check.h"
#include "harness/verdict/result.h"

namespace portcullis::suite {

class Confirmer {
 public:
  // Throws CannotRun if there is no Python runtime here.
  Confirmer(const host::HostLibrary& hosts, const std::vector<host::Runtime>& runtimes,
            runner::Runner& runner);

  // Loads the checkpoint in every way that was asked about and adds a finding for each one in
  // which load and rules differ. What cannot be loaded here (a runtime or a package is missing)
  // becomes a warning.
  void Confirm(Checked& checked, const Question& question);

  std::size_t confirmed() const { return confirmed_; }

 private:
  void Add(Checked& checked, const verdict::Result& result);

  const host::HostLibrary& hosts_;
  const std::vector<host::Runtime>& runtimes_;
  runner::Runner& runner_;
  std::size_t confirmed_ = 0;
};

}  // namespace portcullis::suite
