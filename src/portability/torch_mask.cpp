#include "src/portability/torch_mask.h"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace portcullis::portability {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr TorchVersion kReadsUuids{{2, 0, 0}};

std::vector<std::string_view> Elements(std::string_view mask) {
  std::vector<std::string_view> elements;
  for (;;) {
    const std::size_t comma = mask.find(',');
    elements.push_back(mask.substr(0, comma));
    if (comma == std::string_view::npos) return elements;
    mask.remove_prefix(comma + 1);
  }
}

std::string_view Stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// The number that a text begins with, of any length, without leading zeros; "" if there is none or
// it is below zero.
std::string_view NumberIn(std::string_view element, bool signs) {
  std::string_view text = Stripped(element);
  const bool negative = signs && text.starts_with('-');
  if (signs && (negative || text.starts_with('+'))) text.remove_prefix(1);
  text = text.substr(0, std::min(text.find_first_not_of(kDigits), text.size()));
  if (text.empty()) return {};
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  return negative && text != "0" ? std::string_view() : text;
}

bool IsBelow(std::string_view number, std::size_t limit) {
  constexpr std::size_t kDigitsOfAny = std::numeric_limits<std::size_t>::digits10;
  return number.size() <= kDigitsOfAny && std::stoull(std::string(number)) < limit;
}

// 1.13: the GPUs that are named anywhere in the mask.
std::size_t CountNamed(std::string_view mask, std::size_t gpus) {
  std::set<std::string_view> named;
  for (const std::string_view element : Elements(mask)) {
    const std::string_view number = NumberIn(element, false);
    if (!number.empty() && IsBelow(number, gpus)) named.insert(number);
  }
  return named.size();
}

// 2.0 on: nothing if a number comes twice before the first that is none; else what comes before the
// first that is none or beyond the GPUs.
std::size_t CountNumbers(std::string_view mask, std::size_t gpus) {
  std::set<std::string_view> seen;
  std::optional<std::size_t> end;
  for (const std::string_view element : Elements(mask)) {
    const std::string_view number = NumberIn(element, true);
    if (number.empty()) break;
    if (!end && !IsBelow(number, gpus)) end = seen.size();
    if (!seen.insert(number).second) return 0;
  }
  return end.value_or(seen.size());
}

// The only GPU whose UUID begins so; nothing if there is none or several.
std::optional<std::size_t> Find(std::string_view beginning, std::span<const std::string> uuids) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < uuids.size(); ++i) {
    if (!uuids[i].starts_with(beginning)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

// The elements before the first that begins otherwise; none if one of them comes twice.
std::vector<std::string_view> NamesIn(std::string_view mask, std::string_view prefix) {
  std::vector<std::string_view> named;
  for (const std::string_view element : Elements(mask)) {
    if (std::find(named.begin(), named.end(), element) != named.end()) return {};
    if (!element.starts_with(prefix)) break;
    named.push_back(element);
  }
  return named;
}

std::size_t CountUuids(std::string_view mask, std::span<const std::string> uuids) {
  std::set<std::size_t> gpus;
  for (const std::string_view beginning : NamesIn(mask, "GPU-")) {
    const auto gpu = Find(beginning, uuids);
    if (!gpu) break;
    if (!gpus.insert(*gpu).second) return 0;
  }
  return gpus.size();
}

}  // namespace

std::optional<std::size_t> CountedByTorch(std::string_view mask, std::span<const std::string> uuids,
                                          const TorchVersion& torch) {
  if (torch < kReadsUuids) return CountNamed(mask, uuids.size());
  if (mask.starts_with("MIG-")) {
    return NamesIn(mask, "MIG-").empty() ? std::optional<std::size_t>(0) : std::nullopt;
  }
  return mask.starts_with("GPU-") ? CountUuids(mask, uuids) : CountNumbers(mask, uuids.size());
}

}  // namespace portcullis::portability
