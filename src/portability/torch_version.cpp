#include "src/portability/torch_version.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace portcullis::portability {
namespace {

// The longer signs first: "<=" begins with "<".
constexpr std::array<std::string_view, 5> kSigns{"<=", ">=", "==", "<", ">"};

bool Holds(std::string_view sign, std::strong_ordering order) {
  if (sign == "<=") return std::is_lteq(order);
  if (sign == ">=") return std::is_gteq(order);
  if (sign == "==") return std::is_eq(order);
  return sign == "<" ? std::is_lt(order) : std::is_gt(order);
}

}  // namespace

std::string TorchVersion::Text() const { return fmt::format("{}", fmt::join(parts, ".")); }

std::optional<TorchVersion> ParseTorchVersion(std::string_view text) {
  TorchVersion version;
  std::size_t read = 0;
  for (const char* at = text.data(); read < version.parts.size(); ++read) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(at, end, version.parts[read]);
    if (error != std::errc() || version.parts[read] < 0) break;
    if (stop == end || *stop != '.') {
      ++read;
      break;
    }
    at = stop + 1;
  }
  constexpr std::size_t kFewest = 2;
  return read < kFewest ? std::nullopt : std::optional(version);
}

std::optional<TorchRange> TorchRange::Parse(std::string_view text) {
  TorchRange range;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return range;
    const std::string_view word = text.substr(0, text.find(' '));
    const auto* sign = std::find_if(kSigns.begin(), kSigns.end(),
                                    [&](std::string_view each) { return word.starts_with(each); });
    if (sign == kSigns.end()) return std::nullopt;
    const std::string_view number = word.substr(sign->size());
    const auto version = ParseTorchVersion(number);
    if (!version || number.find_first_not_of("0123456789.") != std::string_view::npos) {
      return std::nullopt;
    }
    range.conditions_.push_back({*sign, *version});
    text.remove_prefix(word.size());
  }
}

bool TorchRange::Holds(const TorchVersion& version) const {
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return portability::Holds(condition.sign, version <=> condition.version);
  });
}

}  // namespace portcullis::portability
