#include "harness/live/first_use.h"

#include <fmt/format.h>

#include "harness/live/ask.h"
#include "harness/live/made_once.h"
#include "src/base/error.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

fs::path Script(const suite::Installation& installation) {
  return installation.sources / "harness/live/first_use.py";
}

// One part that first_use.py makes.
struct Part {
  const char* word;  // as the script calls it, and its folder of the cache
  const char* name;  // for people
};
constexpr Part kCompute{"compute", "the plugin that lets operators compute"};
constexpr Part kLoaders{"loaders", "the C++ loaders"};

[[noreturn]] void FailToMake(const Part& part, const Target& target, const std::string& why) {
  throw CannotRun(fmt::format("{} for the PyTorch {} in {} cannot be made: {}", part.name,
                              target.version, target.torch.string(), why));
}

// The compiler through ccache, where that is: made again, it takes a second.
std::vector<std::string> Compiler(const Part& part, const Target& target,
                                  const host::Environment& environment) {
  std::vector<std::string> words;
  if (std::string cache = FirstProgram({"ccache"}, environment); !cache.empty()) {
    words.push_back(std::move(cache));
  }
  std::string compiler = FirstProgram({"c++", "g++", "clang++"}, environment);
  if (compiler.empty()) FailToMake(part, target, "needs a C++ compiler (Debian: g++)");
  words.push_back(std::move(compiler));
  return words;
}

// The folder with what was made, now or before.
fs::path Make(const Part& part, const Target& target, const fs::path& standins,
              const suite::Installation& installation,
              const std::function<void(const std::string&)>& say) {
  const fs::path cudart = standins / fmt::format("libcudart.so.{}", target.cuda / kCudaMajor);
  const fs::path script = Script(installation);
  fs::path folder =
      MadeFolder(installation, part.word, target.version, {target.object, cudart, script});
  std::error_code error;
  if (fs::exists(folder, error)) return folder;
  const host::Environment environment = OwnEnvironment();
  const std::string python = FirstProgram({target.python, "python3"}, environment);
  if (python.empty()) FailToMake(part, target, "needs Python 3");
  std::vector<std::string> command{python,
                                   script.string(),
                                   part.word,
                                   "--torch",
                                   target.torch.string(),
                                   "--cuda",
                                   std::to_string(target.cuda),
                                   "--cudart",
                                   cudart.string(),
                                   "--sources",
                                   installation.sources.string(),
                                   "--compiler"};
  for (std::string& word : Compiler(part, target, environment)) command.push_back(std::move(word));
  say(fmt::format("making {} for PyTorch {}, once", part.name, target.version));
  MakeOnce(folder, [&](const fs::path& half) {
    command.insert(command.end(), {"--out", half.string()});
    constexpr int kLongest = 1800;  // seconds
    const Told told = Ask(command, environment, kLongest);
    if (!told.well) FailToMake(part, target, told.errors);
    fs::remove_all(half / "work", error);
  });
  return folder;
}

host::Runtime CppRuntime(const host::Runtime& python, const fs::path& folder, bool cuda) {
  host::Runtime runtime = python;
  runtime.family = cuda ? "cpp" : "cpp-cpu";
  runtime.id = fmt::format("cpp-{}{}", python.version, cuda ? "" : "-cpu");
  runtime.environment.clear();
  runtime.loader = {(folder / (cuda ? "portcullis-loader" : "portcullis-loader-cpu")).string()};
  runtime.maker.clear();
  if (cuda) {
    runtime.maker = {(folder / "portcullis-maker").string()};
  } else {
    runtime.cuda = 0;
    runtime.standins.clear();
    runtime.preload = false;
    runtime.probe.clear();
    runtime.recorder.clear();
  }
  return runtime;
}

}  // namespace

bool HasSources(const suite::Installation& installation) {
  std::error_code error;
  return fs::exists(Script(installation), error) &&
         fs::exists(installation.sources / "generated", error);
}

fs::path ComputePlugin(const Target& target, const fs::path& standins,
                       const suite::Installation& installation,
                       const std::function<void(const std::string&)>& say) {
  return Make(kCompute, target, standins, installation, say) / "libportcullis-compute.so";
}

std::vector<host::Runtime> CppRuntimes(const host::Runtime& python,
                                       const suite::Installation& installation,
                                       const std::function<void(const std::string&)>& say) {
  const host::Environment environment = OwnEnvironment();
  const Target target = FindTarget({python.loader.front(), "-c", ""}, environment);
  const fs::path folder = Make(kLoaders, target, python.standins, installation, say);
  return {CppRuntime(python, folder, true), CppRuntime(python, folder, false)};
}

}  // namespace portcullis::live
