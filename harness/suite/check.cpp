#include "harness/suite/check.h"

#include <algorithm>
#include <array>

#include "harness/scenario/case.h"
#include "harness/suite/predict_case.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/checkpoint/error.h"
#include "src/checkpoint/read.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

// The families of runtimes as the rules see them, of the default version (PyTorch 2.11, CUDA 13).
struct Family {
  const char* name;
  portability::Build build;
};
constexpr std::array kFamilies{Family{"python", {true, 13, false}},
                               Family{"cpp", {false, 13, false}},
                               Family{"cpp-cpu", {false, 0, false}}};

portability::Build BuildOf(const std::string& name) {
  std::vector<std::string> known;
  for (const Family& family : kFamilies) {
    if (name == family.name) return family.build;
    known.emplace_back(family.name);
  }
  throw UsageError(UnknownName("runtime", name, known));
}

std::vector<std::string> Or(const std::vector<std::string>& names, const char* otherwise) {
  return names.empty() ? std::vector<std::string>{otherwise} : names;
}

}  // namespace

bool Checked::Loads() const {
  return map && std::all_of(forecasts.begin(), forecasts.end(), [](const Forecast& forecast) {
           return forecast.prediction.loads || !forecast.prediction.supported;
         });
}

std::vector<fs::path> FilesBelow(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.emplace_back(path);
      continue;
    }
    std::vector<fs::path> below;
    constexpr auto kOptions = fs::directory_options::skip_permission_denied;
    for (const auto& entry : fs::recursive_directory_iterator(path, kOptions, error)) {
      if (entry.is_regular_file(error)) below.push_back(entry.path());
    }
    std::sort(below.begin(), below.end());
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

Checker::Checker(const Question& question, const host::HostLibrary& hosts) {
  for (const std::string& text : Or(question.hosts, "no-driver")) {
    const auto [name, mask] = scenario::ParseHostAndMask(text);
    const host::Host host = hosts.Find(name);
    hosts_.push_back({text, PlaceOf(host, mask.value ? mask : host.mask)});
  }
  for (const std::string& name : Or(question.runtimes, "python")) {
    runtimes_.push_back({name, BuildOf(name)});
    runtimes_.back().build.trust = question.trust;
  }
  for (const std::string& text : Or(question.strategies, "as-saved")) {
    strategies_.push_back(portability::ParseStrategy(text));
  }
}

Checked Checker::Check(const fs::path& file) const {
  Checked checked;
  checked.file = file;
  try {
    checked.map = checkpoint::ReadDeviceMap(file);
  } catch (const checkpoint::CheckpointError& error) {
    checked.error = error.what();
    checked.foreign = error.problem() == checkpoint::Problem::kNotACheckpoint;
    return checked;
  }
  for (const HostAsked& host : hosts_) {
    for (const RuntimeAsked& runtime : runtimes_) {
      for (const portability::Strategy& strategy : strategies_) {
        checked.forecasts.push_back(
            {host.text, runtime.family, strategy.Text(),
             portability::Predict(*checked.map, host.place, runtime.build, strategy)});
      }
    }
  }
  return checked;
}

}  // namespace portcullis::suite
