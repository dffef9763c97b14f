#include "harness/repro/case_code.h"

#include "harness/repro/embedded_files.h"
#include "src/base/yaml.h"

namespace portcullis::repro {
namespace {

std::string TextAt(const YamlValue& value, const char* key) {
  const auto found = value.Find(key);
  return found ? found->Text() : std::string();
}

std::vector<std::string> TextsAt(const YamlValue& value, const char* key) {
  std::vector<std::string> texts;
  for (const YamlValue& item : value.Key(key).Items()) texts.push_back(item.Text());
  return texts;
}

CheckpointCode ReadCheckpoint(const YamlValue& row) {
  row.OnlyKeys({"makers", "formats", "file", "make", "portable", "python", "cpp", "is", "cpp-is",
                "rows", "cpp-rows"});
  CheckpointCode code{TextsAt(row, "makers"), TextsAt(row, "formats"), row.Key("file").Text(),
                      row.Key("make").Text(), TextAt(row, "portable"), TextAt(row, "python"),
                      TextAt(row, "cpp"),     row.Key("is").Text(),    TextAt(row, "cpp-is"),
                      TextAt(row, "rows"),    TextAt(row, "cpp-rows")};
  if (code.cpp_kind.empty()) code.cpp_kind = code.kind;
  return code;
}

StrategyCode ReadStrategy(const YamlValue& row) {
  row.OnlyKeys({"strategy", "map", "others", "load", "then"});
  StrategyCode code{row.Key("strategy").Text(),     TextAt(row, "map"),  TextAt(row, "others"),
                    row.Find("others").has_value(), TextAt(row, "load"), {}};
  const auto then = row.Find("then");
  for (const char* kind : {"dict", "module", "training", "archive"}) {
    if (then && then->Find(kind)) code.then[kind] = then->Key(kind).Text();
  }
  return code;
}

CaseCode ReadCaseCode() {
  const YamlValue root =
      YamlValue::Parse(std::string(EmbeddedFile("cases.yaml")), "harness/repro/cases.yaml");
  CaseCode code;
  for (const YamlValue& row : root.Key("checkpoints").Items()) {
    code.checkpoints.push_back(ReadCheckpoint(row));
  }
  for (const YamlValue& row : root.Key("python").Items()) code.python.push_back(ReadStrategy(row));
  for (const YamlValue& row : root.Key("cpp").Items()) code.cpp.push_back(ReadStrategy(row));
  for (const YamlValue& row : root.Key("uses").Items()) {
    row.OnlyKeys({"use", "does", "should"});
    code.uses.push_back({row.Key("use").Text(), row.Key("does").Text(), row.Key("should").Text()});
  }
  return code;
}

}  // namespace

const CaseCode& TheCaseCode() {
  static const CaseCode code = ReadCaseCode();
  return code;
}

}  // namespace portcullis::repro
