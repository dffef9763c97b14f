// Owns: portcullis hosts.
#include "harness/report/hosts.h"

#include <fmt/format.h>

#include <memory>

#include "harness/suite/installation.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

ExitCode Hosts(const std::vector<std::string>& names) {
  const host::HostLibrary library(suite::FindInstallation().hosts);
  const report::Style style(stdout);
  if (names.empty()) {
    std::vector<host::Host> hosts;
    for (const std::string& name : library.Names()) hosts.push_back(library.Find(name));
    fmt::print("{}", report::HostTable(hosts, style));
    return ExitCode::kAsExpected;
  }
  std::string gap;
  for (const std::string& name : names) {
    fmt::print("{}{}", gap, report::HostText(library.Find(name), style));
    gap = "\n";
  }
  return ExitCode::kAsExpected;
}

}  // namespace

Action DeclareHosts(CLI::App& command) {
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_option("host", *names,
                     "hosts to describe, by name or as ./mine.yaml (default: list all)");
  return [names] { return Hosts(*names); };
}

}  // namespace portcullis::cli
