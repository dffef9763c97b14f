#include "harness/live/environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "src/base/error.h"
#include "src/simcuda/interface/compute.h"

namespace portcullis::live {
namespace {

// Puts `first` before what a variable holds; an empty value counts as none, as it does for ld.so.
void Prepend(const char* name, const std::string& first, char separator,
             host::Environment& environment) {
  std::string& value = environment[name];
  value = value.empty() ? first : fmt::format("{}{}{}", first, separator, value);
}

// With its folder, because the DT_RPATH of a program comes before LD_LIBRARY_PATH even for what is
// preloaded; by name alone where LD_PRELOAD, a list separated by blanks, could not hold the path.
std::string PreloadName(const std::filesystem::path& folder, const std::string& name) {
  const std::string path = (folder / name).string();
  return path.find(' ') == std::string::npos ? path : name;
}

}  // namespace

void AddSearchFolder(const std::filesystem::path& folder, host::Environment& environment) {
  host::CheckSearchable(folder);
  Prepend("LD_LIBRARY_PATH", folder.string(), ':', environment);
}

host::Environment AddHost(host::Environment environment, const Additions& additions) {
  AddSearchFolder(additions.standins, environment);
  std::vector<std::string> preload;
  for (const auto& library : additions.preload) preload.push_back(library.string());
  if (additions.preload_standins) {
    for (const std::string& name : host::LibraryNames(additions.standins)) {
      preload.push_back(PreloadName(additions.standins, name));
    }
  }
  if (!preload.empty()) {
    Prepend("LD_PRELOAD", fmt::format("{}", fmt::join(preload, " ")), ' ', environment);
  }
  if (additions.mask.value) {
    environment["CUDA_VISIBLE_DEVICES"] = *additions.mask.value;
  } else if (additions.replace_mask) {
    environment.erase("CUDA_VISIBLE_DEVICES");
  }
  environment[simcuda::kHostVariable] = additions.description.string();
  environment[simcuda::kRecordVariable] = additions.record.string();
  if (additions.compute.empty()) {
    environment.erase(simcuda::kComputeVariable);
  } else {
    environment[simcuda::kComputeVariable] = additions.compute.string();
  }
  return environment;
}

}  // namespace portcullis::live
