// Owns: the command line: help, typing mistakes, exit codes. No logic of its own.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "src/base/names.h"
#include "src/cli/print_error.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 as expected, 1 a finding, 2 wrong use, 3 could not run here.";
constexpr const char* kExamples =
    "Examples:\n"
    "  portcullis check .                         which checkpoints here need a GPU?\n"
    "  portcullis exec --host 8xh100 -- python3   a Python that sees eight GPUs\n"
    "  portcullis repro deserialize-no-cuda       an error: what it means, what to do\n";

// The first help: one screen of 24 lines. CLI11's own has a line for every subcommand.
std::string FirstHelp() {
  constexpr std::size_t kWidth = 80;
  std::string everyday;
  std::string others = "Also:";
  std::size_t column = others.size();
  for (const Subcommand& subcommand : Subcommands()) {
    if (subcommand.everyday) {
      everyday += fmt::format("  {:<9}{}\n", subcommand.name, subcommand.summary);
      continue;
    }
    if (column + subcommand.name.size() + 1 > kWidth) {
      others += "\n     ";
      column = 5;
    }
    others += fmt::format(" {}", subcommand.name);
    column += subcommand.name.size() + 1;
  }
  return fmt::format(
      "Portcullis {}.\n"
      "Usage: portcullis COMMAND …   (COMMAND --help: its options; --version)\n\n{}{}\n\n{}{}\n",
      kPurpose, everyday, others, kExamples, kExitCodes);
}

class FirstHelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    return app->get_parent() == nullptr ? FirstHelp() : CLI::Formatter::make_help(app, name, mode);
  }
};

// The subcommands that the command line may be about. The first argument, if it is no option, must
// name one (CLI11 would only say that it did not expect it), and no other needs its options
// declared: for all of them that takes 0.3 ms.
std::span<const Subcommand> Asked(int argc, char** argv) {
  const auto all = Subcommands();
  if (argc < 2 || argv[1][0] == '-') return all;
  std::vector<std::string> known;
  for (const Subcommand& subcommand : all) {
    if (subcommand.name == argv[1]) return {&subcommand, 1};
    known.emplace_back(subcommand.name);
  }
  throw UsageError(UnknownName("subcommand", argv[1], known));
}

// What CLI11 could not place: an option that nobody knows, or a word too many.
std::string NotExpected(const CLI::App& app) {
  const auto rest = app.remaining(true);
  const std::string found = rest.empty() ? "" : rest.front().substr(0, rest.front().find('='));
  if (!found.starts_with("-")) return fmt::format("found '{}', expected nothing more", found);
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands()) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  return UnknownName("option", found, known);
}

// "--to excludes --undo", and where to look.
std::string Misunderstood(const CLI::App& app, const CLI::ParseError& error) {
  const auto asked = app.get_subcommands();
  return fmt::format("{}\n  next: portcullis {}--help shows how it is used", error.what(),
                     asked.empty() ? "" : asked.front()->get_name() + " ");
}

int Main(int argc, char** argv) {
  CLI::App app;
  app.name("portcullis");
  app.formatter(std::make_shared<FirstHelpFormatter>());
  app.footer(kExitCodes);
  app.set_version_flag("--version", std::string("portcullis ") + PORTCULLIS_VERSION);
  app.require_subcommand(1);
  Action action;
  for (const Subcommand& subcommand : Asked(argc, argv)) {
    CLI::App* command =
        app.add_subcommand(std::string(subcommand.name), std::string(subcommand.summary));
    command->callback([&action, run = subcommand.declare(*command)] { action = run; });
  }
  if (argc < 2) {
    fmt::print(stderr, "{}", app.help());
    return static_cast<int>(ExitCode::kWrongUse);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    throw UsageError(NotExpected(app));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw UsageError(Misunderstood(app, error));
    app.exit(error);  // --help, --version
    return static_cast<int>(ExitCode::kAsExpected);
  }
  return static_cast<int>(action());
}

}  // namespace
}  // namespace portcullis::cli

int main(int argc, char** argv) {
  try {
    return portcullis::cli::Main(argc, argv);
  } catch (const portcullis::Error& error) {
    portcullis::cli::PrintError(error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    portcullis::cli::PrintError(fmt::format("could not go on: {}", error.what()));
    return static_cast<int>(portcullis::ExitCode::kCannotRun);
  }
}
