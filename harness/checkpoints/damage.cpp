#include "harness/checkpoints/damage.h"

#include <algorithm>
#include <array>
#include <set>

#include "src/base/error.h"
#include "src/base/names.h"
#include "src/base/yaml.h"

namespace portcullis::checkpoints {
namespace {

// The keys that damage.py knows; which go together is its business.
constexpr std::array kHow{"do",  "to",   "by",      "place",  "record", "at",
                          "bit", "size", "entries", "method", "bytes"};

Damage ReadRow(const YamlValue& row) {
  row.OnlyKeys({"name", "what", "format", "do", "to", "by", "place", "record", "at", "bit", "size",
                "entries", "method", "bytes"});
  Damage damage{row.Key("name").Text(), row.Key("what").Text(), "", {}};
  if (const auto format = row.Find("format")) {
    damage.format = format->Text();
    if (damage.format != "zip" && damage.format != "legacy") {
      format->Fail(format->Found(), "zip or legacy");
    }
  }
  static_cast<void>(row.Key("do"));
  for (const char* key : kHow) {
    if (const auto value = row.Find(key)) damage.how.emplace_back(key, value->Text());
  }
  return damage;
}

}  // namespace

bool Damage::Fits(const std::string& checkpoint_format) const {
  return format.empty() || (format == "legacy") == (checkpoint_format == "legacy");
}

DamageTable::DamageTable(const std::filesystem::path& file) {
  const YamlValue root = YamlValue::Load(file);
  root.OnlyKeys({"damages"});
  std::set<std::string> names;
  for (const YamlValue& row : root.Key("damages").Items()) {
    rows_.push_back(ReadRow(row));
    if (!names.insert(rows_.back().name).second) {
      row.Key("name").Fail("the damage '" + rows_.back().name + "' stands twice");
    }
  }
}

std::vector<std::string> DamageTable::Names() const {
  std::vector<std::string> names;
  for (const Damage& row : rows_) names.push_back(row.name);
  return names;
}

const Damage& DamageTable::Find(const std::string& name) const {
  const auto found =
      std::find_if(rows_.begin(), rows_.end(), [&](const Damage& row) { return row.name == name; });
  if (found == rows_.end()) throw UsageError(UnknownName("damage", name, Names()));
  return *found;
}

}  // namespace portcullis::checkpoints
