#include "harness/suite/check_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "src/base/error.h"
#include "src/base/glob.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetadata = ".metadata";

// The pieces of a distributed checkpoint are no checkpoints of their own.
bool IsPiece(const fs::path& file) { return file.extension() == ".distcp"; }

void AddEntry(const fs::directory_entry& entry, std::vector<fs::path>& folders,
              std::vector<FileAsked>& found) {
  std::error_code ignored;
  if (entry.path().filename() == ".git") return;
  if (!entry.is_symlink(ignored) && entry.is_directory(ignored)) {
    folders.push_back(entry.path());
  } else if (entry.is_regular_file(ignored) && !IsPiece(entry.path())) {
    found.push_back({entry.path()});
  }
}

// One folder that cannot be read does not end the search.
std::vector<FileAsked> FilesBelow(const fs::path& top) {
  std::vector<FileAsked> found;
  std::vector<fs::path> folders{top};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      AddEntry(*entry, folders, found);
    }
    if (error) found.push_back({folder, folder == top, error.message()});
  }
  std::sort(found.begin(), found.end(),
            [](const FileAsked& a, const FileAsked& b) { return a.path < b.path; });
  return found;
}

// The folder that holds everything a pattern can match, and the pattern seen from there.
std::pair<fs::path, std::string> SplitPattern(const std::string& pattern) {
  const std::size_t first = pattern.find_first_of("*?[");
  const std::size_t slash = pattern.rfind('/', first);
  if (slash == std::string::npos) return {".", pattern};
  return {slash == 0 ? "/" : pattern.substr(0, slash), pattern.substr(slash + 1)};
}

// True if files that the pattern matches may lie in that folder: its own names fit the first ones.
bool MayHold(const std::string& pattern, const fs::path& folder) {
  if (pattern.find("**") != std::string::npos) return true;
  std::size_t end = 0;
  for (auto name = folder.begin(); name != folder.end(); ++name) {
    end = pattern.find('/', end == 0 ? 0 : end + 1);
    if (end == std::string::npos) return false;
  }
  return GlobMatches(pattern.substr(0, end), folder.string());
}

std::vector<FileAsked> FilesMatching(const std::string& pattern) {
  const auto [folder, rest] = SplitPattern(pattern);
  std::vector<FileAsked> files;
  for (FileAsked& file : FilesBelow(folder)) {
    const fs::path below = file.path.lexically_relative(folder);
    const bool matches =
        file.unreadable.empty() ? GlobMatches(rest, below.string()) : MayHold(rest, below);
    if (!matches) continue;
    if (folder == ".") file.path = below;
    files.push_back(std::move(file));
  }
  if (files.empty()) throw UsageError(fmt::format("no file matches '{}'", pattern));
  return files;
}

// Results wait here for those before them.
class Waiting {
 public:
  explicit Waiting(std::size_t window) : window_(window) {}

  // The next index to work on; nothing when all are taken, or after Stop().
  std::optional<std::size_t> Take(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || next_ - given_ < window_ || next_ == count; });
    if (stopped_ || next_ == count) return {};
    return next_++;
  }
  void Put(std::size_t index, Checked checked) {
    const std::scoped_lock lock(mutex_);
    ready_.emplace(index, std::move(checked));
    changed_.notify_all();
  }
  void Stop(std::exception_ptr why) {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    if (why && !why_) why_ = std::move(why);
    changed_.notify_all();
  }
  // Waits for the result of `index`, which is the next to give.
  Checked Give(std::size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || ready_.contains(index); });
    if (stopped_) std::rethrow_exception(why_);
    Checked checked = std::move(ready_.extract(index).mapped());
    ++given_;
    changed_.notify_all();
    return checked;
  }

 private:
  const std::size_t window_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, Checked> ready_;
  std::size_t next_ = 0, given_ = 0;
  bool stopped_ = false;
  std::exception_ptr why_;
};

// Threads that end before what they work on goes away.
class Workers {
 public:
  Workers(unsigned jobs, Waiting& waiting, std::size_t count,
          const std::function<Checked(std::size_t)>& check)
      : waiting_(waiting) {
    for (unsigned i = 0; i < jobs; ++i) {
      threads_.emplace_back([&waiting, count, &check] {
        try {
          while (const auto index = waiting.Take(count)) waiting.Put(*index, check(*index));
        } catch (...) {
          waiting.Stop(std::current_exception());
        }
      });
    }
  }
  ~Workers() {
    waiting_.Stop(nullptr);
    for (std::thread& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  Waiting& waiting_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::vector<FileAsked> FilesOf(const std::vector<std::string>& arguments) {
  std::vector<FileAsked> files;
  std::set<fs::path> seen;
  const auto add = [&](FileAsked file) {
    if (seen.insert(file.path).second) files.push_back(std::move(file));
  };
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (fs::is_directory(argument, error)) {
      if (fs::exists(fs::path(argument) / kMetadata, error)) add({argument, true});
      for (FileAsked& file : FilesBelow(argument)) {
        // Named by its folder already, or a distributed checkpoint further down.
        const bool own = file.path == fs::path(argument) / kMetadata;
        if (!own) add(std::move(file));
      }
    } else if (!fs::exists(argument, error) && IsGlob(argument)) {
      for (FileAsked& file : FilesMatching(argument)) add(std::move(file));
    } else {
      add({argument, true});
    }
  }
  return files;
}

void CheckInOrder(std::size_t count, unsigned jobs,
                  const std::function<Checked(std::size_t)>& check,
                  const std::function<void(Checked)>& done) {
  if (jobs <= 1 || count <= 1) {  // no thread for a single file: it costs as much as the file
    for (std::size_t i = 0; i < count; ++i) done(check(i));
    return;
  }
  constexpr std::size_t kWindowPerJob = 64;
  Waiting waiting(jobs * kWindowPerJob);
  const Workers workers(jobs, waiting, count, check);
  for (std::size_t i = 0; i < count; ++i) done(waiting.Give(i));
}

}  // namespace portcullis::suite
