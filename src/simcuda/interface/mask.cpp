#include "src/simcuda/interface/mask.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <numeric>
#include <system_error>

namespace portcullis::simcuda {
namespace {

constexpr std::string_view kGpuPrefix = "GPU-";
constexpr std::string_view kMigPrefix = "MIG-";
constexpr std::string_view kWhitespace = " \t\n\v\f\r";

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> elements;
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = text.find(',');
    elements.push_back(text.substr(0, comma));
    if (comma != std::string_view::npos) text.remove_prefix(comma + 1);
  }
  return elements;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhitespace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhitespace) - first + 1);
}

// The number at the start of an element as strtol reads it, then cut to an int: 2^32 is 0, and what
// is too large for a long ends as -1. Nothing if there is no number.
std::optional<std::int32_t> Number(std::string_view element) {
  element = Trim(element);
  const bool negative = element.starts_with('-');
  if (negative || element.starts_with('+')) element.remove_prefix(1);
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(element.data(), element.data() + element.size(), magnitude);
  if (error == std::errc::invalid_argument) return std::nullopt;
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (error == std::errc::result_out_of_range || magnitude > kLargest) magnitude = kLargest;
  const auto low = static_cast<std::uint32_t>(magnitude);
  return static_cast<std::int32_t>(negative ? 0U - low : low);
}

std::optional<std::size_t> ByOrdinal(std::string_view element, std::size_t devices) {
  const auto number = Number(element);
  if (!number || *number < 0) return std::nullopt;
  const auto ordinal = static_cast<std::size_t>(*number);
  return ordinal < devices ? std::optional(ordinal) : std::nullopt;
}

// The one device whose UUID begins so, in either case; nothing if there is none or more than one.
// What is longer than a UUID is read no further.
std::optional<std::size_t> ByPrefix(std::string_view element, std::span<const Uuid> uuids) {
  constexpr std::size_t kUuidLength = 36;
  if (!element.starts_with(kGpuPrefix)) return std::nullopt;
  std::string digits(element.substr(kGpuPrefix.size(), kUuidLength));
  if (digits.empty()) return std::nullopt;
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < uuids.size(); ++i) {
    if (!UuidText(uuids[i]).substr(kGpuPrefix.size()).starts_with(digits)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

// The first element that names no device ends the list.
template <class Read>
Masked ReadElements(std::string_view mask, Read read) {
  Masked masked;
  for (const std::string_view element : Split(mask)) {
    const std::optional<std::size_t> device = read(element);
    if (!device) break;
    if (std::find(masked.devices.begin(), masked.devices.end(), *device) != masked.devices.end()) {
      return {{}, true};
    }
    masked.devices.push_back(*device);
  }
  return masked;
}

}  // namespace

std::string UuidText(const Uuid& uuid) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text(kGpuPrefix);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[uuid[i] >> 4];
    text += kHex[uuid[i] & 15];
  }
  return text;
}

Masked ReadMask(std::optional<std::string_view> mask, std::span<const Uuid> uuids) {
  if (!mask) {
    Masked all;
    all.devices.resize(uuids.size());
    std::iota(all.devices.begin(), all.devices.end(), std::size_t{0});
    return all;
  }
  if (mask->starts_with(kMigPrefix)) return {};  // no simulated GPU is partitioned
  const bool by_uuid = mask->starts_with(kGpuPrefix);
  return ReadElements(*mask, [&](std::string_view element) {
    return by_uuid ? ByPrefix(element, uuids) : ByOrdinal(element, uuids.size());
  });
}

std::vector<std::size_t> VisibleDevices(std::optional<std::string_view> mask,
                                        std::span<const Uuid> uuids) {
  return ReadMask(mask, uuids).devices;
}

}  // namespace portcullis::simcuda
