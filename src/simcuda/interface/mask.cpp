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

// Elements up to the first that `read` says nothing about; none at all if one is repeated.
template <class Read>
std::vector<std::string_view> ReadElements(std::string_view mask, Read read) {
  std::vector<std::string_view> found;
  for (const std::string_view element : Split(mask)) {
    const std::optional<std::string_view> value = read(element);
    if (!value) break;
    if (std::find(found.begin(), found.end(), *value) != found.end()) return {};
    found.push_back(*value);
  }
  return found;
}

std::vector<std::size_t> ByOrdinal(std::string_view mask, std::size_t devices) {
  std::vector<std::size_t> visible;
  for (const std::string_view digits : ReadElements(mask, Ordinal)) {
    std::size_t ordinal = devices;
    if (digits.size() <= 9) ordinal = std::stoul(std::string(digits));
    if (ordinal >= devices) break;
    visible.push_back(ordinal);
  }
  return visible;
}

// The one device whose UUID begins so; nothing if there is none or more than one.
std::optional<std::size_t> ByPrefix(std::string_view prefix, std::span<const Uuid> uuids) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < uuids.size(); ++i) {
    if (!UuidText(uuids[i]).starts_with(prefix)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

std::vector<std::size_t> ByUuid(std::string_view mask, std::span<const Uuid> uuids) {
  const auto with_prefix = [](std::string_view element) -> std::optional<std::string_view> {
    if (!element.starts_with(kGpuPrefix)) return std::nullopt;
    return element;
  };
  std::vector<std::size_t> visible;
  for (const std::string_view element : ReadElements(mask, with_prefix)) {
    const std::optional<std::size_t> device = ByPrefix(element, uuids);
    if (!device) break;
    if (std::find(visible.begin(), visible.end(), *device) != visible.end()) return {};
    visible.push_back(*device);
  }
  return visible;
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

std::vector<std::size_t> VisibleDevices(std::optional<std::string_view> mask,
                                        std::span<const Uuid> uuids) {
  if (!mask) {
    std::vector<std::size_t> all(uuids.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  if (mask->starts_with(kGpuPrefix)) return ByUuid(*mask, uuids);
  if (mask->starts_with(kMigPrefix)) return {};  // no simulated GPU is partitioned
  return ByOrdinal(*mask, uuids.size());
}

}  // namespace portcullis::simcuda
