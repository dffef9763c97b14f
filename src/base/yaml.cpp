#include "src/base/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis {

namespace {

std::string TextOf(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) {
    throw UsageError(fmt::format("{}: found a directory, expected a YAML file", file.string()));
  }
  std::ifstream stream(file);
  if (!stream) throw UsageError(SystemError(fmt::format("cannot open {}", file.string())));
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

YamlValue YamlValue::Load(const std::filesystem::path& file) {
  return Parse(TextOf(file), file.string());
}

std::optional<YamlValue> YamlValue::LoadIfAny(const std::filesystem::path& file) {
  YamlValue value = ParseAny(TextOf(file), file.string());
  if (value.IsNull()) return std::nullopt;
  return value;
}

YamlValue YamlValue::Parse(const std::string& text, const std::string& name) {
  YamlValue value = ParseAny(text, name);
  if (value.IsNull()) throw UsageError(fmt::format("{}: found nothing, expected YAML", name));
  return value;
}

YamlValue YamlValue::ParseAny(const std::string& text, const std::string& name) {
  try {
    return {YAML::Load(text), std::make_shared<const std::string>(name)};
  } catch (const YAML::Exception& error) {
    throw UsageError(fmt::format("{}:{}:{}: not YAML: {}", name, error.mark.line + 1,
                                 error.mark.column + 1, error.msg));
  }
}

void YamlValue::RequireMap() const {
  if (!node_.IsMap()) Fail(Found(), "a map");
}

void YamlValue::OnlyKeys(std::initializer_list<std::string_view> known) const {
  const std::vector<std::string> names(known.begin(), known.end());
  std::set<std::string> seen;
  for (const auto& [key, value] : Pairs()) {
    const std::string name = key.Text();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      key.Fail(UnknownName("key", name, names));
    }
    if (!seen.insert(name).second) key.Fail(fmt::format("the key '{}' stands twice", name));
  }
}

YamlValue YamlValue::Key(const std::string& name) const {
  if (auto value = Find(name)) return *value;
  Fail(fmt::format("the key '{}' is missing", name));
}

std::optional<YamlValue> YamlValue::Find(const std::string& name) const {
  for (const auto& [key, value] : Pairs()) {
    if (key.IsScalar() && key.node_.Scalar() == name) return value;
  }
  return std::nullopt;
}

std::vector<std::pair<YamlValue, YamlValue>> YamlValue::Pairs() const {
  RequireMap();
  std::vector<std::pair<YamlValue, YamlValue>> pairs;
  for (const auto& pair : node_) {
    pairs.emplace_back(YamlValue(pair.first, file_), YamlValue(pair.second, file_));
  }
  return pairs;
}

std::vector<YamlValue> YamlValue::Items() const {
  if (!node_.IsSequence()) return {*this};
  std::vector<YamlValue> items;
  for (const auto& item : node_) items.push_back(YamlValue(item, file_));
  return items;
}

std::string YamlValue::Text() const {
  if (!node_.IsScalar()) Fail(Found(), "text");
  return node_.Scalar();
}

std::int64_t YamlValue::Integer() const {
  const std::string text = Text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) Fail(Found(), "a whole number");
  return number;
}

bool YamlValue::Boolean() const {
  const std::string text = Text();
  if (text != "true" && text != "false") Fail(Found(), "true or false");
  return text == "true";
}

std::string YamlValue::Where() const {
  const YAML::Mark mark = node_.Mark();
  return fmt::format("{}:{}:{}", *file_, mark.line + 1, mark.column + 1);
}

void YamlValue::Fail(const std::string& found, const std::string& expected) const {
  Fail(fmt::format("found {}, expected {}", found, expected));
}

void YamlValue::Fail(const std::string& text) const {
  throw UsageError(fmt::format("{}: {}", Where(), text));
}

std::string YamlValue::Found() const {
  if (node_.IsScalar()) return fmt::format("'{}'", node_.Scalar());
  if (node_.IsSequence()) return "a list";
  if (node_.IsMap()) return "a map";
  return "nothing";
}

}  // namespace portcullis
