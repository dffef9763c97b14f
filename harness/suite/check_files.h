// Owns: which files a check is about, and going through them with several threads.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/suite/findings.h"

namespace portcullis::suite {

// A file to check. One that was named is expected to be a checkpoint; a folder holds other things
// too.
struct FileAsked {
  std::filesystem::path path;
  bool named = false;
  std::string unreadable = {};  // not empty: a folder that cannot be searched, and why
};

// Files stand for themselves; folders for the regular files below them (links are followed to
// files, not to folders; .git is left out; of a distributed checkpoint only its .metadata stands
// for it); what does not exist and has '*', '?' or '[' in it for the files that match. Sorted
// within each argument, each file once. A folder that cannot be searched stands in the list, and
// the rest is searched. A path that does not exist stays in the list; a pattern that nothing
// matches is a UsageError.
std::vector<FileAsked> FilesOf(const std::vector<std::string>& arguments);

// Calls `check` for each index below `count` on `jobs` threads, and `done` with each result on this
// thread, in order, as soon as it is there. Stops with the first exception and throws it.
void CheckInOrder(std::size_t count, unsigned jobs,
                  const std::function<Checked(std::size_t)>& check,
                  const std::function<void(Checked)>& done);

}  // namespace portcullis::suite
