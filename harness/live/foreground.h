// Owns: running a command in the foreground as if nothing stood between it and the caller: its
// standard streams, its terminal, its signals and how it ended are its own.
//
// The command stays in the caller's process group, so that a terminal's keys (Ctrl-C, Ctrl-Z,
// hang-up) and a shell's job control reach it themselves; signals that only this process gets are
// handed on. It dies with this process (PR_SET_PDEATHSIG), even if that is killed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"

namespace portcullis::live {

// Exactly one of the three.
struct Ended {
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::optional<int> not_started;  // errno of execvpe(3)
};

// Looks for argv[0] in this process's PATH. Throws CannotRun when the system refuses a process.
Ended RunInForeground(const std::vector<std::string>& argv, const host::Environment& environment);

// What a shell would make of it: the exit code, 128 + signal, 127 if there is no such program, 126
// if it cannot be executed.
int StatusOf(const Ended& ended);

}  // namespace portcullis::live
