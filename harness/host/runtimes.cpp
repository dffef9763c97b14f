#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/host/child_host.h"
#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis::host {
namespace {

using nlohmann::json;

// One object of the list, with where it stands for errors: "runtimes.json: [2]".
struct Entry {
  const json& object;
  std::string where;

  [[noreturn]] void Fail(const std::string& field, const std::string& found,
                         const std::string& expected) const {
    throw CannotRun(fmt::format("{}.{}: found {}, expected {}", where, field, found, expected));
  }

  template <typename T>
  T Get(const std::string& field, const std::string& expected) const {
    if (!object.contains(field)) Fail(field, "nothing", expected);
    return Convert<T>(field, expected);
  }

  template <typename T>
  T GetOr(const std::string& field, const std::string& expected, T missing) const {
    return object.contains(field) ? Convert<T>(field, expected) : missing;
  }

 private:
  template <typename T>
  T Convert(const std::string& field, const std::string& expected) const {
    const json& value = object.at(field);
    // nlohmann turns numbers and booleans into each other; we do not.
    const bool boolean_for_number = std::is_same_v<T, int> && !value.is_number_integer();
    try {
      if (!boolean_for_number) return value.get<T>();
    } catch (const json::exception&) {  // told below
    }
    Fail(field, value.dump(), expected);
  }
};

std::filesystem::path Beside(const std::filesystem::path& file, const std::string& path) {
  return path.empty() ? std::filesystem::path() : file.parent_path() / path;
}

// argv[0] is a path; the rest is the program's business.
std::vector<std::string> CommandBeside(const std::filesystem::path& file,
                                       std::vector<std::string> argv) {
  if (!argv.empty()) argv.front() = Beside(file, argv.front()).string();
  return argv;
}

void CheckFields(const Entry& entry) {
  static const std::vector<std::string> kFields = {
      "id",          "family",   "version", "cuda",  "default",  "loader", "maker",
      "environment", "standins", "preload", "probe", "recorder", "compute"};
  if (!entry.object.is_object()) {
    throw CannotRun(
        fmt::format("{}: found {}, expected an object", entry.where, entry.object.dump()));
  }
  for (const auto& [field, value] : entry.object.items()) {
    if (std::find(kFields.begin(), kFields.end(), field) == kFields.end()) {
      throw CannotRun(fmt::format("{}: {}", entry.where, UnknownName("field", field, kFields)));
    }
  }
}

Runtime ReadRuntime(const Entry& entry, const std::filesystem::path& file) {
  CheckFields(entry);
  using Argv = std::vector<std::string>;
  Runtime runtime;
  runtime.id = entry.Get<std::string>("id", "text");
  runtime.family = entry.Get<std::string>("family", "text");
  runtime.version = entry.Get<std::string>("version", "text");
  runtime.cuda = entry.Get<int>("cuda", "a CUDA major version, or 0");
  runtime.is_default = entry.GetOr<bool>("default", "true or false", false);
  runtime.loader = CommandBeside(file, entry.Get<Argv>("loader", "a list of texts"));
  if (runtime.loader.empty()) entry.Fail("loader", "an empty list", "the loader's command");
  runtime.maker = CommandBeside(file, entry.GetOr<Argv>("maker", "a list of texts", {}));
  runtime.environment = entry.GetOr<Environment>("environment", "texts by name", {});
  runtime.standins = Beside(file, entry.GetOr<std::string>("standins", "a folder", ""));
  runtime.probe = Beside(file, entry.GetOr<std::string>("probe", "a program", ""));
  runtime.recorder = Beside(file, entry.GetOr<std::string>("recorder", "a library", ""));
  runtime.compute = Beside(file, entry.GetOr<std::string>("compute", "a library", ""));
  runtime.preload = entry.GetOr<bool>("preload", "true or false", true);
  return runtime;
}

json ReadJson(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    throw CannotRun(SystemError(fmt::format("cannot open the list of runtimes {}", file.string())));
  }
  try {
    return json::parse(stream);
  } catch (const json::exception& error) {
    throw CannotRun(fmt::format("{}: not JSON: {}", file.string(), error.what()));
  }
}

}  // namespace

std::vector<Runtime> ReadRuntimes(const std::filesystem::path& file) {
  const json list = ReadJson(file);
  if (!list.is_array()) {
    throw CannotRun(
        fmt::format("{}: found {}, expected a list of runtimes", file.string(), list.type_name()));
  }
  std::vector<Runtime> runtimes;
  std::set<std::string> ids;
  for (const json& object : list) {
    const Entry entry{object, fmt::format("{}: [{}]", file.string(), runtimes.size())};
    runtimes.push_back(ReadRuntime(entry, file));
    const std::string& id = runtimes.back().id;
    if (!ids.insert(id).second) entry.Fail("id", fmt::format("'{}' again", id), "a new name");
  }
  return runtimes;
}

}  // namespace portcullis::host
