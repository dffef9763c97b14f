#include "harness/report/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/host/flight_log.h"
#include "harness/report/table.h"
#include "harness/suite/predict_case.h"
#include "src/base/size.h"
#include "src/simcuda/interface/errors.h"

namespace portcullis::report {
namespace {

using host::Gpu;
using host::Host;

std::string Driver(const Host& host) {
  constexpr int kMajor = 1000;
  constexpr int kMinor = 10;
  if (host.driver_version == 0) return "none";
  return fmt::format("{}.{}", host.driver_version / kMajor, host.driver_version % kMajor / kMinor);
}

// "2 NVIDIA H200", "1 Tesla T4, 1 NVIDIA H200", "none".
std::string GpuModels(const Host& host) {
  std::vector<std::pair<std::string, int>> models;
  for (const Gpu& gpu : host.gpus) {
    if (models.empty() || models.back().first != gpu.profile.name) {
      models.emplace_back(gpu.profile.name, 0);
    }
    ++models.back().second;
  }
  std::string text;
  for (const auto& [name, count] : models) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  }
  return text.empty() ? "none" : text;
}

std::string StateName(const Gpu& gpu) {
  switch (gpu.state) {
    case simcuda::DeviceState::kHealthy:
      return "healthy";
    case simcuda::DeviceState::kBusy:
      return "busy";
    case simcuda::DeviceState::kExclusive:
      return "exclusive";
    case simcuda::DeviceState::kProhibited:
      return "prohibited";
    case simcuda::DeviceState::kLost:
      return "lost";
  }
  return "";
}

std::string GpuTable(const Host& host, const Style& style) {
  const std::vector<std::string> ordinals = suite::OrdinalsOf(host, host.mask);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < host.gpus.size(); ++i) {
    const Gpu& gpu = host.gpus[i];
    constexpr std::size_t kPrefix = 12;  // "GPU-8a3f01c2": enough for a mask
    rows.push_back({std::to_string(i), ordinals[i], gpu.profile.name,
                    SizeText(gpu.profile.memory_bytes),
                    gpu.used_bytes == 0 ? "-" : SizeText(gpu.used_bytes),
                    fmt::format("{}.{}", gpu.profile.compute_major, gpu.profile.compute_minor),
                    gpu.uuid.substr(0, kPrefix), StateName(gpu)});
  }
  return Table({{"GPU", true},
                {"CUDA"},
                {"name"},
                {"memory", true},
                {"used", true},
                {"compute", true},
                {"UUID"},
                {"state"}},
               rows, style);
}

}  // namespace

std::string HostTable(std::span<const Host> hosts, const Style& style) {
  std::vector<std::vector<std::string>> rows;
  for (const Host& host : hosts) {
    rows.push_back({host.name, Driver(host), GpuModels(host), host.about});
  }
  return Table({{"host"}, {"driver"}, {"GPUs"}, {"about"}}, rows, style);
}

std::string HostText(const Host& host, const Style& style) {
  std::string text = style.Bold(host.name) + "\n";
  for (const std::string& line : Wrap(host.about, style.width())) text += line + "\n";
  text += fmt::format("driver  {}\n", host.driver_version == 0 ? "none" : "CUDA " + Driver(host));
  text += fmt::format("mask    {}\n", host.mask.Text());
  if (host.start_error != 0) {
    const simcuda::ErrorText& error = simcuda::FindError(host.start_error);
    text += fmt::format("start   fails with {} ({})\n", error.name, error.text);
  }
  for (const simcuda::FaultRule& fault : host.faults) {
    text += fmt::format("fault   {}\n", host::TextOf(fault));
  }
  return host.gpus.empty() ? text + "no GPU\n" : text + "\n" + GpuTable(host, style);
}

}  // namespace portcullis::report
