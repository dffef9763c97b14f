#include "harness/suite/policy.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/base/glob.h"
#include "src/base/size.h"
#include "src/base/yaml.h"
#include "src/portability/strategy.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

using Check = std::function<void(const std::string&)>;

void CheckStrategy(const std::string& text) { static_cast<void>(portability::ParseStrategy(text)); }

std::vector<std::string> Texts(const YamlValue& policy, const std::string& key,
                               const Check& check) {
  std::vector<std::string> texts;
  const auto list = policy.Find(key);
  if (!list) return texts;
  for (const YamlValue& item : list->Items()) {
    texts.push_back(item.Text());
    try {
      if (check) check(texts.back());
    } catch (const UsageError& error) {
      item.Fail(error.what());
    }
  }
  return texts;
}

void ReadAllowed(const YamlValue& allow, Policy& policy) {
  allow.OnlyKeys({"paths", "globals"});
  policy.allowed_paths = Texts(allow, "paths", {});
  policy.allowed_globals = Texts(allow, "globals", {});
}

void ReadLimits(const YamlValue& limits, Policy& policy) {
  limits.OnlyKeys({"file", "tensors"});
  if (const auto file = limits.Find("file")) {
    policy.most_bytes = ParseSize(file->Text());
    if (!policy.most_bytes) file->Fail(file->Found(), "bytes, or a size like '2 GiB'");
  }
  if (const auto tensors = limits.Find("tensors")) {
    const std::int64_t most = tensors->Integer();
    if (most < 0) tensors->Fail(tensors->Found(), "a whole number from 0");
    policy.most_tensors = static_cast<std::uint64_t>(most);
  }
}

bool AnyMatches(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return GlobMatches(pattern, text); });
}

}  // namespace

// A pattern without "/" fits a name in any folder, as in .gitignore.
bool Policy::AllowsPath(const fs::path& path) const {
  if (allowed_paths.empty()) return false;
  const fs::path below = fs::absolute(path).lexically_normal().lexically_relative(
      fs::absolute(file).lexically_normal().parent_path());
  return std::any_of(allowed_paths.begin(), allowed_paths.end(), [&](const std::string& pattern) {
    const bool is_name = pattern.find('/') == std::string::npos;
    return GlobMatches(pattern, is_name ? path.filename().string() : below.string());
  });
}

bool Policy::AllowsGlobal(const std::string& global) const {
  return AnyMatches(allowed_globals, global);
}

Policy ReadPolicy(const fs::path& file, const NameChecks& checks) {
  Policy policy;
  policy.file = file;
  const auto any = YamlValue::LoadIfAny(file);
  if (!any) return policy;
  const YamlValue& yaml = *any;
  yaml.OnlyKeys({"hosts", "runtimes", "strategies", "trust", "leave-others", "allow", "limits"});
  policy.hosts = Texts(yaml, "hosts", checks.host);
  policy.runtimes = Texts(yaml, "runtimes", checks.runtime);
  policy.strategies = Texts(yaml, "strategies", CheckStrategy);
  if (const auto trust = yaml.Find("trust")) policy.trust = trust->Boolean();
  if (const auto leave = yaml.Find("leave-others")) policy.leave_others = leave->Boolean();
  if (const auto allow = yaml.Find("allow")) ReadAllowed(*allow, policy);
  if (const auto limits = yaml.Find("limits")) ReadLimits(*limits, policy);
  return policy;
}

const Policy& Policies::Of(const fs::path& checkpoint) {
  if (given_) {
    auto& known = by_folder_[*given_];
    if (!known) known = std::make_shared<Policy>(ReadPolicy(*given_, checks_));
    return *known;
  }
  return *OfFolder(fs::absolute(checkpoint).lexically_normal().parent_path());
}

std::shared_ptr<const Policy> Policies::OfFolder(const fs::path& folder) {
  if (const auto known = by_folder_.find(folder); known != by_folder_.end()) return known->second;
  std::error_code error;
  const fs::path file = folder / kPolicyName;
  std::shared_ptr<const Policy> policy;
  if (search_ && fs::is_regular_file(file, error)) {
    policy = std::make_shared<Policy>(ReadPolicy(file, checks_));
  } else if (folder.has_relative_path()) {
    policy = OfFolder(folder.parent_path());
  } else {
    policy = std::make_shared<Policy>();
  }
  by_folder_[folder] = policy;
  return policy;
}

}  // namespace portcullis::suite
