// Owns: proving what the rules said of a checkpoint by real loads in child processes.
#pragma once

#include <optional>
#include <span>
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
            runner::Runner& runner, std::size_t jobs);

  // Loads the checkpoints in every way that was asked about and adds a finding for each one in
  // which load and rules differ. What cannot be loaded here (a runtime or a package is missing)
  // becomes a warning, and so does what loads while nobody knows its tensors, because the load on
  // the CPU that would tell them fails. Many at once take much less time than one by one: PyTorch
  // is imported once for all.
  void Confirm(std::span<Checked* const> checkpoints, const Question& question);

  std::size_t confirmed() const { return confirmed_; }

 private:
  // What the result of one of its cases says; nothing: it is as predicted.
  std::optional<Finding> Judged(const Checked& checked, const verdict::Result& result);

  const host::HostLibrary& hosts_;
  const std::vector<host::Runtime>& runtimes_;
  runner::Runner& runner_;
  std::size_t jobs_;
  std::size_t confirmed_ = 0;
};

}  // namespace portcullis::suite
