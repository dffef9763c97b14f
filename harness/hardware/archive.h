// Owns: recordings as archives: the one file that ci/calibrate writes, and in it, as in the
// repository, checkpoints.tar.xz. The checkpoints have most of their weights in common and are a
// fiftieth of their size together.
#pragma once

#include <filesystem>

#include "harness/hardware/recording.h"
#include "harness/runner/runner.h"

namespace portcullis::hardware {

// The folder of a recording, which is given as that or as ci/calibrate's archive; an archive is
// unpacked into `scratch` by tar. Throws UsageError with what tar said.
std::filesystem::path FolderOf(const std::filesystem::path& recording,
                               const std::filesystem::path& scratch, runner::Runner& runner);

// Unpacks the recording's checkpoints into `scratch`, unless they lie there as files.
void UnpackCheckpoints(Recording& recording, const std::filesystem::path& scratch,
                       runner::Runner& runner);

}  // namespace portcullis::hardware
