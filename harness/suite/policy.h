// Owns: .portcullis.yaml, which says what `portcullis check` asks in a project, and what it lets
// pass. docs/POLICY.md is about it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::suite {

inline constexpr const char* kPolicyName = ".portcullis.yaml";

struct Policy {
  std::filesystem::path file;  // "" for the policy of a project without one
  std::vector<std::string> hosts, runtimes, strategies;
  bool trust = false;
  bool leave_others = false;
  std::vector<std::string> allowed_paths;    // globs below the policy's folder
  std::vector<std::string> allowed_globals;  // globs: "my.model.*"
  std::optional<std::uint64_t> most_bytes;   // of a file
  std::optional<std::uint64_t> most_tensors;

  bool AllowsPath(const std::filesystem::path& path) const;
  bool AllowsGlobal(const std::string& global) const;
};

// How names are checked where they stand in the file; each throws UsageError.
struct NameChecks {
  std::function<void(const std::string&)> host, runtime;
};

// Reads one. Throws UsageError "file:line:column: found …, expected …".
Policy ReadPolicy(const std::filesystem::path& file, const NameChecks& checks);

// Finds the policy of a file as other tools find theirs: in its folder, or the nearest one above.
// Each folder is looked into once. Not for several threads.
class Policies {
 public:
  // `given`: this file for everything, not what is found. `search`: look for one at all.
  Policies(NameChecks checks, std::optional<std::filesystem::path> given, bool search)
      : checks_(std::move(checks)), given_(std::move(given)), search_(search) {}
  const Policy& Of(const std::filesystem::path& checkpoint);

 private:
  std::shared_ptr<const Policy> OfFolder(const std::filesystem::path& folder);
  NameChecks checks_;
  std::optional<std::filesystem::path> given_;
  bool search_;
  std::map<std::filesystem::path, std::shared_ptr<const Policy>> by_folder_;
};

}  // namespace portcullis::suite
