#include "harness/scenario/case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
  return fmt::format("raises {} in {}", raises, phase);
}

std::string HostAndMask(const std::string& host, const host::Mask& mask) {
  return mask.value ? fmt::format("{}@{}", host, mask.Text()) : host;
}

std::pair<std::string, host::Mask> ParseHostAndMask(const std::string& text) {
  const std::size_t at = text.find('@');
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
  return fmt::format("{}/{}/{}/{}/{}", c.scenario, c.checkpoint, HostAndMask(c.host, c.mask),
                     c.runtime, c.strategy.Text());
}

}  // namespace portcullis::scenario
