#include "harness/live/live.h"

#include <fmt/format.h>

#include "harness/live/ask.h"
#include "harness/live/environment.h"
#include "harness/live/first_use.h"
#include "harness/suite/scratch.h"
#include "src/base/error.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

// A record of an earlier command is replaced; any other file is somebody's.
void MakeRoom(const fs::path& record) {
  std::error_code error;
  if (!fs::exists(record, error)) return;
  if (!host::IsFlightRecord(record)) {
    throw UsageError(
        fmt::format("--record {}: found a file that is no flight record, expected "
                    "none or one to replace; name another file or remove it",
                    record.string()));
  }
  fs::remove(record, error);
}

void WarnOfStaticRuntime(const Target& target, const std::function<void(const std::string&)>& say) {
  if (!target.static_cudart) return;
  say(
      fmt::format("{} has the CUDA runtime linked in statically (nvcc's default), and calls the "
                  "driver below the simulation; link it with 'nvcc -cudart shared'",
                  target.object.string()));
}

Additions AdditionsOf(const Wish& wish) {
  Additions additions;
  additions.mask = wish.mask_is_said ? wish.mask : wish.host.mask;
  additions.replace_mask = wish.mask_is_said;
  additions.preload = wish.preload;
  return additions;
}

// The computing plugin is made for one PyTorch version.
fs::path PluginFor(const Target& target, const fs::path& standins,
                   const suite::Installation& installation,
                   const std::function<void(const std::string&)>& say) {
  if (HasSources(installation) && !target.torch.empty()) {
    return ComputePlugin(target, standins, installation, say);
  }
  const fs::path plugins = installation.runtimes.parent_path() / "compute";
  const std::string version = target.version.substr(0, target.version.find('+'));
  fs::path plugin = plugins / version / "libportcullis-compute.so";
  if (!version.empty() && fs::exists(plugin)) return plugin;
  std::error_code none;
  std::string built;
  for (const auto& folder : fs::directory_iterator(plugins, none)) {
    built += fmt::format("{}{}", built.empty() ? "" : ", ", folder.path().filename().string());
  }
  throw CannotRun(fmt::format(
      "--compute: found {}, expected a PyTorch that a plugin was built for: {}. ci/setup --runtime "
      "VERSION, then building again, adds one",
      version.empty() ? "a command with no PyTorch that is known" : "PyTorch " + version,
      built.empty() ? "none" : built));
}

}  // namespace

Lived Live(const Wish& wish, const std::vector<host::Runtime>& runtimes,
           const suite::Installation& installation,
           const std::function<void(const std::string&)>& say) {
  const host::Environment own = OwnEnvironment();
  Lived lived;
  const Target target = FindTarget(wish.command, own);
  WarnOfStaticRuntime(target, say);
  lived.standins = ChooseStandins(target, wish.cuda, runtimes, installation, own, say);
  const suite::ScratchFolder scratch;
  Additions additions = AdditionsOf(wish);
  additions.standins = lived.standins.folder;
  if (wish.compute) additions.compute = PluginFor(target, additions.standins, installation, say);
  additions.preload_standins = lived.standins.preload;
  additions.description = scratch.path() / "host";
  additions.record = wish.record.empty() ? scratch.path() / "record" : fs::absolute(wish.record);
  MakeRoom(additions.record);
  host::WriteDescription(wish.host, additions.description);
  const host::FlightFile record(additions.record, !wish.record.empty());
  if (!wish.record.empty()) host::AppendDescription(wish.host, additions.record);
  lived.ended = RunInForeground(wish.command, AddHost(own, additions));
  lived.flight = record.Read(wish.host.gpus.size(), wish.host.faults);
  return lived;
}

}  // namespace portcullis::live
