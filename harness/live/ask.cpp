#include "harness/live/ask.h"

#include <unistd.h>

#include <chrono>
#include <sstream>

#include "harness/runner/runner.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

bool IsProgram(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

host::Environment OwnEnvironment() {
  host::Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

Told Ask(const std::vector<std::string>& argv, const host::Environment& environment, int seconds) {
  runner::Command command;
  command.argv = argv;
  command.environment = environment;
  command.deadline = std::chrono::seconds(seconds);
  Told told;
  runner::Runner runner(1);
  runner.Submit(std::move(command), [&told](const runner::Ended& ended) {
    told = {ended.exit_code == 0, ended.output, ended.start_error + ended.errors};
  });
  runner.Run();
  return told;
}

std::optional<fs::path> FindProgram(const std::string& name, const host::Environment& environment) {
  if (name.find('/') != std::string::npos) {
    return IsProgram(name) ? std::optional<fs::path>(name) : std::nullopt;
  }
  const auto path = environment.find("PATH");
  std::istringstream folders(path == environment.end() ? "/usr/bin:/bin" : path->second);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder.empty() ? "." : folder) / name;
    if (IsProgram(file)) return file;
  }
  return std::nullopt;
}

}  // namespace portcullis::live
