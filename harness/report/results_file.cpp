#include "harness/report/results_file.h"

#include <array>
#include <utility>

#include "harness/report/json_text.h"

namespace portcullis::report {
namespace {

using nlohmann::json;

json CountsJson(const host::Counts& counts) {
  return {{"host_to_device_bytes", counts.host_to_device_bytes},
          {"host_to_device_calls", counts.host_to_device_calls},
          {"device_to_host_bytes", counts.device_to_host_bytes},
          {"device_to_host_calls", counts.device_to_host_calls},
          {"device_to_device_bytes", counts.device_to_device_bytes},
          {"device_to_device_calls", counts.device_to_device_calls},
          {"allocations", counts.allocations},
          {"peak_bytes", counts.peak_bytes},
          {"kernels_launched", counts.kernels_launched}};
}

json FaultsJson(const host::Flight& flight) {
  json faults = json::array();
  for (const host::FaultCounts& fault : flight.faults) {
    faults.push_back({{"text", fault.text}, {"calls", fault.calls}, {"fired", fault.fired}});
  }
  return faults;
}

json CourseJson(const std::vector<host::CourseStep>& course) {
  json steps = json::array();
  for (const host::CourseStep& step : course) {
    steps.push_back({{"phase", step.phase == simcuda::Phase::kLoad ? "load" : "move"},
                     {"what", step.what},
                     {"gpu", step.gpu},
                     {"calls", step.calls},
                     {"bytes", step.bytes}});
  }
  return steps;
}

// Counts by device and phase; phases in which nothing happened are left out.
json FlightJson(const host::Flight& flight) {
  constexpr std::array kPhaseNames{"start", "load", "move", "read-back", "use"};
  static_assert(kPhaseNames.size() == simcuda::kPhases);
  json devices = json::array();
  for (const auto& phases : flight.devices) {
    json device = json::object();
    for (std::size_t phase = 0; phase < phases.size(); ++phase) {
      const host::Counts& counts = phases[phase];
      const bool quiet = counts.allocations + counts.host_to_device_calls +
                             counts.device_to_host_calls + counts.device_to_device_calls +
                             counts.kernels_launched + counts.peak_bytes ==
                         0;
      if (!quiet) device[kPhaseNames[phase]] = CountsJson(counts);
    }
    devices.push_back(device);
  }
  return {{"attached", flight.attached},  {"devices", devices},
          {"in_use", flight.in_use},      {"course", CourseJson(flight.course)},
          {"faults", FaultsJson(flight)}, {"refused_calls", flight.refused_calls},
          {"refused", flight.refused}};
}

json TensorsJson(const std::vector<verdict::SeenTensor>& tensors) {
  json list = json::array();
  for (const auto& tensor : tensors) {
    list.push_back({{"name", tensor.name},
                    {"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"device", tensor.device},
                    {"bytes", tensor.bytes},
                    {"sha256", tensor.sha256}});
  }
  return list;
}

template <typename T>
json OrNull(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json ErrorJson(const verdict::Observation& observation) {
  if (observation.error_whole.empty()) return nullptr;
  return {{"type", observation.error_type},
          {"text", observation.error_short},
          {"whole", observation.error_whole}};
}

json LeftJson(const std::optional<verdict::Leftover>& left) {
  if (!left) return nullptr;
  return {{"bytes", left->bytes}, {"refusal", left->refusal}, {"load", left->load}};
}

json ObservationJson(const verdict::Observation& observation) {
  return {{"outcome", verdict::OutcomeName(observation.outcome)},
          {"phase", observation.phase},
          {"simulated", observation.simulated},
          {"torch", observation.torch},
          {"tensors", TensorsJson(observation.tensors)},
          {"error", ErrorJson(observation)},
          {"exit_code", OrNull(observation.exit_code)},
          {"signal", OrNull(observation.signal)},
          {"trouble", observation.trouble},
          {"left", LeftJson(observation.left)},
          {"again", observation.again},
          {"flight", FlightJson(observation.flight)},
          {"seconds", observation.seconds},
          {"wall_seconds", observation.wall_seconds}};
}

json PredictionJson(const std::optional<portability::Prediction>& prediction) {
  if (!prediction) return nullptr;
  return {{"text", prediction->Text()},   {"loads", prediction->loads},
          {"error", prediction->error},   {"phase", prediction->phase},
          {"reason", prediction->reason}, {"remedy", prediction->remedy}};
}

json HeaderJson(const RunFacts& facts) {
  return {{"kind", "header"},
          {"schema", kResultsSchema},
          {"portcullis", facts.version},
          {"started", facts.started},
          {"arguments", facts.arguments},
          {"runtimes", facts.runtimes},
          {"cases", facts.cases},
          {"list", {{"cases", facts.list_cases}, {"sha256", facts.list_sha256}}},
          {"shard", {{"number", facts.shard.number}, {"of", facts.shard.of}}},
          {"repeat", facts.repeat},
          {"shuffle", OrNull(facts.shuffle)}};
}

}  // namespace

json FooterJson(const Totals& totals, bool complete) {
  return {{"kind", "footer"},
          {"complete", complete},
          {"as_expected", totals.as_expected},
          {"not_as_expected", totals.not_as_expected},
          {"errors", totals.errors},
          {"skipped", totals.skipped}};
}

void Totals::Add(verdict::Verdict verdict) {
  switch (verdict) {
    case verdict::Verdict::kAsExpected:
      ++as_expected;
      return;
    case verdict::Verdict::kNotAsExpected:
      ++not_as_expected;
      return;
    case verdict::Verdict::kError:
      ++errors;
      return;
    case verdict::Verdict::kSkipped:
      ++skipped;
  }
}

json ToJson(const verdict::Result& result) {
  return {{"kind", "case"},
          {"id", result.c.id},
          {"scenario", result.c.scenario},
          {"claim", result.c.claim},
          {"checkpoint", result.c.checkpoint},
          {"host", result.c.host},
          {"mask", result.c.mask.value ? json(*result.c.mask.value) : json(nullptr)},
          {"runtime", result.runtime_id},
          {"ran_on", result.ran_on},
          {"strategy", result.c.strategy.Text()},
          {"fault", result.c.fault},
          {"damage", result.c.damage},
          {"refusal", result.refusal},
          {"expectation", result.expectation.Text()},
          {"prediction", PredictionJson(result.prediction)},
          {"observation", ObservationJson(result.observation)},
          {"verdict", verdict::VerdictName(result.judgement.verdict)},
          {"differences", result.judgement.differences},
          {"skipped_because", result.judgement.reason}};
}

ResultsFile::ResultsFile(std::filesystem::path file, const RunFacts& facts)
    : file_(std::move(file)), waiting_(facts.cases), cases_(facts.cases) {
  file_.Write(LineOf(HeaderJson(facts)));
  file_.Flush();
}

void ResultsFile::Add(std::size_t number, const verdict::Result& result) {
  const std::string line = LineOf(ToJson(result));
  if (number != next_) return waiting_.Put(number, line);
  file_.Write(line);
  ++next_;
  WriteWaiting(false);
  file_.Flush();
}

void ResultsFile::WriteWaiting(bool over_gaps) {
  for (; next_ < cases_; ++next_) {
    if (waiting_.Has(next_)) {
      file_.Write(waiting_.Get(next_));
    } else if (!over_gaps) {
      return;
    }
  }
}

void ResultsFile::Finish(const Totals& totals, bool complete) {
  WriteWaiting(true);
  file_.Write(LineOf(FooterJson(totals, complete)));
  file_.Finish();
}

}  // namespace portcullis::report
