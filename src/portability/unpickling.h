// Owns: where unpickling ends with an error that is no device's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "src/checkpoint/device_map.h"

namespace portcullis::portability {

struct UnpicklingEnd {
  checkpoint::PicklePoint at;
  std::string_view error;  // id of an error class
  std::string reason;
};

// The first of several.
class FirstEnd {
 public:
  void Add(const checkpoint::PicklePoint& at, std::string_view error, std::string reason) {
    if (!end_ || at < end_->at) end_ = UnpicklingEnd{at, error, std::move(reason)};
  }
  void Add(std::optional<UnpicklingEnd> end) {
    if (end) Add(end->at, end->error, std::move(end->reason));
  }
  std::optional<UnpicklingEnd> Take() { return std::move(end_); }

 private:
  std::optional<UnpicklingEnd> end_;
};

}  // namespace portcullis::portability
