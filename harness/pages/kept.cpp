#include "harness/pages/kept.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "harness/report/json_text.h"
#include "harness/verdict/shorten_error.h"
#include "src/base/error.h"

namespace portcullis::pages {
namespace {

using nlohmann::json;
using verdict::Result;

// How much is missing of a legacy file that was cut off depends on its length, and that on the
// addresses which PyTorch writes into such files as the keys of storages.
std::string WithoutMissingBytes(const std::string& text) {
  static const std::regex kMissing("expected [0-9]+ more bytes");
  return std::regex_replace(text, kMissing, "expected … more bytes");
}

std::string TextOf(const std::string& whole) {
  return verdict::ShortenError(WithoutMissingBytes(verdict::WithoutFolders(whole)));
}

json CountsOf(const host::Counts& counts) {
  const std::array rows{std::pair{"host_to_device_bytes", counts.host_to_device_bytes},
                        std::pair{"host_to_device_calls", counts.host_to_device_calls},
                        std::pair{"device_to_host_bytes", counts.device_to_host_bytes},
                        std::pair{"device_to_host_calls", counts.device_to_host_calls},
                        std::pair{"device_to_device_bytes", counts.device_to_device_bytes},
                        std::pair{"device_to_device_calls", counts.device_to_device_calls},
                        std::pair{"peak_bytes", counts.peak_bytes},
                        std::pair{"kernels_launched", counts.kernels_launched}};
  json kept = json::object();
  for (const auto& [name, number] : rows) {
    if (number > 0) kept[name] = number;
  }
  return kept;
}

json CourseOf(const host::Flight& flight) {
  json course = json::array();
  for (const host::CourseStep& step : flight.course) {
    course.push_back({{"phase", step.phase == simcuda::Phase::kLoad ? "load" : "move"},
                      {"what", step.what},
                      {"gpu", step.gpu},
                      {"calls", step.calls},
                      {"bytes", step.bytes}});
  }
  return course;
}

json FlightOf(const host::Flight& flight, bool with_course) {
  constexpr std::array kKept{std::pair{"load", 1U}, std::pair{"move", 2U}};
  json devices = json::array();
  bool quiet = true;
  for (const auto& phases : flight.devices) {
    json device = json::object();
    for (const auto& [name, phase] : kKept) {
      json counts = CountsOf(phases.at(phase));
      if (!counts.empty()) device[name] = std::move(counts);
    }
    quiet = quiet && device.empty();
    devices.push_back(std::move(device));
  }
  if (quiet) return nullptr;
  json kept{{"devices", devices}};
  if (with_course) kept["course"] = CourseOf(flight);
  return kept;
}

json ObservationOf(const verdict::Observation& observation, bool with_course) {
  json kept{{"outcome", verdict::OutcomeName(observation.outcome)},
            {"phase", observation.phase},
            {"torch", observation.torch}};
  if (!observation.simulated) kept["simulated"] = false;
  if (!observation.error_whole.empty()) {
    kept["error"] = {{"type", observation.error_type}, {"text", TextOf(observation.error_whole)}};
  }
  std::set<std::string> devices;
  for (const auto& tensor : observation.tensors) devices.insert(tensor.device);
  for (const auto& device : devices) kept["tensors"].push_back({{"device", device}});
  json flight = FlightOf(observation.flight, with_course);
  if (!flight.is_null()) kept["flight"] = std::move(flight);
  return kept;
}

json LineOf(const Result& result) {
  return {{"kind", "case"},
          {"id", result.c.id},
          {"runtime", result.runtime_id},
          {"strategy", result.c.strategy.Text()},
          {"verdict", verdict::VerdictName(result.judgement.verdict)},
          {"observation", ObservationOf(result.observation, PictureShows(result.c.id))}};
}

void RequireGood(const report::ReadRun& run) {
  const auto bad = run.totals.not_as_expected + run.totals.errors;
  if (bad > 0 || !run.complete) {
    throw Error(ExitCode::kFinding,
                fmt::format("these results are not for keeping: {}",
                            run.complete ? fmt::format("{} cases are not as expected", bad)
                                         : std::string("the run was interrupted")));
  }
}

KeptFile FileOf(const report::ReadRun& run, const std::string& version,
                std::vector<const Result*> results) {
  std::sort(results.begin(), results.end(), [](const Result* a, const Result* b) {
    return std::tie(a->c.id, a->runtime_id) < std::tie(b->c.id, b->runtime_id);
  });
  std::set<std::string> runtimes;
  for (const Result* result : results) runtimes.insert(result->runtime_id);
  std::string text = json{{"kind", "header"},
                          {"schema", report::kResultsSchema},
                          {"portcullis", run.facts.version},
                          {"runtimes", runtimes},
                          {"cases", results.size()}}
                         .dump() +
                     "\n";
  for (const Result* result : results) {
    text += report::LineOf(LineOf(*result));
  }
  text += json{{"kind", "footer"}, {"complete", true}, {"as_expected", results.size()}}.dump();
  return {version + ".ndjson", text + "\n"};
}

}  // namespace

std::vector<KeptFile> KeptFiles(const report::ReadRun& run) {
  RequireGood(run);
  std::map<std::string, std::vector<const Result*>> by_version;
  for (const auto& read : run.cases) {
    if (read.result.judgement.verdict == verdict::Verdict::kSkipped) continue;
    by_version[VersionOf(read.result.runtime_id)].push_back(&read.result);
  }
  std::vector<KeptFile> files;
  files.reserve(by_version.size());
  for (auto& [version, results] : by_version) {
    files.push_back(FileOf(run, version, std::move(results)));
  }
  return files;
}

}  // namespace portcullis::pages
