// Owns: portcullis completion.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "src/base/names.h"
#include "src/cli/command_line.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

struct Shell {
  const char* name;
  std::string (*script)(const shell::CommandLine&);
};
constexpr std::array kShells{Shell{"bash", shell::BashCompletion},
                             Shell{"zsh", shell::ZshCompletion},
                             Shell{"fish", shell::FishCompletion}};

ExitCode Completion(const std::string& name) {
  std::vector<std::string> known;
  for (const Shell& each : kShells) {
    if (name == each.name) {
      fmt::print("{}", each.script(OwnCommandLine()));
      return ExitCode::kAsExpected;
    }
    known.emplace_back(each.name);
  }
  throw UsageError(UnknownName("shell", name, known));
}

}  // namespace

Action DeclareCompletion(CLI::App& command) {
  auto name = std::make_shared<std::string>();
  command.add_option("shell", *name, "bash, zsh or fish")->required();
  command.footer("In this shell: source <(portcullis completion bash)");
  return [name] { return Completion(*name); };
}

}  // namespace portcullis::cli
