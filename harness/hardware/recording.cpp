#include "harness/hardware/recording.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "harness/report/whole_file.h"
#include "src/base/error.h"
#include "src/base/yaml.h"

namespace portcullis::hardware {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json MaskJson(const MaskSeen& seen) {
  return {{"mask", seen.mask.value ? json(*seen.mask.value) : json(nullptr)},
          {"uuids", seen.uuids},
          {"count_error", seen.count_error}};
}

MaskSeen MaskFrom(const json& value) {
  MaskSeen seen;
  if (!value.at("mask").is_null()) seen.mask.value = value.at("mask").get<std::string>();
  value.at("uuids").get_to(seen.uuids);
  value.at("count_error").get_to(seen.count_error);
  return seen;
}

std::ifstream Open(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw UsageError(SystemError(fmt::format("cannot open {}", file.string())));
  return stream;
}

void ReadFacts(Recording& recording) {
  const fs::path file = recording.folder / "recording.json";
  auto stream = Open(file);
  try {
    const json facts = json::parse(stream);
    if (facts.at("schema") != kRecordingSchema) {
      throw UsageError(fmt::format("{}: found schema {}, expected {}", file.string(),
                                   facts.at("schema").dump(), kRecordingSchema));
    }
    facts.at("portcullis").get_to(recording.portcullis);
    facts.at("recorded").get_to(recording.recorded);
    facts.at("runtime").get_to(recording.runtime);
    recording.machine = facts.at("machine");
    for (const json& mask : facts.at("masks")) recording.masks.push_back(MaskFrom(mask));
    recording.behaviour = facts.at("behaviour");
    facts.at("checkpoints").get_to(recording.checkpoints);
    recording.transfers = facts.at("transfers");
  } catch (const json::exception& error) {
    throw UsageError(fmt::format("{}: no recording: {}", file.string(), error.what()));
  }
}

void ReadResults(Recording& recording) {
  const fs::path file = ResultsOf(recording.folder);
  auto stream = Open(file);
  std::size_t number = 0;
  bool footer = false;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object() || !value.contains("kind")) {
      throw UsageError(fmt::format("{}:{}: found no result line", file.string(), number));
    }
    footer = value["kind"] == "footer";
    if (value["kind"] == "case") recording.results.push_back(std::move(value));
  }
  if (!footer) {
    throw UsageError(fmt::format("{}: found no footer: the recording was interrupted; record again",
                                 file.string()));
  }
}

void ReadCalls(Recording& recording) {
  const fs::path file = CallsOf(recording.folder);
  auto stream = Open(file);
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object() || !value.contains("id") || !value.contains("calls")) {
      throw UsageError(fmt::format("{}:{}: found no calls of a case", file.string(), number));
    }
    recording.calls[value["id"]] = value["calls"];
  }
}

void ReadExplained(Recording& recording) {
  const fs::path file = recording.folder / "explained.yaml";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  for (const YamlValue& entry : YamlValue::Load(file).Items()) {
    entry.OnlyKeys({"aspect", "subject", "why"});
    recording.explained.push_back(
        {entry.Key("aspect").Text(), entry.Key("subject").Text(), entry.Key("why").Text()});
  }
}

}  // namespace

std::string MaskSeen::Text() const {
  if (uuids.empty()) return fmt::format("none (error {})", count_error);
  return fmt::format("{} GPUs: {}", uuids.size(), fmt::join(uuids, ", "));
}

MaskSeen SeenBehind(const host::Mask& mask, const Probed& probed) {
  MaskSeen seen{mask, {}, probed.at("runtime").value("count_error", 0)};
  for (const json& device : probed.at("driver").at("devices")) {
    seen.uuids.push_back(device.at("uuid").get<std::string>());
  }
  return seen;
}

fs::path ResultsOf(const fs::path& folder) { return folder / "results.ndjson"; }
fs::path CallsOf(const fs::path& folder) { return folder / "calls.ndjson"; }
fs::path CheckpointsOf(const fs::path& folder) { return folder / "checkpoints"; }

fs::path Recording::Checkpoint(const std::string& name) const {
  return (unpacked.empty() ? CheckpointsOf(folder) : unpacked) / (name + ".pt");
}

void WriteRecording(const Recording& recording) {
  json masks = json::array();
  for (const MaskSeen& seen : recording.masks) masks.push_back(MaskJson(seen));
  const json facts{{"kind", "recording"},
                   {"schema", kRecordingSchema},
                   {"portcullis", recording.portcullis},
                   {"recorded", recording.recorded},
                   {"runtime", recording.runtime},
                   {"machine", recording.machine},
                   {"masks", masks},
                   {"behaviour", recording.behaviour},
                   {"checkpoints", recording.checkpoints},
                   {"transfers", recording.transfers}};
  report::WriteWholeFile(recording.folder / "recording.json", facts.dump(1) + "\n");
}

Recording ReadRecording(const fs::path& folder) {
  Recording recording;
  recording.folder = folder;
  ReadFacts(recording);
  ReadResults(recording);
  ReadCalls(recording);
  ReadExplained(recording);
  return recording;
}

}  // namespace portcullis::hardware
