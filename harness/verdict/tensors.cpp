#include "harness/verdict/tensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace portcullis::verdict {
namespace {

using checkpoints::ReferenceTensor;

// Where one tensor must be; "" if any of several devices will do.
std::string DeviceFor(const scenario::Devices& devices, const std::string& tag) {
  const auto with_index = [](const std::string& device) {
    return device == "cuda" ? std::string("cuda:0") : device;
  };
  if (devices.as_saved) return with_index(tag);
  if (!devices.all.empty()) return with_index(devices.all);
  const auto mapped = devices.by_tag.find(tag);
  return mapped == devices.by_tag.end() ? "" : with_index(mapped->second);
}

std::string CompareOne(const scenario::Devices& devices, const ReferenceTensor& expected,
                       const SeenTensor& seen) {
  if (seen.dtype != expected.dtype || seen.shape != expected.shape) {
    return fmt::format("tensor {}: expected {} [{}], observed {} [{}]", expected.name,
                       expected.dtype, fmt::join(expected.shape, ", "), seen.dtype,
                       fmt::join(seen.shape, ", "));
  }
  const std::string device = DeviceFor(devices, expected.device);
  const bool one_of = device.empty() && std::find(devices.any_of.begin(), devices.any_of.end(),
                                                  seen.device) != devices.any_of.end();
  if (!one_of && !devices.anywhere && seen.device != device) {
    return fmt::format("tensor {}: expected on {}, observed on {}", expected.name,
                       device.empty() ? devices.Text() : device, seen.device);
  }
  if (seen.device != "meta" && seen.sha256 != expected.sha256) {
    return fmt::format("tensor {}: {}: sha256 {:.12}…, expected {:.12}…", expected.name,
                       kWrongBytes, seen.sha256, expected.sha256);
  }
  return {};
}

// Parts: every device that was named must hold something.
void RequireEachUsed(const scenario::Devices& devices, const std::vector<SeenTensor>& seen,
                     std::vector<std::string>& found) {
  for (const std::string& device : devices.any_of) {
    const bool used = std::any_of(seen.begin(), seen.end(), [&](const SeenTensor& tensor) {
      return tensor.device == device;
    });
    if (!used) found.push_back(fmt::format("expected tensors on {}, observed none there", device));
  }
}

}  // namespace

std::string CompareMap(const checkpoint::DeviceMap& map, const checkpoints::Reference& reference,
                       bool without_attributes) {
  std::map<std::string, const checkpoint::TensorEntry*> read;
  for (const auto& tensor : map.tensors) read[tensor.name] = &tensor;
  for (const ReferenceTensor& tensor : reference.tensors) {
    const auto it = read.find(tensor.name);
    if (it == read.end()) return fmt::format("static reading misses the tensor {}", tensor.name);
    const checkpoint::TensorEntry& entry = *it->second;
    if (entry.dtype != tensor.dtype || !std::ranges::equal(entry.shape, tensor.shape) ||
        entry.device != tensor.device) {
      return fmt::format("static reading says {} is {} [{}] tagged {}, but it is {} [{}] tagged {}",
                         tensor.name, entry.dtype, fmt::join(entry.shape, ", "), entry.device,
                         tensor.dtype, fmt::join(tensor.shape, ", "), tensor.device);
    }
    read.erase(it);
  }
  // A tensor that TorchScript code holds is neither parameter nor buffer: no module lists it.
  std::erase_if(read,
                [](const auto& left) { return left.second->member.ends_with("constants.pkl"); });
  const bool may_be_attributes =
      !without_attributes && map.format == checkpoint::Format::kTorchScript;
  if (read.empty() || may_be_attributes) return {};
  return fmt::format("static reading sees the tensor {}, which no load reports",
                     read.begin()->first);
}

std::vector<std::string> TensorDifferences(const scenario::Devices& devices,
                                           const checkpoints::Reference& reference,
                                           const std::vector<SeenTensor>& seen) {
  std::vector<std::string> found;
  std::map<std::string, const SeenTensor*> by_name;
  for (const SeenTensor& tensor : seen) {
    if (!by_name.emplace(tensor.name, &tensor).second) {
      found.push_back(fmt::format("tensor {}: reported twice", tensor.name));
    }
  }
  for (const ReferenceTensor& expected : reference.tensors) {
    const auto it = by_name.find(expected.name);
    if (it == by_name.end()) {
      found.push_back(fmt::format("tensor {}: missing after the load", expected.name));
      continue;
    }
    if (auto difference = CompareOne(devices, expected, *it->second); !difference.empty()) {
      found.push_back(std::move(difference));
    }
    by_name.erase(it);
  }
  for (const auto& [name, tensor] : by_name) {
    found.push_back(fmt::format("tensor {}: not in the checkpoint", name));
  }
  RequireEachUsed(devices, seen, found);
  return found;
}

void CompareTensors(const scenario::Devices& devices, const checkpoints::Reference& reference,
                    const std::vector<SeenTensor>& seen, std::vector<std::string>& differences) {
  std::vector<std::string> found = TensorDifferences(devices, reference, seen);
  constexpr std::size_t kMost = 10;
  if (found.size() > kMost) {
    const std::size_t more = found.size() - kMost;
    found.resize(kMost);
    found.push_back(fmt::format("and {} more tensors", more));
  }
  differences.insert(differences.end(), found.begin(), found.end());
}

}  // namespace portcullis::verdict
