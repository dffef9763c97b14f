#include "src/checkpoint/json_devices.h"

#include <fmt/format.h>

namespace portcullis::checkpoint {

void JsonDevices::Visit(const JsonPath& path, const JsonValue& value) {
  const bool in_device = path.size() >= 2 && (path[path.size() - 2] == "device" ||
                                              path[path.size() - 2] == "as_device");
  if (!in_device) return;
  const JsonPath device(path.begin(), path.end() - 1);
  if (device != device_.path) Flush();
  device_.path = device;
  if (path.back() == "type" && value.kind == JsonValue::Kind::kString) {
    has_type_ = true;
    device_.device = value.text;
    device_.type = {value.offset, value.size};
  } else if (path.back() == "index") {
    device_.index = {value.offset, value.size};
    if (value.kind == JsonValue::Kind::kInt) index_ = fmt::format(":{}", value.number);
  }
}

void JsonDevices::Flush() {
  if (has_type_ && !device_.device.empty()) {
    device_.device += index_;
    found_(device_);
  }
  device_ = {};
  index_.clear();
  has_type_ = false;
}

}  // namespace portcullis::checkpoint
