// Owns: the devices in the JSON of exported programs: {"type": "cuda", "index": 0} under a key
// "device" or "as_device" (torch/_export/serde/schema.py of PyTorch 2.11, Device).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "src/checkpoint/json_scan.h"

namespace portcullis::checkpoint {

struct JsonDevice {
  // Bytes of the text, as written.
  struct Span {
    std::uint64_t offset = 0, size = 0;
  };
  JsonPath path;              // of the device
  std::string device;         // "cuda:0"
  Span type;                  // between the quotes
  std::optional<Span> index;  // a number or null; none if the key is missing
};

// Gathers the parts of each device from a scan, and tells of it when it is whole.
class JsonDevices {
 public:
  using Found = std::function<void(const JsonDevice&)>;
  explicit JsonDevices(Found found) : found_(std::move(found)) {}

  // For every value of the scan.
  void Visit(const JsonPath& path, const JsonValue& value);
  // At its end.
  void Flush();

 private:
  Found found_;
  JsonDevice device_;
  std::string index_;
  bool has_type_ = false;
};

}  // namespace portcullis::checkpoint
