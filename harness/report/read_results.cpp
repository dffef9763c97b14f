#include "harness/report/read_results.h"

#include <fmt/format.h>

#include <array>

#include "harness/report/results_reader.h"
#include "src/base/error.h"

namespace portcullis::report {
namespace {

using nlohmann::json;

// A text of an object; "" where there is none: kept results leave out what says nothing.
std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t Number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

const json& Object(const json& object, const char* key) {
  static const json nothing = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : nothing;
}

template <typename Enum, std::size_t kCount>
Enum Named(const ResultsReader& reader, const std::string& name,
           const std::array<Enum, kCount>& values, std::string (*name_of)(Enum)) {
  for (const Enum value : values) {
    if (name_of(value) == name) return value;
  }
  reader.Fail(fmt::format("'{}'", name), "one of the words of docs/RESULTS.md");
}

verdict::Outcome OutcomeOf(const ResultsReader& reader, const std::string& name) {
  using enum verdict::Outcome;
  constexpr std::array kAll{kLoaded,   kRaised,        kUnsupported, kCrashed, kExited,
                            kTimedOut, kProtocolError, kNotStarted,  kStopped};
  return name.empty() ? kNotStarted : Named(reader, name, kAll, verdict::OutcomeName);
}

verdict::Verdict VerdictOf(const ResultsReader& reader, const std::string& name) {
  using enum verdict::Verdict;
  constexpr std::array kAll{kAsExpected, kNotAsExpected, kError, kSkipped};
  return Named(reader, name, kAll, verdict::VerdictName);
}

host::Counts CountsOf(const json& counts) {
  return {Number(counts, "host_to_device_bytes"),
          Number(counts, "host_to_device_calls"),
          Number(counts, "device_to_host_bytes"),
          Number(counts, "device_to_host_calls"),
          Number(counts, "device_to_device_bytes"),
          Number(counts, "device_to_device_calls"),
          Number(counts, "allocations"),
          Number(counts, "peak_bytes"),
          Number(counts, "kernels_launched")};
}

host::Flight FlightOf(const json& flight) {
  constexpr std::array kPhaseNames{"start", "load", "move", "read-back", "use"};
  static_assert(kPhaseNames.size() == simcuda::kPhases);
  host::Flight read;
  read.attached = flight.value("attached", false);
  for (const json& device : flight.value("devices", json::array())) {
    auto& phases = read.devices.emplace_back();
    for (std::size_t phase = 0; phase < phases.size(); ++phase) {
      phases[phase] = CountsOf(Object(device, kPhaseNames[phase]));
    }
  }
  for (const json& step : flight.value("course", json::array())) {
    read.course.push_back(
        {Text(step, "phase") == "move" ? simcuda::Phase::kMove : simcuda::Phase::kLoad,
         Text(step, "what"), static_cast<int>(Number(step, "gpu")), Number(step, "calls"),
         Number(step, "bytes")});
  }
  return read;
}

verdict::Observation ObservationOf(const ResultsReader& reader, const json& line) {
  verdict::Observation observation;
  observation.outcome = OutcomeOf(reader, Text(line, "outcome"));
  observation.phase = Text(line, "phase");
  observation.torch = Text(line, "torch");
  observation.trouble = Text(line, "trouble");
  observation.simulated = line.value("simulated", true);
  const json& error = Object(line, "error");
  observation.error_type = Text(error, "type");
  observation.error_short = Text(error, "text");
  observation.error_whole = Text(error, error.contains("whole") ? "whole" : "text");
  for (const json& tensor : line.value("tensors", json::array())) {
    verdict::SeenTensor seen;
    seen.name = Text(tensor, "name");
    seen.device = Text(tensor, "device");
    seen.bytes = Number(tensor, "bytes");
    observation.tensors.push_back(std::move(seen));
  }
  observation.flight = FlightOf(Object(line, "flight"));
  return observation;
}

std::optional<portability::Prediction> PredictionOf(const json& line) {
  const json& said = Object(line, "prediction");
  if (said.empty()) return std::nullopt;
  portability::Prediction prediction;
  prediction.loads = said.value("loads", true);
  prediction.error = Text(said, "error");
  prediction.phase = Text(said, "phase");
  prediction.reason = Text(said, "reason");
  prediction.remedy = Text(said, "remedy");
  return prediction;
}

// The part of an id that names the runtime: scenario/checkpoint/host/RUNTIME/strategy. A checkpoint
// may be a path with slashes of its own; a strategy has none.
std::string RuntimeOfId(const std::string& id) {
  const std::size_t strategy = id.rfind('/');
  const std::size_t runtime = strategy == 0 ? 0 : id.rfind('/', strategy - 1);
  if (strategy == std::string::npos || runtime == std::string::npos) return {};
  return id.substr(runtime + 1, strategy - runtime - 1);
}

ReadCase CaseOf(const ResultsReader& reader, const json& line) {
  ReadCase read;
  auto& c = read.result.c;
  c.id = reader.Text(line, "id");
  c.scenario = Text(line, "scenario");
  c.claim = Text(line, "claim");
  c.checkpoint = Text(line, "checkpoint");
  c.host = Text(line, "host");
  if (line.contains("mask") && line["mask"].is_string()) c.mask.value = Text(line, "mask");
  if (line.contains("fault") && line["fault"].is_string()) c.fault = Text(line, "fault");
  if (line.contains("damage") && line["damage"].is_string()) c.damage = Text(line, "damage");
  c.runtime = RuntimeOfId(c.id);
  c.strategy = portability::ParseStrategy(reader.Text(line, "strategy"));
  read.expectation = Text(line, "expectation");
  read.result.runtime_id = Text(line, "runtime");
  read.result.prediction = PredictionOf(line);
  read.result.observation = ObservationOf(reader, Object(line, "observation"));
  read.result.judgement.verdict = VerdictOf(reader, reader.Text(line, "verdict"));
  read.result.judgement.reason = Text(line, "skipped_because");
  for (const json& difference : line.value("differences", json::array())) {
    read.result.judgement.differences.push_back(difference.get<std::string>());
  }
  return read;
}

}  // namespace

ReadRun ReadResults(const std::filesystem::path& file) {
  ResultsReader reader(file);
  ReadRun run;
  const json& header = reader.header();
  run.facts.version = Text(header, "portcullis");
  run.facts.started = Text(header, "started");
  run.facts.arguments = header.value("arguments", std::vector<std::string>());
  run.facts.runtimes = header.value("runtimes", std::vector<std::string>());
  while (const auto line = reader.Next()) {
    try {
      run.cases.push_back(CaseOf(reader, *line));
    } catch (const json::exception& error) {
      reader.Fail(error.what(), "a case as in docs/RESULTS.md");
    }
    run.totals.Add(run.cases.back().result.judgement.verdict);
  }
  run.complete = reader.footer().value("complete", true);
  run.facts.cases = run.cases.size();
  return run;
}

}  // namespace portcullis::report
