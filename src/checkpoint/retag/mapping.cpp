#include "src/checkpoint/retag/mapping.h"

#include <fmt/format.h>

#include "src/base/error.h"
#include "src/checkpoint/device_name.h"

namespace portcullis::checkpoint {
namespace {

void RequireDevice(const std::string& device) {
  if (IsStorageLocation(device)) return;
  throw UsageError(fmt::format(
      "found '{}', expected a device that torch.load restores: cpu, meta, mps; or cuda,\n"
      "xpu, hpu, mtia, privateuseone (npu, mlu, …), alone or with an index as :0 to :127\n"
      "  next: name one of them, as cpu or cuda:0: PyTorch would not load the file with "
      "this tag",
      device));
}

}  // namespace

DeviceMapping DeviceMapping::To(const std::string& device) {
  RequireDevice(device);
  DeviceMapping mapping;
  mapping.all_ = device;
  return mapping;
}

DeviceMapping DeviceMapping::Pairs(std::span<const std::string> pairs) {
  DeviceMapping mapping;
  for (const std::string& pair : pairs) {
    const std::size_t sign = pair.rfind('=');  // a tag in a file may be anything
    if (sign == std::string::npos || sign == 0) {
      throw UsageError(
          fmt::format("found '{}', expected a pair of devices, as cuda:1=cuda:0", pair));
    }
    const std::string from = pair.substr(0, sign);
    const std::string to = pair.substr(sign + 1);
    RequireDevice(to);
    const auto [known, is_new] = mapping.pairs_.try_emplace(from, to);
    if (!is_new && known->second != to) {
      throw UsageError(
          fmt::format("found {0}={1} and {0}={2}, expected one of them", from, known->second, to));
    }
  }
  return mapping;
}

std::string_view DeviceMapping::Of(std::string_view device) const {
  if (!all_.empty()) return device == "meta" ? device : std::string_view(all_);
  const auto found = pairs_.find(device);
  return found == pairs_.end() ? device : std::string_view(found->second);
}

std::vector<std::string> DeviceMapping::Unmatched(const std::set<std::string>& devices) const {
  std::vector<std::string> pairs;
  for (const auto& [from, to] : pairs_) {
    if (!devices.contains(from)) pairs.push_back(fmt::format("{}={}", from, to));
  }
  return pairs;
}

std::string DeviceMapping::Text() const {
  if (!all_.empty()) return "--to " + all_;
  std::string text;
  for (const auto& [from, to] : pairs_) {
    text += fmt::format("{}--map {}={}", text.empty() ? "" : " ", from, to);
  }
  return text;
}

}  // namespace portcullis::checkpoint
