#include "harness/hardware/compare_case.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "harness/verdict/shorten_error.h"

namespace portcullis::hardware {
namespace {

using nlohmann::json;

std::string OutcomeText(const json& seen) {
  return fmt::format("{} in {}", seen.at("outcome").get<std::string>(),
                     seen.at("phase").get<std::string>());
}

// Where a checkpoint lay does not matter; what it is called does.
std::string ErrorText(const json& seen) {
  const json& error = seen.at("error");
  if (error.is_null()) return "none";
  return fmt::format("{}: {}", error.at("type").get<std::string>(),
                     verdict::WithoutFolders(error.at("text").get<std::string>()));
}

// Of each tensor its name and these fields.
template <typename... Fields>
std::string TensorsText(const json& seen, Fields... fields) {
  std::string text;
  for (const json& tensor : seen.at("tensors")) {
    text += tensor.at("name").get<std::string>();
    ((text += " " + tensor.at(fields).dump()), ...);
    text += "\n";
  }
  return text;
}

constexpr std::string_view kKernels = "kernels_launched";

// Of each device and phase the wanted counts that are not 0. What is in use at once depends on the
// device's own start-up and is not compared; of kernels it is compared whether there were any,
// because the simulation counts operators and hardware the kernels that PyTorch starts for them.
template <typename Wanted>
std::string CountsText(const json& seen, Wanted wanted) {
  std::string text;
  std::size_t number = 0;
  for (const json& device : seen.at("flight").at("devices")) {
    for (const auto& [phase, counts] : device.items()) {
      for (const auto& [name, count] : counts.items()) {
        if (count == 0 || !wanted(name)) continue;
        text += fmt::format("GPU {} {} {} {}\n", number, phase, name,
                            name == kKernels ? "some" : count.dump());
      }
    }
    ++number;
  }
  return text;
}

std::string MovedText(const json& seen) {
  return CountsText(seen, [](const std::string& name) {
    return name.ends_with("_bytes") && name != "peak_bytes";
  });
}

std::string OperationsText(const json& seen) {
  return CountsText(seen, [](const std::string& name) {
    return name.ends_with("_calls") || name == "allocations" || name == kKernels;
  });
}

}  // namespace

std::vector<CaseAspect> CompareCase(const json& recorded, const json& simulated) {
  std::vector<CaseAspect> parts;
  const auto add = [&](Aspect aspect, auto text) {
    parts.push_back({aspect, text(recorded), text(simulated)});
  };
  add(Aspect::kOutcome, OutcomeText);
  if (!recorded.at("error").is_null() || !simulated.at("error").is_null()) {
    add(Aspect::kError, ErrorText);
  }
  if (!recorded.at("tensors").empty()) {
    add(Aspect::kDevices, [](const json& seen) { return TensorsText(seen, "device"); });
    add(Aspect::kBytes,
        [](const json& seen) { return TensorsText(seen, "dtype", "shape", "bytes", "sha256"); });
  }
  if (recorded.at("flight").at("attached") == true) {
    add(Aspect::kMoved, MovedText);
    add(Aspect::kOperations, OperationsText);
  }
  return parts;
}

}  // namespace portcullis::hardware
