// Owns: the checkpoints that scenarios load: making those that are missing, each in a child on
// the host its recipe names, and finding what each truly holds.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/checkpoints/catalog.h"
#include "harness/checkpoints/reference.h"
#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"

namespace portcullis::suite {

class Store {
 public:
  // `on`: make all of them on this host, not each on the one that its recipe names.
  Store(std::filesystem::path folder, const checkpoints::Catalog& catalog,
        const host::HostLibrary& hosts, const std::vector<host::Runtime>& runtimes,
        std::optional<host::Host> on = std::nullopt);

  // Makes those of `names` that are missing or were made by another recipe or maker (all of them
  // if `again`). Calls `made` after each. A maker that fails is a CannotRun with its own words;
  // one whose runtime is not here is left out (Missing() then says why). One process at a time
  // makes; another waits.
  void Make(const std::vector<std::string>& names, bool again, runner::Runner& runner,
            const std::function<void(const std::string& name)>& made);

  std::filesystem::path File(const std::string& name) const;
  // "" if the checkpoint is there, else why it is not.
  std::string Missing(const std::string& name) const;
  // Whether its recipe says that loading it may run what is in it.
  bool Trusts(const std::string& name) const;
  // Reads the manifest beside the checkpoint.
  checkpoints::Reference ReferenceOf(const std::string& name) const;

 private:
  const host::Runtime* MakerOf(const checkpoints::Recipe& recipe) const;
  std::string Stamp(const checkpoints::Recipe& recipe, const host::Runtime& maker) const;
  bool IsFresh(const checkpoints::Recipe& recipe, const host::Runtime& maker) const;
  // Those to be made, with their makers.
  std::vector<std::pair<const checkpoints::Recipe*, const host::Runtime*>> ToMake(
      const std::vector<std::string>& names, bool again) const;
  void MakeOne(const checkpoints::Recipe& recipe, const host::Runtime& maker,
               runner::Runner& runner, const std::function<void(const std::string& name)>& made);

  std::filesystem::path folder_;
  const checkpoints::Catalog& catalog_;
  const host::HostLibrary& hosts_;
  const std::vector<host::Runtime>& runtimes_;
  std::optional<host::Host> on_;
};

}  // namespace portcullis::suite
