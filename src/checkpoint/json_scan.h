// Owns: going through JSON text of any size with the place of every string, by nlohmann's parser.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/bytes.h"

namespace portcullis::checkpoint {

// Keys from the root down to a value; of an array's element the index: {"config", "w", "sizes",
// "0"}.
using JsonPath = std::vector<std::string>;

struct JsonValue {
  enum class Kind { kString, kInt, kOther } kind = Kind::kOther;
  std::string_view text;     // of a string, decoded; valid during the call
  std::uint64_t offset = 0;  // of its first character; of a string within its quotes
  std::uint64_t size = 0;    // bytes in the text, as written; of a string between its quotes
  std::int64_t number = 0;
};

// Calls `visit` for every string, number, boolean and null in `json`, in order. Streams: memory
// grows with the depth, not with the text. Throws CheckpointError for text that is not JSON, or
// nested too deep.
void ScanJson(const Source& json,
              const std::function<void(const JsonPath&, const JsonValue&)>& visit);

// True if the path's last keys are these.
bool EndsWith(const JsonPath& path, std::initializer_list<std::string_view> keys);

}  // namespace portcullis::checkpoint
