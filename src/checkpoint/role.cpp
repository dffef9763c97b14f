#include "src/checkpoint/role.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace portcullis::checkpoint {
namespace {

// Bytes of a generator's state: the CPU's Mersenne Twister (also its older, legacy form), and
// seed and offset of a GPU's Philox.
constexpr std::array<std::uint64_t, 3> kRngBytes{5056, 5048, 16};

bool IsNumber(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool SpeaksOfRng(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("rng") != std::string::npos || lower.find("random") != std::string::npos;
}

// state.0.exp_avg, optimizer.state.12.momentum_buffer, …
bool IsOptimizerState(std::string_view name) {
  constexpr std::string_view kState = "state.";
  for (std::size_t at = name.find(kState); at != std::string_view::npos;
       at = name.find(kState, at + 1)) {
    const bool is_part = at == 0 || name[at - 1] == '.';
    const std::string_view rest = name.substr(at + kState.size());
    const std::size_t dot = rest.find('.');
    if (is_part && dot != std::string_view::npos && IsNumber(rest.substr(0, dot))) return true;
  }
  return false;
}

}  // namespace

std::string_view RoleOf(const TensorEntry& tensor) {
  const bool sized = std::find(kRngBytes.begin(), kRngBytes.end(), tensor.bytes) != kRngBytes.end();
  const bool bytes = tensor.dtype == "uint8" && tensor.shape.size() == 1;
  if (bytes && sized && (tensor.bytes != 16 || SpeaksOfRng(tensor.name))) return "RNG state";
  return IsOptimizerState(tensor.name) ? "optimizer state" : "";
}

}  // namespace portcullis::checkpoint
