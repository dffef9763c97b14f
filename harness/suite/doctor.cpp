#include "harness/suite/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <fstream>

#include "harness/runner/runner.h"
#include "harness/suite/load.h"
#include "harness/suite/scratch.h"
#include "harness/suite/suite.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

// Loading an empty file makes a loader start its runtime, refuse the file and say what it is.
Check ExamineRuntime(const host::HostLibrary& hosts, const host::Runtime& runtime) {
  Check check;
  check.what = "runtime " + runtime.id;
  check.remedy = "ci/setup, then build again";
  const ScratchFolder scratch;
  const fs::path empty = scratch.path() / "empty.pt";
  std::ofstream(empty).close();
  Load load{
      "doctor", empty, "zip", {}, hosts.Find("2xh200"), {}, &runtime, std::chrono::seconds(60),
      false};
  if (runtime.family != "python") load.format = "torchscript";
  runner::Runner runner(1);
  SubmitLoad(load, runner, [&check](const verdict::Observation& seen) {
    check.good = seen.outcome == verdict::Outcome::kRaised && !seen.torch.empty();
    check.found = check.good ? fmt::format("PyTorch {}, one case takes {:.2f} s in a fresh process",
                                           seen.torch, seen.wall_seconds)
                             : seen.Text();
  });
  runner.Run();
  return check;
}

Check ExamineSimulation(const host::Runtime& runtime) {
  std::error_code error;
  std::size_t libraries = 0;
  for (const auto& entry : fs::directory_iterator(runtime.standins, error)) {
    if (entry.path().filename().string().find(".so") != std::string::npos) ++libraries;
  }
  Check check;
  check.what = fmt::format("simulated CUDA {}", runtime.cuda);
  check.good = libraries > 0;
  check.found = check.good ? fmt::format("{} libraries for PyTorch {}", libraries, runtime.version)
                           : fmt::format("nothing in {}", runtime.standins.string());
  check.remedy = "ci/gate builds them";
  return check;
}

Check ExamineGpu() {
  std::ifstream driver("/proc/driver/nvidia/version");
  std::string line;
  Check check;
  check.what = "NVIDIA GPU";
  check.needed = false;
  check.good = static_cast<bool>(std::getline(driver, line));
  check.found = check.good ? line : "none in this machine; simulated hosts do not need one";
  return check;
}

Check ExamineData(const Installation& installation, const host::HostLibrary& hosts) {
  return {"hosts",
          fmt::format("{}: {}", installation.hosts.string(), fmt::join(hosts.Names(), ", ")), true,
          true, ""};
}

// The families of the default runtime that are not here.
std::vector<Check> MissingFamilies(const std::vector<host::Runtime>& runtimes) {
  constexpr std::array kFamilies{"python", "cpp", "cpp-cpu"};
  std::vector<Check> missing;
  for (const char* family : kFamilies) {
    if (FindRuntime(runtimes, family) != nullptr) continue;
    missing.push_back({fmt::format("runtime {}", family), "not here; its cases are skipped", false,
                       runtimes.empty(), "ci/setup, then build again"});
  }
  return missing;
}

}  // namespace

std::vector<Check> Examine(const Installation& installation, const host::HostLibrary& hosts,
                           const std::vector<host::Runtime>& runtimes) {
  std::vector<Check> checks{ExamineData(installation, hosts)};
  for (const host::Runtime& runtime : runtimes) {
    if (runtime.loader.empty()) continue;  // stand-ins that travelled along, nothing to load with
    checks.push_back(ExamineRuntime(hosts, runtime));
    if (runtime.cuda != 0 && runtime.family == "python")
      checks.push_back(ExamineSimulation(runtime));
  }
  for (Check& check : MissingFamilies(runtimes)) checks.push_back(std::move(check));
  checks.push_back(ExamineGpu());
  return checks;
}

}  // namespace portcullis::suite
