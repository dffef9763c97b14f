// Owns: the way of a case from its scenario to its result: host, prediction, loader, verdict.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/checkpoints/reference.h"
#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"
#include "harness/scenario/case_list.h"
#include "harness/verdict/result.h"
#include "src/checkpoint/device_map.h"

namespace portcullis::suite {

// The checkpoint of a case: its file, and what it truly holds.
struct Subject {
  std::filesystem::path file;
  checkpoints::Reference reference;
  std::shared_ptr<const checkpoint::DeviceMap> map;  // as the static reader sees it
  bool trust = false;                                // it may run code, whatever the suite says
  std::string refusal;  // why static reading refuses a checkpoint that was damaged on purpose
  std::string missing;  // why there is none; the case is then skipped
  std::string broken;   // why it cannot be judged; the case is then an error
  std::string misread;  // how static reading and a load of it differ; no case is then as expected
};

// Reads the device map of a subject's file and holds it against what the checkpoint truly holds:
// where they differ, or the file cannot be read, the subject is broken.
void ReadMap(Subject& subject);

// Where a case runs.
struct Stage {
  host::Host host;
  host::Mask mask;
  std::string cannot;  // not empty: this host cannot show the case, and why; it is then skipped
};
using StageOf = std::function<Stage(const scenario::Case&, const host::Runtime&)>;
// The host that a case declares, behind its mask or else the host's own.
Stage DeclaredStage(const host::HostLibrary& hosts, const scenario::Case& c);

struct Suite {
  const host::HostLibrary& hosts;
  const std::vector<host::Runtime>& runtimes;
  std::function<Subject(const scenario::Case&)> subject_of;
  std::chrono::milliseconds deadline{60'000};  // of one case
  std::size_t jobs = 1;    // of the runner: cases are ordered to keep that many at work
  bool trust = false;      // let Python loaders run code of the checkpoint (weights_only=False)
  bool isolate = false;    // each case in a fresh process, not in a child of a warm loader
  bool fail_fast = false;  // after a result that is not as expected, or an error, begin no other
  int repeat = 1;          // times that each case runs; that it differs is a difference
  std::optional<std::uint64_t> shuffle = std::nullopt;  // seed of the order of running
  runner::Limits limits = {};                           // of one case
  StageOf stage_of = {};                                // nothing: DeclaredStage
  bool keep_calls = false;  // observations have every call of the CUDA runtime
};

// Runs all cases; `done` gets each result, with the case's place in `cases`, when it is there.
// After Runner::Stop(), and with fail_fast, cases may be left out.
void RunCases(const Suite& suite, const scenario::CaseList& cases, runner::Runner& runner,
              const std::function<void(std::size_t, verdict::Result)>& done);

// The same, for lists whose results fit into memory: those that there are, in the order of `cases`.
std::vector<verdict::Result> ResultsOf(const Suite& suite, const scenario::CaseList& cases,
                                       runner::Runner& runner);

// The default runtime of a family, or the runtime of that id; nullptr if it is not here.
const host::Runtime* FindRuntime(const std::vector<host::Runtime>& runtimes,
                                 const std::string& family_or_id);

}  // namespace portcullis::suite
