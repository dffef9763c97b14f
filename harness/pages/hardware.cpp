#include "harness/pages/hardware.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "harness/pages/matrix.h"
#include "harness/pages/names.h"
#include "harness/report/read_results.h"
#include "src/base/error.h"

namespace portcullis::pages {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using verdict::Result;

// A case by language, not by the build that stood for it, and the version that ran it.
std::string KeyOf(const Result& result) {
  const std::size_t strategy = result.c.id.rfind('/');
  const std::size_t runtime = result.c.id.rfind('/', strategy - 1);
  return result.c.id.substr(0, runtime) + result.c.id.substr(strategy) + " " + result.runtime_id;
}

double Median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

std::vector<Timed> TimesOf(const json& transfers) {
  std::vector<Timed> times;
  if (transfers.is_null()) return times;
  for (const json& row : transfers.at("rows")) {
    times.push_back({row.at("bytes").get<std::uint64_t>(), row.at("way").get<std::string>(),
                     row.at("cache").get<std::string>(),
                     Median(row.at("seconds").get<std::vector<double>>())});
  }
  return times;
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// "GPU-28f0fa35" and more of the UUID of GPU 0 as "GPU-{0}", whose first digits "{0:8}" are.
std::string WithNumbers(std::string text, const std::vector<std::string>& uuids) {
  constexpr std::size_t kPrefix = sizeof("GPU-") - 1;
  for (std::size_t i = 0; i < uuids.size(); ++i) {
    std::string loud = uuids[i].substr(0, kPrefix + 8);
    std::transform(loud.begin(), loud.end(), loud.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    text = Replaced(std::move(text), uuids[i], fmt::format("GPU-{{{}}}", i));
    text =
        Replaced(std::move(text), uuids[i].substr(0, kPrefix + 8), fmt::format("GPU-{{{}:8}}", i));
    text = Replaced(std::move(text), loud, fmt::format("GPU-{{{}:8:capitals}}", i));
    if (text == uuids[i].substr(0, kPrefix + 1)) text = fmt::format("GPU-{{{}:1}}", i);
  }
  return text;
}

// "GPU 0, GPU 1"; "nothing", with the error that is not cudaErrorNoDevice.
std::string Visible(const hardware::MaskSeen& seen, const std::vector<std::string>& uuids) {
  constexpr int kNoDevice = 100;
  std::vector<std::string> names;
  for (const std::string& uuid : seen.uuids) {
    names.push_back(
        fmt::format("GPU {}", std::find(uuids.begin(), uuids.end(), uuid) - uuids.begin()));
  }
  if (!names.empty()) return fmt::format("{}", fmt::join(names, ", "));
  return seen.count_error == kNoDevice
             ? std::string("nothing")
             : fmt::format("nothing: CUDA does not start (error {})", seen.count_error);
}

void AddMasks(const hardware::Recording& recording, Hardware& hardware) {
  std::vector<std::string> uuids;
  for (const json& device : recording.machine.at("driver").at("devices")) {
    uuids.push_back(device.at("uuid").get<std::string>());
  }
  for (const hardware::MaskSeen& seen : recording.masks) {
    std::pair row(WithNumbers(seen.mask.Text(), uuids), Visible(seen, uuids));
    auto& masks = hardware.masks;  // where there is one GPU, the last is the first once more
    if (std::find(masks.begin(), masks.end(), row) == masks.end()) masks.push_back(std::move(row));
  }
}

Hardware HardwareOf(const fs::path& folder) {
  const auto recording = hardware::ReadRecording(folder);
  Hardware hardware;
  hardware.recorded = recording.recorded;
  hardware.runtime = recording.runtime;
  try {
    hardware.device = recording.machine.at("driver").at("devices").at(0).at("name");
    hardware.times = TimesOf(recording.transfers);
    AddMasks(recording, hardware);
    for (const auto& [question, answer] : recording.behaviour.items()) {
      hardware.behaviour[question] = answer.get<std::string>();
    }
  } catch (const json::exception& error) {
    throw UsageError(fmt::format("{}: recording.json is none: {}", folder.string(), error.what()));
  }
  hardware.differences = recording.explained;
  for (auto& read : report::ReadResults(hardware::ResultsOf(folder)).cases) {
    const bool ran = read.result.judgement.verdict != verdict::Verdict::kSkipped;
    if (ran) hardware.results.emplace(KeyOf(read.result), std::move(read.result));
  }
  return hardware;
}

}  // namespace

Recordings::Recordings(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& one : folders) all_.push_back(HardwareOf(one));
}

OnHardware Recordings::Of(const Result& result) const {
  OnHardware said = OnHardware::kNotRun;
  for (const Hardware& hardware : all_) {
    const auto found = hardware.results.find(KeyOf(result));
    if (found == hardware.results.end()) continue;
    if (!Alike(found->second, result)) return OnHardware::kOtherwise;
    said = OnHardware::kTheSame;
  }
  return said;
}

std::string Recordings::Words(const Result& result) const {
  std::vector<std::string> said;
  for (const Hardware& hardware : all_) {
    const auto found = hardware.results.find(KeyOf(result));
    if (found == hardware.results.end()) continue;
    said.push_back(Alike(found->second, result) ? "the same on " + hardware.device
                                                : fmt::format("on {}: {}", hardware.device,
                                                              found->second.observation.Text()));
  }
  return fmt::format("{}", fmt::join(said, "; "));
}

}  // namespace portcullis::pages
