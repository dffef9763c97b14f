// Owns: reading our YAML files so that every error names file, line, column, what was found and
// what was expected.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis {

// One value of a YAML file. Every function throws UsageError "file:line:column: found …,
// expected …" where the file does not have what is asked for.
class YamlValue {
 public:
  // Reads a whole file; a missing or unreadable one and a syntax error are UsageErrors too.
  static YamlValue Load(const std::filesystem::path& file);
  // The same; nothing where the file holds nothing but comments.
  static std::optional<YamlValue> LoadIfAny(const std::filesystem::path& file);
  // Reads text; `name` stands for the file in errors.
  static YamlValue Parse(const std::string& text, const std::string& name);

  bool IsMap() const { return node_.IsMap(); }
  bool IsList() const { return node_.IsSequence(); }
  bool IsScalar() const { return node_.IsScalar(); }
  bool IsNull() const { return node_.IsNull(); }

  // A map's keys must be among `known` (the nearest one is suggested) and each stand once.
  void OnlyKeys(std::initializer_list<std::string_view> known) const;
  // The value of a key of a map.
  YamlValue Key(const std::string& name) const;
  std::optional<YamlValue> Find(const std::string& name) const;
  // All pairs of a map, in file order.
  std::vector<std::pair<YamlValue, YamlValue>> Pairs() const;
  // The items of a list; a scalar or map counts as a list of one.
  std::vector<YamlValue> Items() const;

  std::string Text() const;      // a scalar
  std::int64_t Integer() const;  // a scalar that is a whole number
  bool Boolean() const;          // true or false

  int line() const { return node_.Mark().line + 1; }
  // "file:line:column"
  std::string Where() const;
  // Throws "where: found `found`, expected `expected`".
  [[noreturn]] void Fail(const std::string& found, const std::string& expected) const;
  // Throws "where: `text`".
  [[noreturn]] void Fail(const std::string& text) const;
  // What stands here, for an error: "'x'", "a list", "a map", "nothing".
  std::string Found() const;

 private:
  YamlValue(const YAML::Node& node, std::shared_ptr<const std::string> file)
      : node_(node), file_(std::move(file)) {}
  void RequireMap() const;
  static YamlValue ParseAny(const std::string& text, const std::string& name);

  YAML::Node node_;
  std::shared_ptr<const std::string> file_;
};

}  // namespace portcullis
