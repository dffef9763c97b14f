#include "harness/scenario/case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <cstring>
#include <regex>

#include "src/base/error.h"

namespace portcullis::scenario {

std::string Amount::Text() const {
  if (of == Of::kBytes) return fmt::format("{}", times);
  return fmt::format("{}{}{}{}", times == 1 ? "" : fmt::format("{}*", times),
                     of == Of::kStorages ? "weights" : "tensors", tag.empty() ? "" : ":", tag);
}

std::optional<Amount> ParseAmount(const std::string& text) {
  static const std::regex form(R"((?:(\d{1,18})|(?:([1-9])\*)?(weights|tensors)(?::(.+))?))");
  std::smatch match;
  if (!std::regex_match(text, match, form)) return std::nullopt;
  if (match[1].matched) return Amount{Amount::Of::kBytes, std::stoull(match[1]), ""};
  if (match[4].matched && !portability::IsDevice(match[4].str())) return std::nullopt;
  return Amount{match[3] == "weights" ? Amount::Of::kStorages : Amount::Of::kTensors,
                match[2].matched ? std::stoull(match[2]) : 1, match[4]};
}

std::string Devices::Text() const {
  if (as_saved) return "as saved";
  if (anywhere) return "anywhere";
  if (!all.empty()) return all;
  if (!any_of.empty()) return fmt::format("{}", fmt::join(any_of, " and "));
  std::string text;
  for (const auto& [tag, device] : by_tag) {
    text += fmt::format("{}{} on {}", text.empty() ? "" : ", ", tag, device);
  }
  return text;
}

std::string Expectation::Text() const {
  if (loads) return "loads: " + loads->Text();
  if (wrong_bytes) return "loads with wrong bytes: " + wrong_bytes->Text();
  if (crashes != 0) return "is ended by " + SignalName(crashes);
  if (times_out.count() != 0) return fmt::format("does not end within {} ms", times_out.count());
  return fmt::format("raises {} in {}", raises, phase);
}

int SignalNumber(const std::string& name) {
  for (int number = 1; number < NSIG; ++number) {
    const char* known = sigabbrev_np(number);
    if (known == nullptr) continue;
    if (name == known || name == "SIG" + std::string(known)) return number;
  }
  return 0;
}

std::string SignalName(int number) {
  const char* known = sigabbrev_np(number);
  return known == nullptr ? std::to_string(number) : "SIG" + std::string(known);
}

std::string HostAndMask(const std::string& host, const host::Mask& mask) {
  return mask.value ? fmt::format("{}@{}", host, mask.Text()) : host;
}

std::pair<std::string, host::Mask> ParseHostAndMask(const std::string& text) {
  // A path to a host of one's own may hold an '@' itself.
  const std::size_t yaml = text.rfind(".yaml");
  const std::size_t at = text.find('@', yaml == std::string::npos ? 0 : yaml);
  if (at == std::string::npos) return {text, {}};
  const std::string mask = text.substr(at + 1);
  if (mask.empty()) {
    throw UsageError(fmt::format(
        "host '{}': found nothing behind '@', expected a mask, as in '2xh200@1' or '2xh200@empty'",
        text));
  }
  return {text.substr(0, at), {mask == "empty" ? "" : mask}};
}

std::string CaseId(const Case& c) {
  std::string id = fmt::format("{}/{}/{}/{}/{}", c.scenario, c.checkpoint,
                               HostAndMask(c.host, c.mask), c.runtime, c.strategy.Text());
  if (!c.damage.empty()) id += "/damage=" + c.damage;
  if (!c.fault.empty()) id += "/fault=" + c.fault;
  return id;
}

}  // namespace portcullis::scenario
