#include "harness/scenario/rules.h"

#include <algorithm>
#include <array>

#include "src/base/names.h"
#include "src/portability/error_catalog.h"

namespace portcullis::scenario {
namespace {

bool Among(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

std::vector<std::string> Texts(const YamlValue& rule, const std::string& key) {
  std::vector<std::string> texts;
  if (const auto value = rule.Find(key)) {
    for (const YamlValue& item : value->Items()) texts.push_back(item.Text());
  }
  return texts;
}

Amount ReadAmount(const YamlValue& value) {
  const auto amount = ParseAmount(value.Text());
  if (!amount) value.Fail(value.Found(), "bytes, weights, tensors, 2*weights or weights:<tag>");
  return *amount;
}

Moved ReadMoved(const YamlValue& value) {
  value.OnlyKeys({"host-to-device", "device-to-host", "device-to-device"});
  const auto amount = [&](const char* key) -> std::optional<Amount> {
    const auto found = value.Find(key);
    return found ? std::optional(ReadAmount(*found)) : std::nullopt;
  };
  return {amount("host-to-device"), amount("device-to-host"), amount("device-to-device")};
}

std::string ReadDevice(const YamlValue& value) {
  if (!portability::IsDevice(value.Text())) value.Fail(value.Found(), "a device such as cuda:0");
  return value.Text();
}

Devices ReadDevices(const YamlValue& value) {
  Devices devices;
  if (value.IsMap()) {
    for (const auto& [tag, device] : value.Pairs()) {
      devices.by_tag[ReadDevice(tag)] = ReadDevice(device);
    }
  } else if (value.IsList()) {
    for (const YamlValue& item : value.Items()) devices.any_of.push_back(ReadDevice(item));
  } else if (value.Text() == "as-saved") {
    devices.as_saved = true;
  } else {
    devices.all = ReadDevice(value);
  }
  return devices;
}

std::string ReadErrorClass(const YamlValue& value) {
  const std::string id = value.Text();
  if (portability::FindErrorClass(id) == nullptr) {
    std::vector<std::string> known;
    for (const auto& error : portability::ErrorCatalog()) known.emplace_back(error.id);
    value.Fail(UnknownName("error class", id, known));
  }
  return id;
}

void ReadVersions(const YamlValue& value, Rule& rule) {
  const auto torch = value.Find("torch");
  if (!torch) return;
  rule.torch_text = torch->Text();
  const auto range = portability::TorchRange::Parse(rule.torch_text);
  if (!range) torch->Fail(torch->Found(), "versions such as '<2.6' or '>=2.5 <2.7'");
  rule.torch = *range;
}

Shows ReadShows(const YamlValue& value) {
  constexpr std::array kShows{std::pair{"confirms", Shows::kConfirms},
                              std::pair{"limits", Shows::kLimits},
                              std::pair{"refutes", Shows::kRefutes}};
  for (const auto& [name, shows] : kShows) {
    if (value.Text() == name) return shows;
  }
  value.Fail(value.Found(), "confirms, limits or refutes");
}

Expectation ReadExpectation(const YamlValue& rule) {
  Expectation expectation;
  expectation.where = rule.Where();
  const auto loads = rule.Find("loads");
  const auto raises = rule.Find("raises");
  if (loads.has_value() == raises.has_value()) {
    rule.Fail("a rule says either what 'loads' (where to) or what it 'raises' (an error class)");
  }
  if (loads) expectation.loads = ReadDevices(*loads);
  if (raises) {
    expectation.raises = ReadErrorClass(*raises);
    const auto phase = rule.Find("in");
    expectation.phase = phase ? phase->Text() : "load";
    constexpr std::array kPhases{"load", "move", "use"};
    if (std::find(kPhases.begin(), kPhases.end(), expectation.phase) == kPhases.end()) {
      phase->Fail(phase->Found(), "load, move or use");
    }
  } else if (const auto phase = rule.Find("in")) {
    phase->Fail("'in' goes with 'raises'");
  }
  if (const auto moved = rule.Find("moved")) expectation.moved = ReadMoved(*moved);
  if (const auto shows = rule.Find("shows")) expectation.shows = ReadShows(*shows);
  if (const auto note = rule.Find("note")) expectation.note = note->Text();
  return expectation;
}

}  // namespace

bool Rule::Fits(const Case& c) const {
  return FitsOfAnyVersion(c) && torch.Holds(c.torch.value_or(portability::kDefaultTorch));
}

bool Rule::FitsOfAnyVersion(const Case& c) const {
  return Among(checkpoints, c.checkpoint) &&
         (Among(hosts, c.host) || Among(hosts, HostAndMask(c.host, c.mask))) &&
         Among(masks, c.mask.Text()) && Among(runtimes, c.runtime) &&
         (Among(strategies, c.strategy.Text()) ||
          Among(strategies, std::string(c.strategy.Row().name)));
}

std::vector<Rule> ReadRules(const YamlValue& expect) {
  if (!expect.IsList()) expect.Fail(expect.Found(), "a list of rules");
  std::vector<Rule> rules;
  for (const YamlValue& rule : expect.Items()) {
    rule.OnlyKeys({"checkpoint", "host", "mask", "runtime", "torch", "strategy", "loads", "raises",
                   "in", "moved", "shows", "note"});
    rules.push_back({Texts(rule, "checkpoint"), Texts(rule, "host"), Texts(rule, "mask"),
                     Texts(rule, "runtime"), Texts(rule, "strategy"), ReadExpectation(rule)});
    ReadVersions(rule, rules.back());
  }
  return rules;
}

}  // namespace portcullis::scenario
