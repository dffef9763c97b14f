#include "harness/hardware/archive.h"

#include <fmt/format.h>

#include "src/base/error.h"

namespace portcullis::hardware {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kDeadline{5};

void Unpack(const fs::path& archive, const fs::path& folder, runner::Runner& runner) {
  runner::Command command;
  command.argv = {"/usr/bin/env",   "tar", "--no-same-owner", "-xf",
                  archive.string(), "-C",  folder.string()};
  command.environment = {{"PATH", "/usr/bin:/bin"}};  // tar looks for xz
  command.folder = folder;
  command.deadline = kDeadline;
  runner.Submit(std::move(command), [&archive](const runner::Ended& ended) {
    if (ended.exit_code == 0 || ended.stopped) return;
    throw UsageError(fmt::format("{}: cannot be unpacked (tar and xz-utils are needed): {}{}",
                                 archive.string(), ended.start_error, ended.errors));
  });
  runner.Run();
}

}  // namespace

fs::path FolderOf(const fs::path& recording, const fs::path& scratch, runner::Runner& runner) {
  std::error_code error;
  if (!fs::is_regular_file(recording, error)) return recording;
  Unpack(fs::absolute(recording), scratch, runner);
  return scratch / "recording";
}

void UnpackCheckpoints(Recording& recording, const fs::path& scratch, runner::Runner& runner) {
  std::error_code error;
  const fs::path archive = recording.folder / "checkpoints.tar.xz";
  if (fs::exists(CheckpointsOf(recording.folder), error) || !fs::exists(archive, error)) return;
  Unpack(fs::absolute(archive), scratch, runner);
  recording.unpacked = CheckpointsOf(scratch);
}

}  // namespace portcullis::hardware
