#include "harness/live/standins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/live/ask.h"
#include "harness/live/environment.h"
#include "harness/live/made_once.h"
#include "harness/suite/scratch.h"
#include "src/base/error.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

// A runtime whose stand-ins are for this CUDA major, the default one first; nullptr if none is
// here.
const host::Runtime* OfMajor(const std::vector<host::Runtime>& runtimes, int major) {
  const host::Runtime* found = nullptr;
  for (const host::Runtime& runtime : runtimes) {
    if (runtime.cuda != major || runtime.standins.empty()) continue;
    if (found == nullptr || (runtime.is_default && !found->is_default)) found = &runtime;
  }
  return found;
}

int DefaultMajor(const std::vector<host::Runtime>& runtimes) {
  for (const host::Runtime& runtime : runtimes) {
    if (runtime.is_default && runtime.cuda != 0) return runtime.cuda;
  }
  return 0;
}

[[noreturn]] void FailNoMajor(const Target& target, int major,
                              const std::vector<host::Runtime>& runtimes) {
  std::set<int> built;
  for (const host::Runtime& runtime : runtimes) {
    if (runtime.cuda != 0) built.insert(runtime.cuda);
  }
  std::string list;
  for (const int each : built) list += fmt::format("{}{}", list.empty() ? "" : ", ", each);
  std::string what = fmt::format("the simulated runtime of CUDA {}", major);
  if (target.cuda / kCudaMajor == major && !target.torch.empty()) {
    what += fmt::format(", which the PyTorch {} in {} is built with,", target.version,
                        target.torch.string());
  }
  throw CannotRun(
      fmt::format("{} is not here; found that of CUDA {}. ci/setup --runtime VERSION with a "
                  "PyTorch of that CUDA (ci/runtimes.json lists them), then building again, "
                  "adds it",
                  what, list.empty() ? "none" : list));
}

// The PyTorch of that folder is one that Portcullis was built with.
const host::Runtime* BuiltFor(const fs::path& torch, const std::vector<host::Runtime>& runtimes) {
  std::error_code error;
  for (const host::Runtime& runtime : runtimes) {
    const auto site = runtime.environment.find("PYTHONPATH");
    if (site == runtime.environment.end() || runtime.cuda == 0) continue;
    if (fs::equivalent(fs::path(site->second) / "torch", torch, error)) return &runtime;
  }
  return nullptr;
}

// Nothing that this PyTorch imports is missing from the folder: ldd's -r looks every symbol up. The
// stand-ins go first, because NVIDIA's own may be installed beside it.
bool Serves(const fs::path& folder, const Target& target, const host::Environment& own) {
  const auto ldd = FindProgram("ldd", own);
  if (!ldd) return false;
  Additions additions;
  additions.standins = fs::absolute(folder);
  additions.preload_standins = true;
  const host::Environment environment = AddHost(own, additions);
  std::error_code error;
  for (const char* name : {"libtorch_cuda.so", "libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so"}) {
    const fs::path library = target.torch / "lib" / name;
    if (!fs::exists(library, error)) continue;
    const Told told = Ask({ldd->string(), "-r", library.string()}, environment);
    for (const char* missing : {"undefined symbol", "not defined in file", "not found"}) {
      if ((told.output + told.errors).find(missing) != std::string::npos) return false;
    }
    if (!told.well) return false;
  }
  return true;
}

// Of the stand-ins that travelled along, those that have all that this PyTorch needs: those of its
// own version, else of the newest.
const host::Runtime* Travelled(const Target& target, const std::vector<host::Runtime>& runtimes,
                               const host::Environment& environment) {
  std::vector<const host::Runtime*> fit;
  for (const host::Runtime& runtime : runtimes) {
    if (runtime.family == kTravelled && runtime.cuda == target.cuda / kCudaMajor) {
      fit.push_back(&runtime);
    }
  }
  std::stable_sort(fit.begin(), fit.end(), [&](const auto* a, const auto* b) {
    return (PlainVersion(target.version) == a->version) >
           (PlainVersion(target.version) == b->version);
  });
  const auto found = std::find_if(fit.begin(), fit.end(), [&](const auto* runtime) {
    return Serves(runtime->standins, target, environment);
  });
  return found == fit.end() ? nullptr : *found;
}

// Libraries made for one PyTorch, and what they were made from: a changed one makes them again.
class Maker {
 public:
  Maker(const Target& target, const host::Runtime& base, const suite::Installation& installation)
      : target_(target), base_(base), sources_(installation.sources) {
    folder_ = MadeFolder(installation, "standins-made", target.version,
                         {target.object, Runtime(), Generator()});
  }

  bool IsThere() const {
    std::error_code error;
    return fs::exists(folder_, error);
  }
  const fs::path& folder() const { return folder_; }

  void Make(const host::Environment& environment) const {
    MakeOnce(folder_, [&](const fs::path& half) {
      CopyRuntime(half);
      const suite::ScratchFolder work;
      const Told told = Ask(Command(half, work.path(), environment), environment, 300);
      if (!told.well) {
        throw CannotRun(
            fmt::format("could not make stand-in libraries for the PyTorch {} in {}: {}",
                        target_.version, target_.torch.string(), told.errors));
      }
    });
  }

 private:
  fs::path Generator() const { return sources_ / "src/simcuda/generate/inert.py"; }
  fs::path Runtime() const { return base_.standins / fmt::format("libcudart.so.{}", base_.cuda); }

  void CopyRuntime(const fs::path& to) const {
    for (const std::string& name : {Runtime().filename().string(), std::string("libcuda.so.1"),
                                    std::string("libnvidia-ml.so.1")}) {
      std::error_code error;
      fs::copy_file(base_.standins / name, to / name, error);
      if (error) throw CannotRun(fmt::format("cannot copy {}: {}", name, error.message()));
    }
  }

  std::string Program(const std::vector<std::string>& names, const std::string& what,
                      const host::Environment& environment) const {
    if (std::string found = FirstProgram(names, environment); !found.empty()) return found;
    throw CannotRun(
        fmt::format("the PyTorch {} in {} is not one that Portcullis was built with, and making "
                    "stand-in libraries for it needs {}",
                    target_.version, target_.torch.string(), what));
  }

  std::vector<std::string> Command(const fs::path& out, const fs::path& work,
                                   const host::Environment& environment) const {
    Program({"readelf"}, "readelf (Debian: binutils)", environment);
    return {Program({target_.python, "python3"}, "Python 3", environment),
            Generator().string(),
            "--torch",
            target_.torch.string(),
            "--cuda",
            std::to_string(target_.cuda),
            "--cudart",
            (out / Runtime().filename()).string(),
            "--compiler",
            Program({"cc", "gcc", "clang"}, "a C compiler (Debian: gcc)", environment),
            "--root",
            sources_.string(),
            "--work",
            work.string(),
            "--out",
            out.string()};
  }

  const Target& target_;
  const host::Runtime& base_;
  fs::path sources_;
  fs::path folder_;
};

// Whether the command would find another library than ours for one that we have.
bool NeedsPreload(const Target& target, const fs::path& folder, host::Environment environment) {
  if (target.object.empty()) return false;
  AddSearchFolder(folder, environment);
  std::error_code error;
  for (const Linked& library : LinkedOf(target.object, environment)) {
    const fs::path ours = folder / library.soname;
    if (!fs::exists(ours, error)) continue;
    if (!library.file.empty() && !fs::equivalent(library.file, ours, error)) return true;
  }
  return false;
}

}  // namespace

Standins ChooseStandins(const Target& target, int cuda, const std::vector<host::Runtime>& runtimes,
                        const suite::Installation& installation,
                        const host::Environment& environment,
                        const std::function<void(const std::string&)>& say) {
  Standins chosen;
  chosen.cuda = cuda != 0 ? cuda : target.cuda / kCudaMajor;
  if (chosen.cuda == 0) chosen.cuda = DefaultMajor(runtimes);
  const host::Runtime* base = OfMajor(runtimes, chosen.cuda);
  if (base == nullptr) FailNoMajor(target, chosen.cuda, runtimes);
  const bool fits_torch = !target.torch.empty() && target.cuda / kCudaMajor == chosen.cuda;
  const host::Runtime* built = fits_torch ? BuiltFor(target.torch, runtimes) : nullptr;
  if (fits_torch && built == nullptr) built = Travelled(target, runtimes, environment);
  if (!fits_torch || built != nullptr) {
    if (built != nullptr) base = built;
    chosen.folder = fs::absolute(base->standins).lexically_normal();
    chosen.about = fmt::format("CUDA {}, built for PyTorch {}", chosen.cuda, base->version);
  } else {
    const Maker maker(target, *base, installation);
    if (!maker.IsThere()) {
      say(fmt::format("making stand-in libraries for the PyTorch {} in {}, once", target.version,
                      target.torch.string()));
      maker.Make(environment);
    }
    chosen.folder = maker.folder();
    chosen.about = fmt::format("CUDA {}, made for PyTorch {}", chosen.cuda, target.version);
  }
  chosen.preload = NeedsPreload(target, chosen.folder, environment);
  return chosen;
}

}  // namespace portcullis::live
