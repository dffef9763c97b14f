#include "src/simcuda/interface/mask.h"

#include <algorithm>
#include <numeric>

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

// The digits at the start of an element without leading zeros ("0" for zero): kept as text, so that
// no number is too large. Nothing if there is no number or a negative one.
std::optional<std::string_view> Ordinal(std::string_view element) {
  element = Trim(element);
  const bool negative = element.starts_with('-');
  if (negative || element.starts_with('+')) element.remove_prefix(1);
  std::string_view digits = element.substr(0, element.find_first_not_of("0123456789"));
  if (digits.empty()) return std::nullopt;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (negative && digits != "0") return std::nullopt;
  return digits;
}

std::optional<std::size_t> ByOrdinal(std::string_view element, std::size_t devices) {
  const auto digits = Ordinal(element);
  if (!digits || digits->size() > 9) return std::nullopt;
  const std::size_t ordinal = std::stoul(std::string(*digits));
  return ordinal < devices ? std::optional(ordinal) : std::nullopt;
}

// The one device whose UUID begins so; nothing if there is none or more than one.
std::optional<std::size_t> ByPrefix(std::string_view prefix, std::span<const Uuid> uuids) {
  if (!prefix.starts_with(kGpuPrefix) || prefix.size() == kGpuPrefix.size()) return std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < uuids.size(); ++i) {
    if (!UuidText(uuids[i]).starts_with(prefix)) continue;
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
