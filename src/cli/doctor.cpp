// Owns: portcullis doctor.
#include "harness/suite/doctor.h"

#include <fmt/format.h>

#include "harness/report/terminal.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

ExitCode Doctor() {
  const World world;
  const report::Style style(stdout);
  bool ready = true;
  for (const suite::Check& check :
       suite::Examine(world.installation, world.hosts, world.runtimes)) {
    const std::string sign = check.good     ? style.Good("ok     ")
                             : check.needed ? style.Bad("missing")
                                            : style.Dim("no     ");
    fmt::print("{} {:<20} {}\n", sign, check.what, check.found);
    if (!check.good && !check.remedy.empty()) {
      fmt::print("{:<29}→ {}\n", "", style.Bold(check.remedy));
    }
    ready = ready && (check.good || !check.needed);
  }
  return ready ? ExitCode::kAsExpected : ExitCode::kCannotRun;
}

}  // namespace

Action DeclareDoctor(CLI::App&) { return Doctor; }

}  // namespace portcullis::cli
