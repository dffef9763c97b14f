#include "harness/live/installed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "harness/live/ask.h"
#include "harness/live/standins.h"
#include "harness/live/target.h"
#include "src/base/error.h"
#include "src/portability/torch_version.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

// The CUDA major of a folder of stand-ins; 0 if it holds no simulated runtime.
int MajorOf(const fs::path& standins) {
  constexpr std::string_view kName = "libcudart.so.";
  std::error_code error;
  for (fs::directory_iterator entry(standins, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kName)) return std::atoi(name.c_str() + kName.size());
  }
  return 0;
}

fs::path LibraryFolder(const suite::Installation& installation) {
  return installation.sources.parent_path().parent_path() / "lib/portcullis";
}

// What a runtime of that CUDA major needs of ours.
host::Runtime OfOurs(const suite::Installation& installation, int major) {
  host::Runtime runtime;
  runtime.cuda = major;
  const fs::path folder = LibraryFolder(installation);
  std::error_code ignored;
  const fs::path probe = folder / fmt::format("portcullis-probe-{}", major);
  if (fs::exists(probe, ignored)) runtime.probe = probe;
  const fs::path recorder = folder / fmt::format("libportcullis-recorder-{}.so", major);
  if (fs::exists(recorder, ignored)) runtime.recorder = recorder;
  return runtime;
}

std::array<int, 3> PartsOf(const std::string& version) {
  const auto parsed = portability::ParseTorchVersion(version);
  return parsed ? parsed->parts : std::array<int, 3>{};
}

// One for each folder of stand-ins, named by the PyTorch that they were built for.
std::vector<host::Runtime> TravelledAlong(const suite::Installation& installation) {
  std::vector<host::Runtime> runtimes;
  std::error_code error;
  for (fs::directory_iterator entry(installation.sources / "standins", error), end;
       !error && entry != end; entry.increment(error)) {
    host::Runtime runtime = OfOurs(installation, MajorOf(entry->path()));
    runtime.version = entry->path().filename().string();
    runtime.id = "standins-" + runtime.version;
    runtime.family = kTravelled;
    runtime.standins = entry->path();
    runtime.is_default = true;
    if (runtime.cuda != 0) runtimes.push_back(std::move(runtime));
  }
  std::sort(runtimes.begin(), runtimes.end(),
            [](const auto& a, const auto& b) { return PartsOf(a.version) > PartsOf(b.version); });
  return runtimes;
}

std::string ThePython(const host::Environment& environment) {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (std::string python = value("PORTCULLIS_PYTHON"); !python.empty()) return python;
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path beside = program.parent_path() / "python3";
  // /usr/bin/python3 lies beside a program of a Debian package, but is nobody's choice.
  if (program.parent_path() != "/usr/bin" && fs::exists(beside, ignored)) return beside.string();
  if (const std::string active = value("VIRTUAL_ENV"); !active.empty()) {
    return active + "/bin/python3";
  }
  const auto found = FindProgram("python3", environment);
  return found ? found->string() : "";
}

host::Runtime PythonRuntime(const suite::Installation& installation, const Target& target,
                            const std::string& python) {
  host::Runtime runtime = OfOurs(installation, target.cuda / kCudaMajor);
  runtime.version = PlainVersion(target.version);
  runtime.id = "python-" + runtime.version;
  runtime.family = "python";
  runtime.is_default = true;
  runtime.loader = {python, (installation.sources / "harness/loader/loader.py").string()};
  runtime.maker = {python, (installation.sources / "fixtures/make/make.py").string()};
  // A fixed hash, or TorchScript's code differs between makings; the folder, because a torch may
  // come from a .pth file or PYTHONPATH.
  runtime.environment = {{"PYTHONHASHSEED", "0"},
                         {"PYTHONPATH", target.torch.parent_path().string()}};
  return runtime;
}

}  // namespace

std::vector<host::Runtime> RuntimesOfInstallation(
    const suite::Installation& installation, const std::function<void(const std::string&)>& say) {
  std::vector<host::Runtime> runtimes = TravelledAlong(installation);
  const host::Environment environment = OwnEnvironment();
  const std::string python = ThePython(environment);
  if (python.empty()) return runtimes;
  const Target target = FindTarget({python, "-c", ""}, environment);
  if (target.torch.empty()) return runtimes;
  host::Runtime runtime = PythonRuntime(installation, target, python);
  if (runtime.cuda != 0) {
    const Standins standins = ChooseStandins(target, 0, runtimes, installation, environment, say);
    runtime.standins = standins.folder;
    runtime.preload = standins.preload;
  }
  runtimes.insert(runtimes.begin(), std::move(runtime));
  return runtimes;
}

std::string WhyNoPyTorch() {
  const host::Environment environment = OwnEnvironment();
  const std::string python = ThePython(environment);
  if (python.empty()) return "no Python 3 on PATH; set PORTCULLIS_PYTHON to one that has PyTorch";
  const Target target = FindTarget({python, "-c", ""}, environment);
  if (!target.version.empty()) {
    return fmt::format(
        "the PyTorch {} of {} is built without CUDA, and simulated hosts need CUDA's code paths; "
        "'{} -m pip install torch' installs a build with CUDA, no GPU needed",
        target.version, python, python);
  }
  return fmt::format(
      "{} has no PyTorch to load with; '{} -m pip install torch' installs one, or set "
      "PORTCULLIS_PYTHON to a Python that has one",
      python, python);
}

}  // namespace portcullis::live
