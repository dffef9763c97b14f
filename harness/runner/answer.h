// Owns: reading a loader's answer as harness/loader/protocol.h says it must be, and saying exactly
// what is wrong where it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::runner {

enum class Outcome { kLoaded, kRaised, kUnsupported };
enum class LoadPhase { kLoad, kMove, kUse, kReadBack };

// One tensor as the loader found it after the strategy.
struct FoundTensor {
  std::string name;
  std::string dtype;                // "float32"
  std::vector<std::int64_t> shape;  // none negative
  std::string device;               // "cuda:0"
  std::uint64_t bytes = 0;
  std::string sha256;  // of the contiguous elements; "" on meta
  bool operator==(const FoundTensor&) const = default;
};

// One value that names a device and is data, not a tag of a tensor.
struct FoundValue {
  std::string name;
  std::string type;  // "str" or "torch.device"
  std::string text;
  bool operator==(const FoundValue&) const = default;
};

struct Answer {
  Outcome outcome = Outcome::kLoaded;
  LoadPhase phase = LoadPhase::kReadBack;  // where it raised; kReadBack when loaded
  std::string language;                    // "python" or "cpp"
  std::string torch;                       // "2.11.0+cu130"
  std::string cuda;                        // "13.0"; "" for a CPU-only build
  std::vector<FoundTensor> tensors;
  std::vector<FoundValue> values;
  std::string error_type, error_text;  // both empty when loaded
  double load_seconds = 0, move_seconds = 0, use_seconds = 0, read_back_seconds = 0;
};

// Exactly one of the two.
struct AnswerOrError {
  std::optional<Answer> answer;
  std::string protocol_error;  // "answered twice: …": says nothing about the checkpoint
};

// Reads all that a loader wrote to its answer pipe. `too_long`: the runner cut it.
AnswerOrError ReadAnswer(std::string_view bytes, bool too_long, std::string_view expected_case);

}  // namespace portcullis::runner
