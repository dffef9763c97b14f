#include "harness/checkpoints/catalog.h"

#include <algorithm>
#include <set>

#include "src/base/error.h"
#include "src/base/names.h"
#include "src/base/yaml.h"
#include "src/portability/strategy.h"

namespace portcullis::checkpoints {
namespace {

Recipe ReadRecipe(const YamlValue& row) {
  row.OnlyKeys({"name", "format", "family", "function", "from", "host", "proves", "trust"});
  Recipe recipe{row.Key("name").Text(),
                row.Key("format").Text(),
                row.Key("family").Text(),
                row.Key("function").Text(),
                {},
                row.Key("host").Text(),
                row.Key("proves").Text(),
                false};
  if (const auto trust = row.Find("trust")) recipe.trust = trust->Boolean();
  for (const YamlValue& device : row.Key("from").Items()) {
    if (!portability::IsDevice(device.Text())) device.Fail(device.Found(), "a device");
    recipe.from.push_back(device.Text());
  }
  return recipe;
}

}  // namespace

Catalog::Catalog(const std::filesystem::path& file) {
  const YamlValue root = YamlValue::Load(file);
  root.OnlyKeys({"checkpoints"});
  std::set<std::string> names;
  for (const YamlValue& row : root.Key("checkpoints").Items()) {
    recipes_.push_back(ReadRecipe(row));
    if (!names.insert(recipes_.back().name).second) {
      row.Key("name").Fail("the checkpoint '" + recipes_.back().name + "' stands twice");
    }
  }
}

std::vector<std::string> Catalog::Names() const {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes_) names.push_back(recipe.name);
  return names;
}

const Recipe& Catalog::Find(const std::string& name) const {
  const auto found = std::find_if(recipes_.begin(), recipes_.end(),
                                  [&](const Recipe& recipe) { return recipe.name == name; });
  if (found == recipes_.end()) throw UsageError(UnknownName("checkpoint", name, Names()));
  return *found;
}

}  // namespace portcullis::checkpoints
