// Owns: this program's own command line as data, read off what every subcommand declares.
#pragma once

#include "harness/shell/command_line.h"

namespace portcullis::cli {

shell::CommandLine OwnCommandLine();

}  // namespace portcullis::cli
