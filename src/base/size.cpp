#include "src/base/size.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace portcullis {
namespace {

constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
constexpr unsigned kBitsPerUnit = 10;

}  // namespace

std::string SizeText(std::uint64_t bytes) {
  constexpr double kStep = 1024;
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= kStep && unit + 1 < kUnits.size()) {
    amount /= kStep;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return {};
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty()) return number;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (unit != kUnits[i]) continue;
    const auto bits = static_cast<unsigned>(i) * kBitsPerUnit;
    if (number > std::numeric_limits<std::uint64_t>::max() >> bits) return {};
    return number << bits;
  }
  return {};
}

}  // namespace portcullis
