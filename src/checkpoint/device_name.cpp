#include "src/checkpoint/device_name.h"

#include <algorithm>

namespace portcullis::checkpoint {
namespace {

constexpr std::string_view kTypes[] = {"cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl",
                                       "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
                                       "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
                                       // renamed by torch.utils.rename_privateuse1_backend
                                       "npu", "mlu", "musa", "gcu", "dml", "sdaa", "openreg"};

bool IsIndex(std::string_view text) {
  constexpr std::size_t kMostDigits = 3;  // c10::DeviceIndex is a signed byte
  return !text.empty() && text.size() <= kMostDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool ReadsLikeDevice(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !IsIndex(text.substr(colon + 1))) return false;
  return std::find(std::begin(kTypes), std::end(kTypes), text.substr(0, colon)) != std::end(kTypes);
}

}  // namespace portcullis::checkpoint
