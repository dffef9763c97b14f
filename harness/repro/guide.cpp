#include "harness/repro/guide.h"

#include <algorithm>

#include "harness/repro/embedded_files.h"
#include "src/base/error.h"
#include "src/base/yaml.h"

namespace portcullis::repro {
namespace {

std::string TextAt(const YamlValue& value, const char* key) {
  const auto found = value.Find(key);
  return found ? found->Text() : std::string();
}

Twins ReadTwins(const YamlValue& value) {
  value.OnlyKeys({"setup", "fails", "works", "shows"});
  return {value.Key("setup").Text(), value.Key("fails").Text(), value.Key("works").Text(),
          value.Key("shows").Text()};
}

CppPair ReadCpp(const YamlValue& value) {
  value.OnlyKeys({"saved-from", "fails", "program", "saves", "host", "cuda"});
  CppPair pair;
  if (const auto program = value.Find("program")) {
    pair.program = ReadTwins(*program);
  } else {
    pair.saved_from = value.Key("saved-from").Text();
  }
  pair.fails = TextAt(value, "fails");
  pair.saves = TextAt(value, "saves");
  pair.host = value.Key("host").Text();
  pair.cuda = value.Key("cuda").Boolean();
  return pair;
}

void ReadReproduction(const YamlValue& value, Guide& guide) {
  value.OnlyKeys({"host", "faults", "needs", "none", "py", "cpp"});
  guide.host = TextAt(value, "host");
  guide.needs = TextAt(value, "needs");
  guide.none = TextAt(value, "none");
  if (const auto faults = value.Find("faults")) {
    for (const YamlValue& fault : faults->Items()) guide.faults.push_back(fault.Text());
  }
  if (const auto python = value.Find("py")) guide.python = ReadTwins(*python);
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
