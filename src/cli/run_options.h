// Owns: what the command line of portcullis run may say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "harness/suite/shard.h"

namespace portcullis::cli {

struct RunOptions {
  std::vector<std::string> scenarios, hosts, runtimes, strategies, filters, checkpoints;
  std::string json, junit;
  std::string rerun_failed;  // a results file, or ""
  std::string torch;         // the version that families mean, "" for the default
  suite::Shard shard;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  double deadline = 60;                     // seconds
  std::optional<std::uint64_t> memory_mib;  // of one case
  std::optional<std::uint64_t> open_files;  // of one case
  int repeat = 1;
  std::optional<std::uint64_t> shuffle;
  bool fail_fast = false;
  bool trust = false;
  bool isolate = false;
};

}  // namespace portcullis::cli
