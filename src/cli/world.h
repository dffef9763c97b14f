// Owns: what every subcommand that runs or lists things starts from.
#pragma once

#include <string>
#include <vector>

#include "harness/checkpoints/catalog.h"
#include "harness/checkpoints/damage.h"
#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/scenario/scenario.h"
#include "harness/suite/installation.h"

namespace portcullis::cli {

struct World {
  // `torch`: the PyTorch version that families mean in this run, "" for the default. Throws
  // CannotRun, with those that are here, if it is not.
  explicit World(const std::string& torch = {});
  suite::Installation installation;
  host::HostLibrary hosts;
  checkpoints::Catalog catalog;
  checkpoints::DamageTable damages;
  std::vector<host::Runtime> makers;    // none if runtimes.json is not there
  std::vector<host::Runtime> runtimes;  // the same, but `torch` is the default of its families

  // Throws CannotRun, with what to do, if there is nothing to load with.
  void RequireLoader() const;
  // Makes the C++ runtimes of an installed Portcullis, once, if a case or its checkpoint needs
  // them. Says what is missing otherwise; those cases are skipped.
  void MakeRuntimesFor(const scenario::CaseList& cases, bool own_checkpoints);

  scenario::KnownNames KnownNames() const;
  // The cases of scenario files or folders; of all scenarios if `where` is empty.
  scenario::CaseList Cases(const std::vector<std::string>& where) const;

 private:
  bool NeedsCpp(const scenario::Case& c, bool own_checkpoint) const;
  void CheckOwnHost(const scenario::Case& c) const;
};

// The command line's words behind the program's name.
std::vector<std::string> Arguments();

}  // namespace portcullis::cli
