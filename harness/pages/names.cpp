#include "harness/pages/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace portcullis::pages {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::vector<int> Numbers(const std::string& version) {
  std::vector<int> numbers;
  for (std::size_t at = 0; at < version.size();) {
    if (!IsDigit(version[at])) {
      ++at;
      continue;
    }
    int number = 0;
    const auto [end, error] =
        std::from_chars(version.data() + at, version.data() + version.size(), number);
    numbers.push_back(number);
    at = static_cast<std::size_t>(end - version.data());
  }
  return numbers;
}

// The dict of a remap in Python: {'cuda:1': 'cuda:0'}.
std::string Dict(const portability::Strategy& strategy) {
  std::string dict;
  for (const auto& [from, to] : portability::RemapPairs(strategy)) {
    dict += fmt::format("{}'{}': '{}'", dict.empty() ? "" : ", ", from, to);
  }
  return "{" + dict + "}";
}

std::string PythonArgument(const portability::Strategy& strategy) {
  using enum portability::StrategyKind;
  const std::string& argument = strategy.argument;
  switch (strategy.kind) {
    case kRemap:
      return Dict(strategy);
    case kCallable:
      if (argument == "keep") return "s";
      return argument == "none" ? "None" : fmt::format("s.to('{}')", argument);
    case kMmap:
    case kForward:
      return argument.empty() ? "None" : fmt::format("'{}'", argument);
    default:
      return argument;
  }
}

}  // namespace

std::string VersionOf(const std::string& runtime_id) {
  for (std::size_t at = 0; at < runtime_id.size(); ++at) {
    const bool begins = IsDigit(runtime_id[at]) && (at == 0 || runtime_id[at - 1] == '-');
    if (begins) return runtime_id.substr(at, runtime_id.find('-', at) - at);
  }
  return runtime_id;
}

std::string FamilyOf(const std::string& runtime_id) {
  if (runtime_id.starts_with("python")) return "python";
  const bool cpu = runtime_id.ends_with("-cpu") || runtime_id.find("debian") != std::string::npos;
  return cpu ? "cpp-cpu" : "cpp";
}

std::string FamilyLabel(const std::string& family) {
  if (family == "python") return "Python";
  return family == "cpp-cpu" ? "C++, CPU-only build" : "C++";
}

bool Newer(const std::string& a, const std::string& b) { return Numbers(a) > Numbers(b); }

std::string CodeOf(const portability::Strategy& strategy, const std::string& family) {
  const bool python = family == "python";
  std::string code(python ? strategy.Row().python : strategy.Row().cpp);
  const std::size_t hole = code.find("{}");
  if (hole == std::string::npos) return code;
  return code.replace(hole, 2, python ? PythonArgument(strategy) : strategy.argument);
}

std::string Slug(const std::string& text) {
  std::string slug;
  for (const char c : text) {
    const bool plain = IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  constexpr std::size_t kGroup = 3;
  for (std::size_t at = digits.size(); at > kGroup;) {
    at -= kGroup;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace portcullis::pages
