#include "harness/repro/guide.h"

#include <algorithm>

#include "harness/repro/embedded_files.h"
#include "src/base/error.h"
#include "src/base/yaml.h"

namespace portcullis::repro {
namespace {

PythonPair ReadPython(const YamlValue& value) {
  value.OnlyKeys({"setup", "fails", "works", "shows"});
  return {value.Key("setup").Text(), value.Key("fails").Text(), value.Key("works").Text(),
          value.Key("shows").Text()};
}

CppPair ReadCpp(const YamlValue& value) {
  value.OnlyKeys({"saved-from", "host", "cuda"});
  return {value.Key("saved-from").Text(), value.Key("host").Text(), value.Key("cuda").Boolean()};
}

void ReadReproduction(const YamlValue& value, Guide& guide) {
  value.OnlyKeys({"host", "faults", "py", "cpp"});
  if (const auto host = value.Find("host")) guide.host = host->Text();
  if (const auto faults = value.Find("faults")) {
    for (const YamlValue& fault : faults->Items()) guide.faults.push_back(fault.Text());
  }
  if (const auto python = value.Find("py")) guide.python = ReadPython(*python);
  if (const auto cpp = value.Find("cpp")) guide.cpp = ReadCpp(*cpp);
}

Guide ReadGuide(const YamlValue& row) {
  row.OnlyKeys({"error", "happened", "where", "remedies", "reproduce"});
  Guide guide;
  guide.error = row.Key("error").Text();
  guide.happened = row.Key("happened").Text();
  if (const auto where = row.Find("where")) {
    for (const YamlValue& item : where->Items()) guide.where.push_back(item.Text());
  }
  for (const YamlValue& remedy : row.Key("remedies").Items()) {
    remedy.OnlyKeys({"do", "why"});
    guide.remedies.push_back({remedy.Key("do").Text(), remedy.Key("why").Text()});
  }
  if (const auto reproduce = row.Find("reproduce")) ReadReproduction(*reproduce, guide);
  return guide;
}

std::vector<Guide> ReadGuides() {
  const YamlValue root =
      YamlValue::Parse(std::string(EmbeddedFile("guides.yaml")), "harness/repro/guides.yaml");
  std::vector<Guide> guides;
  for (const YamlValue& row : root.Key("guides").Items()) guides.push_back(ReadGuide(row));
  return guides;
}

}  // namespace

const std::vector<Guide>& Guides() {
  static const std::vector<Guide> guides = ReadGuides();
  return guides;
}

const Guide& GuideTo(std::string_view error) {
  const auto& guides = Guides();
  const auto found = std::find_if(guides.begin(), guides.end(),
                                  [&](const Guide& guide) { return guide.error == error; });
  if (found == guides.end()) {
    throw UsageError("harness/repro/guides.yaml has no guide to " + std::string(error));
  }
  return *found;
}

}  // namespace portcullis::repro
