#include "harness/suite/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "harness/suite/scratch.h"
#include "src/base/error.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;
using checkpoints::Recipe;

constexpr std::chrono::minutes kMakerDeadline{10};

std::string ReadText(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// While it lives, no other process makes checkpoints in the folder.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : descriptor_(open((folder / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0 || flock(descriptor_, LOCK_EX) != 0) {
      throw CannotRun(SystemError(fmt::format("cannot lock {}/.lock", folder.string())));
    }
  }
  ~FolderLock() { close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

// Size and time of a file that takes part in making: a changed maker makes again. A Python maker
// is a folder's worth of modules.
std::string FileStamp(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  return fmt::format("{} {} {}\n", file.string(), fs::file_size(file),
                     fs::last_write_time(file).time_since_epoch().count());
}

}  // namespace

Store::Store(fs::path folder, const checkpoints::Catalog& catalog, const host::HostLibrary& hosts,
             const std::vector<host::Runtime>& runtimes, std::optional<host::Host> on)
    : folder_(std::move(folder)),
      catalog_(catalog),
      hosts_(hosts),
      runtimes_(runtimes),
      on_(std::move(on)) {}

fs::path Store::File(const std::string& name) const { return folder_ / (name + ".pt"); }

const host::Runtime* Store::MakerOf(const Recipe& recipe) const {
  const auto found =
      std::find_if(runtimes_.begin(), runtimes_.end(), [&](const host::Runtime& runtime) {
        return runtime.is_default && runtime.family == recipe.family && !runtime.maker.empty();
      });
  return found == runtimes_.end() ? nullptr : &*found;
}

std::string Store::Stamp(const Recipe& recipe, const host::Runtime& maker) const {
  std::string stamp = fmt::format("{} {} {} {} {}\n", maker.id, recipe.function,
                                  fmt::join(recipe.from, ","), recipe.host, recipe.format);
  for (const std::string& argument : maker.maker) {
    stamp += FileStamp(argument);
    std::error_code error;
    if (!argument.ends_with(".py")) continue;
    for (const auto& entry : fs::directory_iterator(fs::path(argument).parent_path(), error)) {
      if (entry.path().extension() == ".py") stamp += FileStamp(entry.path());
    }
  }
  return stamp;
}

bool Store::IsFresh(const Recipe& recipe, const host::Runtime& maker) const {
  return Missing(recipe.name).empty() &&
         ReadText(File(recipe.name).string() + ".stamp") == Stamp(recipe, maker);
}

std::string Store::Missing(const std::string& name) const {
  const Recipe& recipe = catalog_.Find(name);
  if (MakerOf(recipe) == nullptr) {
    return fmt::format("no {} runtime here to make the checkpoint {} with (ci/setup installs it)",
                       recipe.family, name);
  }
  std::error_code error;
  const bool there =
      fs::exists(File(name), error) && fs::exists(File(name).string() + ".manifest.json", error);
  return there ? "" : fmt::format("the checkpoint {} was not made", name);
}

bool Store::Trusts(const std::string& name) const { return catalog_.Find(name).trust; }

checkpoints::Reference Store::ReferenceOf(const std::string& name) const {
  return checkpoints::ReadManifest(File(name).string() + ".manifest.json");
}

void Store::MakeOne(const Recipe& recipe, const host::Runtime& maker, runner::Runner& runner,
                    const std::function<void(const std::string& name)>& made) {
  auto scratch = std::make_shared<ScratchFolder>();
  const host::Host host = on_ ? *on_ : hosts_.Find(recipe.host);
  auto child = std::make_shared<host::ChildHost>(host, host.mask, maker, scratch->path());
  runner::Command command;
  command.argv = maker.maker;
  command.argv.insert(command.argv.end(),
                      {recipe.function, "--from", fmt::format("{}", fmt::join(recipe.from, ",")),
                       "--out", File(recipe.name).string()});
  command.environment = child->environment();
  command.folder = scratch->path();
  command.deadline = kMakerDeadline;
  const std::string stamp = Stamp(recipe, maker);
  runner.Submit(std::move(command), [=, this](const runner::Ended& ended) {
    static_cast<void>(child);
    static_cast<void>(scratch);
    if (ended.stopped) return;
    if (ended.exit_code != 0 || !Missing(recipe.name).empty()) {
      throw CannotRun(fmt::format("the checkpoint {} could not be made on the host {}{}:\n{}{}",
                                  recipe.name, host.name, ended.timed_out ? " in time" : "",
                                  ended.start_error, ended.errors));
    }
    std::ofstream(File(recipe.name).string() + ".stamp", std::ios::binary) << stamp;
    made(recipe.name);
  });
}

void Store::Make(const std::vector<std::string>& names, bool again, runner::Runner& runner,
                 const std::function<void(const std::string& name)>& made) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    throw CannotRun(
        fmt::format("cannot make the folder {}: {}", folder_.string(), error.message()));
  }
  if (ToMake(names, again).empty()) return;
  const FolderLock alone(folder_);  // other shards of a run may be here too
  for (const auto& [recipe, maker] : ToMake(names, again)) MakeOne(*recipe, *maker, runner, made);
  runner.Run();
}

std::vector<std::pair<const Recipe*, const host::Runtime*>> Store::ToMake(
    const std::vector<std::string>& names, bool again) const {
  std::vector<std::pair<const Recipe*, const host::Runtime*>> missing;
  for (const std::string& name : names) {
    const Recipe& recipe = catalog_.Find(name);
    const host::Runtime* maker = MakerOf(recipe);
    if (maker != nullptr && (again || !IsFresh(recipe, *maker)))
      missing.emplace_back(&recipe, maker);
  }
  return missing;
}

}  // namespace portcullis::suite
