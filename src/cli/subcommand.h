// Owns: the table of subcommands. One file a subcommand; each declares its options and says what
// to run. The rest of the command line (help, errors, exit codes) is main.cpp's.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string_view>

#include "src/base/error.h"

namespace portcullis::cli {

using Action = std::function<ExitCode()>;

inline constexpr const char* kPurpose = "decides where a PyTorch checkpoint gets in";

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  // Adds options to `command` and gives what to run once they are parsed.
  Action (*declare)(CLI::App& command);
  bool everyday = false;  // has a line of its own in the first help, which must fit a screen
};

std::span<const Subcommand> Subcommands();

Action DeclareAgree(CLI::App& command);
Action DeclareCalibrate(CLI::App& command);
Action DeclareCheck(CLI::App& command);
Action DeclareCompletion(CLI::App& command);
Action DeclareExec(CLI::App& command);
Action DeclareHosts(CLI::App& command);
Action DeclareInspect(CLI::App& command);
Action DeclareDocs(CLI::App& command);
Action DeclareExplain(CLI::App& command);
Action DeclareReport(CLI::App& command);
Action DeclareRepro(CLI::App& command);
Action DeclareRetag(CLI::App& command);
Action DeclareRun(CLI::App& command);
Action DeclareList(CLI::App& command);
Action DeclareMake(CLI::App& command);
Action DeclareMan(CLI::App& command);
Action DeclareMerge(CLI::App& command);
Action DeclareDoctor(CLI::App& command);
Action DeclareTrace(CLI::App& command);

}  // namespace portcullis::cli
