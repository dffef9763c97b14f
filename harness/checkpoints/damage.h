// Owns: the table of what can be wrong with a checkpoint file (fixtures/damage/damages.yaml).
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace portcullis::checkpoints {

// One row.
struct Damage {
  std::string name;    // "cut-half"
  std::string what;    // for people, one line
  std::string format;  // the only kind of checkpoint that it fits: "zip" (any archive) or "legacy"
  std::vector<std::pair<std::string, std::string>> how;  // for damage.py: {"do", "truncate"}, …
  // Whether it can be done to a checkpoint of that format, as checkpoint::FormatName says.
  bool Fits(const std::string& checkpoint_format) const;
};

class DamageTable {
 public:
  // Errors name file, line and column.
  explicit DamageTable(const std::filesystem::path& file);
  const std::vector<Damage>& rows() const { return rows_; }
  std::vector<std::string> Names() const;
  // Unknown: UsageError with the nearest name.
  const Damage& Find(const std::string& name) const;

 private:
  std::vector<Damage> rows_;
};

}  // namespace portcullis::checkpoints
