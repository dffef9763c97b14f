// Owns: making a recording of this machine: its GPUs, masks, errors, checkpoints, cases, transfers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/checkpoints/catalog.h"
#include "harness/hardware/recording.h"
#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"
#include "harness/scenario/case_list.h"

namespace portcullis::hardware {

// What a recording is made with, and how much of it.
struct Calibration {
  const host::HostLibrary& hosts;
  const checkpoints::Catalog& catalog;
  const std::vector<host::Runtime>& runtimes;
  scenario::CaseList cases;
  std::filesystem::path folder;  // new or empty; becomes the recording
  std::filesystem::path made;    // where checkpoints are kept that this machine cannot save itself
  std::filesystem::path transfers_script;
  std::uint64_t largest_transfer = 0;  // bytes; 0: no transfers are timed
  std::string version = {};            // of Portcullis
  std::size_t jobs = 1;
};

// Records. `say` gets a line for each step. Throws CannotRun if there is no GPU to record, or if a
// step fails; what was written so far stays, without results it is no recording.
Recording Calibrate(const Calibration& calibration, runner::Runner& runner,
                    const std::function<void(const std::string&)>& say);

}  // namespace portcullis::hardware
