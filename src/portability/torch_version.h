// Owns: versions of PyTorch, and the ranges of them that rules and scenarios name.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::portability {

// Major, minor, patch; what follows ("+cu130", "rc1") is not looked at.
struct TorchVersion {
  std::array<int, 3> parts{};
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes the zero within for a pointer
  auto operator<=>(const TorchVersion&) const = default;
  std::string Text() const;  // "2.6.0"
};

// "2.6", "2.6.0" or "2.6.0+cu124"; nothing if the text does not begin with two numbers.
std::optional<TorchVersion> ParseTorchVersion(std::string_view text);

// The version that rules describe where nobody names another.
inline constexpr TorchVersion kDefaultTorch{{2, 11, 0}};

// ">=2.6", "<2.6", ">=2.5 <2.7": every condition must hold. The empty range holds every version.
class TorchRange {
 public:
  // Nothing if the text is not conditions of this form: <, <=, >, >= or ==, and a version.
  static std::optional<TorchRange> Parse(std::string_view text);
  bool Holds(const TorchVersion& version) const;

 private:
  struct Condition {
    std::string_view sign;  // of the table in torch_version.cpp
    TorchVersion version;
  };
  std::vector<Condition> conditions_;
};

}  // namespace portcullis::portability
