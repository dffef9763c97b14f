#include "harness/report/device_map.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

namespace portcullis::report {
namespace {

using checkpoint::DeviceMap;

std::map<std::string, std::uint64_t> BytesByTag(const DeviceMap& map) {
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& storage : map.storages) bytes[storage.device] += storage.bytes;
  return bytes;
}

std::size_t NameWidth(const DeviceMap& map) {
  constexpr std::size_t kMost = 44;
  std::size_t width = 6;
  for (const auto& tensor : map.tensors) width = std::max(width, Columns(tensor.name));
  return std::min(width, kMost);
}

// Devices that are no tags: the load succeeds, and what uses them fails.
std::string Remaining(const DeviceMap& map) {
  std::map<std::string, std::string> first;  // by kind of place
  for (const auto& tag : map.tags) {
    const bool harmless = tag.place == checkpoint::Place::kStorageTag ||
                          tag.place == checkpoint::Place::kLookalike || tag.device == "cpu";
    if (!harmless) first.emplace(PlaceName(tag.place), tag.device);
  }
  std::string text;
  for (const auto& [place, device] : first) {
    text += fmt::format("      note: a {} names {}; no map_location reaches it\n", place, device);
  }
  return text;
}

std::string ShownTag(const std::string& device) { return device.empty() ? "-" : device; }

}  // namespace

std::string Bytes(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  constexpr double kStep = 1024;
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= kStep && unit + 1 < kUnits.size()) {
    amount /= kStep;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string Headline(const DeviceMap& map) {
  std::uint64_t all = 0;
  std::string tags;
  for (const auto& [device, bytes] : BytesByTag(map)) {
    all += bytes;
    tags += fmt::format("{}{} ({})", tags.empty() ? "" : ", ", ShownTag(device), Bytes(bytes));
  }
  return fmt::format("{}, {} tensors, {}, tags: {}", FormatName(map.format), map.tensors.size(),
                     Bytes(all), tags.empty() ? "none" : tags);
}

std::string DeviceMapTable(const DeviceMap& map, const Style& style) {
  const std::size_t width = NameWidth(map);
  std::string text = style.Bold(fmt::format("{}: {}\n", map.path, Headline(map)));
  for (const auto& tensor : map.tensors) {
    text +=
        fmt::format("  {:<{}}  {:<9} {:>10}  {:<8} [{}]\n", tensor.name, width, tensor.dtype,
                    Bytes(tensor.bytes), ShownTag(tensor.device), fmt::join(tensor.shape, ", "));
  }
  for (const auto& tag : map.tags) {
    if (tag.place == checkpoint::Place::kStorageTag) continue;
    const std::string where = tag.name.empty() ? tag.member : tag.name;
    text += fmt::format(
        "  {:<{}}  {} {}\n", where, width, style.Odd(tag.device),
        style.Dim(fmt::format("({}{}{} at byte {})", PlaceName(tag.place),
                              tag.member.empty() ? "" : " in ", tag.member, tag.offset)));
  }
  for (const std::string& warning : map.warnings) text += style.Odd("  " + warning) + "\n";
  return text;
}

nlohmann::json DeviceMapJson(const DeviceMap& map) {
  nlohmann::json json{{"path", map.path},
                      {"format", FormatName(map.format)},
                      {"storages", nlohmann::json::array()},
                      {"tensors", nlohmann::json::array()},
                      {"tags", nlohmann::json::array()},
                      {"globals", map.globals},
                      {"warnings", map.warnings}};
  for (const auto& storage : map.storages) {
    json["storages"].push_back({{"key", storage.key},
                                {"device", storage.device},
                                {"dtype", storage.dtype},
                                {"bytes", storage.bytes}});
  }
  for (const auto& tensor : map.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"dtype", tensor.dtype},
                               {"shape", tensor.shape},
                               {"bytes", tensor.bytes},
                               {"storage", tensor.storage},
                               {"device", tensor.device}});
  }
  for (const auto& tag : map.tags) {
    json["tags"].push_back({{"place", PlaceName(tag.place)},
                            {"device", tag.device},
                            {"member", tag.member},
                            {"offset", tag.offset},
                            {"storage", tag.storage},
                            {"name", tag.name}});
  }
  return json;
}

std::string CheckedText(const suite::Checked& checked, const Style& style) {
  if (!checked.map) return style.Bad("cannot read ") + checked.error + "\n";
  std::string text =
      fmt::format("{} {}: {}\n", checked.Loads() ? style.Good("ok   ") : style.Bad("fails"),
                  style.Bold(checked.file.string()), Headline(*checked.map));
  for (const auto& forecast : checked.forecasts) {
    const auto& said = forecast.prediction;
    if (said.loads && checked.Loads() && checked.forecasts.size() == 1) continue;
    text += fmt::format("      {} on {}, {}: {}\n", forecast.strategy, forecast.host,
                        forecast.runtime, said.loads ? style.Good("loads") : said.Text());
    if (said.loads) continue;
    text += fmt::format("        {}\n", said.reason);
    if (!said.remedy.empty()) text += fmt::format("        → {}\n", style.Bold(said.remedy));
  }
  return text + Remaining(*checked.map);
}

nlohmann::json CheckedJson(const suite::Checked& checked) {
  nlohmann::json json{{"file", checked.file.string()},
                      {"loads", checked.Loads()},
                      {"error", checked.error},
                      {"forecasts", nlohmann::json::array()}};
  if (checked.map) {
    json["format"] = FormatName(checked.map->format);
    json["tags"] = BytesByTag(*checked.map);
  }
  for (const auto& forecast : checked.forecasts) {
    json["forecasts"].push_back({{"host", forecast.host},
                                 {"runtime", forecast.runtime},
                                 {"strategy", forecast.strategy},
                                 {"outcome", forecast.prediction.Text()},
                                 {"loads", forecast.prediction.loads},
                                 {"supported", forecast.prediction.supported},
                                 {"error", forecast.prediction.error},
                                 {"phase", forecast.prediction.phase},
                                 {"reason", forecast.prediction.reason},
                                 {"remedy", forecast.prediction.remedy}});
  }
  return json;
}

}  // namespace portcullis::report
