#include "harness/suite/memory_folder.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include <map>
#include <memory>
#include <string>

#include "harness/runner/descriptor.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;
using runner::Descriptor;

// Of many cases under way. (A container has 64 MiB of /dev/shm unless it is given more.)
constexpr std::uint64_t kRoom = 16 << 20;

// A folder that bears the second name is locked for as long as its process lives.
constexpr char kNew[] = "portcullis-new-XXXXXX";
constexpr std::string_view kInUse = "portcullis-run-";

bool HasRoom(const fs::path& below) {
  struct statfs system {};
  return statfs(below.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC &&
         system.f_bavail * static_cast<std::uint64_t>(system.f_bsize) >= kRoom;
}

Descriptor Lock(const fs::path& folder) {
  Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (opened.get() >= 0 && flock(opened.get(), LOCK_EX | LOCK_NB) == 0) return opened;
  return {};
}

// What processes left behind that were killed. Those of other users cannot be opened.
void RemoveUnlocked(const fs::path& below) {
  std::error_code error;
  for (fs::directory_iterator entry(below, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(kInUse)) continue;
    const Descriptor lock = Lock(entry->path());
    std::error_code ignored;
    if (lock.get() >= 0) fs::remove_all(entry->path(), ignored);
  }
}

class Folder {
 public:
  explicit Folder(const fs::path& below) {
    RemoveUnlocked(below);
    std::string made = (below / kNew).string();
    if (mkdtemp(made.data()) == nullptr) return;
    lock_ = Lock(made);
    path_ = below / (std::string(kInUse) + made.substr(made.size() - 6));
    std::error_code error;
    if (lock_.get() >= 0) fs::rename(made, path_, error);
    if (lock_.get() < 0 || error) path_ = made;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;  // empty if there is none
  Descriptor lock_;
};

}  // namespace

std::optional<fs::path> MemoryFolder(const fs::path& below) {
  if (!HasRoom(below)) return std::nullopt;
  static std::map<fs::path, std::unique_ptr<Folder>> folders;
  auto& folder = folders[below];
  if (!folder) folder = std::make_unique<Folder>(below);
  if (folder->path().empty()) return std::nullopt;
  return folder->path();
}

}  // namespace portcullis::suite
