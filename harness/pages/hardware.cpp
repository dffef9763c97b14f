#include "harness/pages/hardware.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/hardware/recording.h"
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

Hardware HardwareOf(const fs::path& folder) {
  const auto recording = hardware::ReadRecording(folder);
  Hardware hardware;
  hardware.recorded = recording.recorded;
  hardware.runtime = recording.runtime;
  try {
    hardware.device = recording.machine.at("driver").at("devices").at(0).at("name");
    hardware.times = TimesOf(recording.transfers);
  } catch (const json::exception& error) {
    throw UsageError(fmt::format("{}: recording.json is none: {}", folder.string(), error.what()));
  }
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
