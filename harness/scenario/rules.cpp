#include "harness/scenario/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

#include "src/base/names.h"
#include "src/portability/error_catalog.h"

namespace portcullis::scenario {
namespace {

const std::string kNone = "none";  // a case without a fault, or without damage

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

int ReadSignal(const YamlValue& value) {
  const int number = SignalNumber(value.Text());
  if (number == 0) value.Fail(value.Found(), "a signal such as SIGKILL");
  return number;
}

// "1500 ms" or "2 s".
std::chrono::milliseconds ReadTime(const YamlValue& value) {
  static const std::regex form(R"(([1-9]\d{0,5}) ?(ms|s))");
  std::smatch match;
  const std::string text = value.Text();
  if (!std::regex_match(text, match, form)) value.Fail(value.Found(), "a time such as 2 s");
  return std::chrono::milliseconds(std::stoi(match[1]) * (match[2] == "s" ? 1000 : 1));
}

// Among two words: whether it is the second.
bool ReadSecond(const YamlValue& value, const char* first, const char* second) {
  if (value.Text() != first && value.Text() != second) {
    value.Fail(value.Found(), fmt::format("{} or {}", first, second));
  }
  return value.Text() == second;
}

void RequireOneOutcome(const YamlValue& rule) {
  constexpr std::array kOutcomes{"loads", "raises", "wrong-bytes", "crashes", "times-out"};
  const auto said = std::count_if(kOutcomes.begin(), kOutcomes.end(),
                                  [&](const char* key) { return rule.Find(key).has_value(); });
  if (said == 1) return;
  rule.Fail(
      "a rule says one outcome: what 'loads' (where to), 'raises' (an error class), "
      "'wrong-bytes' (where to), 'crashes' (a signal) or 'times-out' (a time)");
}

// What is said of faults and damages besides the outcome.
void ReadAround(const YamlValue& rule, Expectation& expectation) {
  if (const auto memory = rule.Find("memory")) {
    expectation.memory_held = ReadSecond(*memory, "given-back", "held");
  }
  if (const auto fires = rule.Find("fires")) {
    expectation.fault_idle = ReadSecond(*fires, "yes", "never");
  }
  if (const auto leaves = rule.Find("leaves")) {
    expectation.leaves = leaves->Text();
    constexpr std::array kLeaves{"nothing", "partial", "whole"};
    if (std::find(kLeaves.begin(), kLeaves.end(), expectation.leaves) == kLeaves.end()) {
      leaves->Fail(leaves->Found(), "nothing, partial or whole");
    }
  }
  if (const auto reader = rule.Find("reader")) {
    expectation.reader_refuses = ReadSecond(*reader, "reads", "refuses");
  }
}

Expectation ReadExpectation(const YamlValue& rule) {
  Expectation expectation;
  expectation.where = rule.Where();
  RequireOneOutcome(rule);
  const auto raises = rule.Find("raises");
  if (const auto loads = rule.Find("loads")) expectation.loads = ReadDevices(*loads);
  if (const auto wrong = rule.Find("wrong-bytes")) expectation.wrong_bytes = ReadDevices(*wrong);
  if (const auto crashes = rule.Find("crashes")) expectation.crashes = ReadSignal(*crashes);
  if (const auto time = rule.Find("times-out")) expectation.times_out = ReadTime(*time);
  ReadAround(rule, expectation);
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
          Among(strategies, std::string(c.strategy.Row().name))) &&
         Among(faults, c.fault.empty() ? kNone : c.fault) &&
         Among(damages, c.damage.empty() ? kNone : c.damage);
}

std::vector<Rule> ReadRules(const YamlValue& expect) {
  if (!expect.IsList()) expect.Fail(expect.Found(), "a list of rules");
  std::vector<Rule> rules;
  for (const YamlValue& rule : expect.Items()) {
    rule.OnlyKeys({"checkpoint", "host",   "mask",  "runtime", "torch",       "strategy",
                   "fault",      "damage", "loads", "raises",  "wrong-bytes", "crashes",
                   "times-out",  "in",     "moved", "memory",  "fires",       "leaves",
                   "reader",     "shows",  "note"});
    rules.push_back({Texts(rule, "checkpoint"), Texts(rule, "host"), Texts(rule, "mask"),
                     Texts(rule, "runtime"), Texts(rule, "strategy"), Texts(rule, "fault"),
                     Texts(rule, "damage"), ReadExpectation(rule)});
    ReadVersions(rule, rules.back());
  }
  return rules;
}

}  // namespace portcullis::scenario
