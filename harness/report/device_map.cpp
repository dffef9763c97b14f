#include "harness/report/device_map.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <vector>

#include "src/base/size.h"
#include "src/checkpoint/printable.h"
#include "src/checkpoint/role.h"

namespace portcullis::report {
namespace {

using checkpoint::DeviceMap;
using checkpoint::TensorEntry;

constexpr std::size_t kGap = 2;  // between columns

struct Total {
  std::size_t storages = 0, tensors = 0;
  std::uint64_t bytes = 0;  // of the storages, each once
};

std::map<std::string, Total> TotalsByTag(const DeviceMap& map) {
  std::map<std::string, Total> totals;
  for (const auto& storage : map.storages) {
    ++totals[storage.device].storages;
    totals[storage.device].bytes += storage.bytes;
  }
  for (const auto& tensor : map.tensors) ++totals[tensor.device].tensors;
  return totals;
}

std::string Pad(const std::string& text, std::size_t width, bool right = false) {
  const std::string blank(width - std::min(width, Columns(text)), ' ');
  return right ? blank + text : text + blank;
}

// Rows of text with columns that line up; the first one is shortened where a line would not fit.
class Rows {
 public:
  explicit Rows(std::vector<bool> right) : right_(std::move(right)), widths_(right_.size()) {}

  void Add(std::vector<std::string> row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths_[i] = std::max(widths_[i], Columns(row[i]));
    }
    rows_.push_back(std::move(row));
  }

  std::string Text(const Style& style) const {
    constexpr std::size_t kIndent = 2;
    constexpr std::size_t kLeast = 16;
    std::size_t others = kIndent;
    for (std::size_t i = 1; i < widths_.size(); ++i) {
      others += widths_[i] == 0 ? 0 : widths_[i] + kGap;
    }
    const std::size_t left = style.width() > others ? style.width() - others : 0;
    const std::size_t first = std::min(widths_[0], std::max(left, kLeast));
    std::string text;
    for (const auto& row : rows_) text += Line(row, first, kIndent);
    return text;
  }

 private:
  std::string Line(const std::vector<std::string>& row, std::size_t first,
                   std::size_t indent) const {
    std::string line = std::string(indent, ' ') + Pad(ShortenedName(row[0], first), first);
    for (std::size_t i = 1; i < row.size(); ++i) {
      if (widths_[i] == 0) continue;
      line += std::string(kGap, ' ') + Pad(row[i], widths_[i], right_[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }

  std::vector<bool> right_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

// "optimizer state", "shares base": what else there is to say of a tensor.
class Notes {
 public:
  explicit Notes(const DeviceMap& map) {
    for (const auto& tensor : map.tensors) {
      if (!tensor.storage.empty()) first_.emplace(tensor.storage, &tensor);
    }
  }
  std::string Of(const TensorEntry& tensor) const {
    const auto first = first_.find(tensor.storage);
    if (first != first_.end() && first->second != &tensor) {
      constexpr std::size_t kMost = 16;
      return "shares " + ShortenedName(first->second->name, kMost);
    }
    return std::string(RoleOf(tensor));
  }

 private:
  std::map<std::string, const TensorEntry*> first_;  // tensor of each storage
};

std::string TensorRows(const DeviceMap& map, const Style& style) {
  const Notes notes(map);
  Rows rows({false, false, false, true, false, false});
  for (const auto& tensor : map.tensors) {
    rows.Add({tensor.name, tensor.dtype, fmt::format("[{}]", fmt::join(tensor.shape, ", ")),
              SizeText(tensor.bytes), ShownTag(tensor.device), notes.Of(tensor)});
  }
  return rows.Text(style);
}

// Devices that are no storage's tag.
std::string OtherRows(const DeviceMap& map, const Style& style) {
  Rows rows({false, false, false, false});
  bool any = false;
  for (const auto& tag : map.tags) {
    if (tag.place == checkpoint::Place::kStorageTag) continue;
    any = true;
    rows.Add({tag.name.empty() ? tag.member : tag.name, tag.device, PlaceName(tag.place),
              fmt::format("at byte {}{}", tag.offset,
                          tag.name.empty() || tag.member.empty()
                              ? ""
                              : " of " + tag.member.substr(tag.member.rfind('/') + 1))});
  }
  return any ? style.Bold("other devices named") + "\n" + rows.Text(style) : "";
}

std::string TotalRows(const DeviceMap& map, const Style& style) {
  Rows rows({false, true, true, true});
  for (const auto& [device, total] : TotalsByTag(map)) {
    rows.Add({ShownTag(device), fmt::format("{} tensors", total.tensors),
              fmt::format("{} storages", total.storages), SizeText(total.bytes)});
  }
  return style.Bold("by tag") + "\n" + rows.Text(style);
}

}  // namespace

std::string ShownTag(const std::string& device) { return device.empty() ? "-" : device; }

std::string ShortenedName(const std::string& name, std::size_t columns) {
  if (Columns(name) <= columns || columns < 4) return name;
  // Ends tell more than beginnings: a third for the beginning, the rest for the end.
  const std::size_t head = columns / 3;
  std::size_t begin = 0;
  for (std::size_t seen = 0; begin < name.size() && seen < head; ++seen) {
    ++begin;
    while (begin < name.size() && (static_cast<unsigned char>(name[begin]) & 0xC0U) == 0x80U) {
      ++begin;
    }
  }
  std::size_t end = name.size();
  for (std::size_t seen = 0; end > begin && seen < columns - head - 1; ++seen) {
    --end;
    while (end > begin && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  }
  return name.substr(0, begin) + "…" + name.substr(end);
}

std::string DeviceMapTable(const DeviceMap& map, const Style& style) {
  std::string text =
      style.Bold(fmt::format("{}: {}\n", checkpoint::Printable(map.path), FormatName(map.format))) +
      TensorRows(map, style) + OtherRows(map, style) + TotalRows(map, style);
  for (const auto& warning : map.warnings) {
    for (const std::string& line : Wrap("warning: " + warning.text, style.width())) {
      text += style.Odd(line) + "\n";
    }
  }
  return text;
}

nlohmann::json DeviceMapJson(const DeviceMap& map) {
  using nlohmann::json;
  json document{{"path", map.path},          {"format", FormatName(map.format)},
                {"storages", json::array()}, {"tensors", json::array()},
                {"tags", json::array()},     {"totals", json::object()},
                {"globals", json::array()},  {"warnings", json::array()}};
  for (const auto& global : map.globals) document["globals"].push_back(global.name);
  for (const auto& storage : map.storages) {
    document["storages"].push_back({{"key", storage.key},
                                    {"device", storage.device},
                                    {"dtype", storage.dtype},
                                    {"bytes", storage.bytes}});
  }
  for (const auto& tensor : map.tensors) {
    document["tensors"].push_back({{"name", tensor.name},
                                   {"dtype", tensor.dtype},
                                   {"shape", tensor.shape},
                                   {"bytes", tensor.bytes},
                                   {"storage", tensor.storage},
                                   {"device", tensor.device},
                                   {"role", RoleOf(tensor)}});
  }
  for (const auto& tag : map.tags) {
    document["tags"].push_back({{"place", PlaceName(tag.place)},
                                {"device", tag.device},
                                {"member", tag.member},
                                {"offset", tag.offset},
                                {"storage", tag.storage},
                                {"name", tag.name}});
  }
  for (const auto& [device, total] : TotalsByTag(map)) {
    document["totals"][device] = {
        {"tensors", total.tensors}, {"storages", total.storages}, {"bytes", total.bytes}};
  }
  for (const auto& warning : map.warnings) document["warnings"].push_back(warning.text);
  return document;
}

}  // namespace portcullis::report
