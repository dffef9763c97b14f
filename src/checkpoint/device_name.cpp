#include "src/checkpoint/device_name.h"

#include <algorithm>
#include <charconv>

namespace portcullis::checkpoint {
namespace {

constexpr std::string_view kTypes[] = {
    "cpu",  "cuda", "ipu", "xpu",  "mkldnn", "opengl", "opencl", "ideep", "hip",  "ve",
    "fpga", "maia", "xla", "lazy", "vulkan", "mps",    "meta",   "hpu",   "mtia", "privateuseone"};

// What torch.utils.rename_privateuse1_backend renames privateuseone to.
constexpr std::string_view kRenamed[] = {"npu", "mlu", "musa", "gcu", "dml", "sdaa", "openreg"};

// torch/serialization.py of PyTorch 2.11 has a way back for these, and for privateuseone under its
// new name: _cpu_deserialize and _meta_deserialize take whole words, _mps_tag writes one.
constexpr std::string_view kLocations[] = {"cpu", "meta", "mps"};
constexpr std::string_view kNumberedLocations[] = {"cuda", "hpu", "xpu", "mtia", "privateuseone"};

template <std::size_t size>
bool Holds(const std::string_view (&names)[size], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// The index of a device, as c10/core/Device.cpp takes it: without leading zeros.
bool IsWritten(std::string_view index) {
  int value = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), value);
  const bool whole = error == std::errc() && end == index.data() + index.size();
  return whole && index[0] != '-' && (index.size() == 1 || index[0] != '0');
}

bool IsNumber(std::string_view text) {
  constexpr std::size_t kMostDigits = 3;
  return !text.empty() && text.size() <= kMostDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// c10::DeviceIndex is a signed byte.
bool IsIndex(std::string_view text) {
  constexpr int kMost = 127;
  if (!IsNumber(text) || !IsWritten(text)) return false;
  int index = 0;
  std::from_chars(text.data(), text.data() + text.size(), index);
  return index <= kMost;
}

}  // namespace

bool ReadsLikeDevice(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !IsNumber(text.substr(colon + 1))) return false;
  const std::string_view type = text.substr(0, colon);
  return Holds(kTypes, type) || Holds(kRenamed, type);
}

bool ParsesAsDevice(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (!Holds(kTypes, text.substr(0, colon))) return false;
  return colon == std::string_view::npos || IsWritten(text.substr(colon + 1));
}

bool IsStorageLocation(std::string_view text) {
  if (Holds(kLocations, text)) return true;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !IsIndex(text.substr(colon + 1))) return false;
  const std::string_view type = text.substr(0, colon);
  return Holds(kNumberedLocations, type) || Holds(kRenamed, type);
}

}  // namespace portcullis::checkpoint
