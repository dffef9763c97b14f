// Owns: portcullis man.
#include <fmt/format.h>

#include <memory>

#include "src/base/names.h"
#include "src/cli/command_line.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

ExitCode Man(const std::string& name) {
  const shell::CommandLine line = OwnCommandLine();
  if (name.empty()) {
    fmt::print("{}", shell::ManualPage(line));
    return ExitCode::kAsExpected;
  }
  std::vector<std::string> known;
  for (const shell::Command& command : line.commands) {
    if (command.name == name) {
      fmt::print("{}", shell::ManualPage(line, command));
      return ExitCode::kAsExpected;
    }
    known.push_back(command.name);
  }
  throw UsageError(UnknownName("subcommand", name, known));
}

}  // namespace

Action DeclareMan(CLI::App& command) {
  auto name = std::make_shared<std::string>();
  command.add_option("command", *name, "a subcommand (default: the page of all)");
  command.footer("To read one: portcullis man run | man -l -");
  return [name] { return Man(*name); };
}

}  // namespace portcullis::cli
