#include "harness/suite/retag.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "src/checkpoint/retag/write.h"
#include "src/checkpoint/source.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

checkpoint::RetagWish WishOf(const RetagRequest& request) {
  if (request.to.empty() && request.pairs.empty() && !request.undo) {
    throw UsageError("found no device, expected --to cpu, --map cuda:1=cuda:0 or --undo");
  }
  const bool has_place = request.in_place || !request.out.empty();
  if (!has_place && !request.undo && !request.dry_run) {
    throw UsageError("found no place to write to, expected --in-place, -o FILE or --dry-run");
  }
  return {request.to.empty() ? checkpoint::DeviceMapping::Pairs(request.pairs)
                             : checkpoint::DeviceMapping::To(request.to),
          request.code};
}

// What a file that nothing of the mapping matches is tagged.
std::vector<std::string> TagsOf(const checkpoint::Many<checkpoint::StorageEntry>& storages) {
  std::set<std::string> tags;
  for (const auto& storage : storages) tags.insert(storage.device);
  return {tags.begin(), tags.end()};
}

}  // namespace

RetagRun::RetagRun(const RetagRequest& request) : request_(request), wish_(WishOf(request)) {}

std::vector<fs::path> RetagRun::Files(const std::vector<std::string>& paths) const {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    for (fs::path& file : checkpoint::FilesToRetag(path)) files.push_back(std::move(file));
  }
  if (files.size() > 1 && !request_.out.empty() && !fs::is_directory(request_.out)) {
    throw UsageError(fmt::format("found '{}', expected an existing folder for the {} files",
                                 request_.out, files.size()));
  }
  return files;
}

Retagged RetagRun::Do(const fs::path& file) const {
  Retagged done;
  done.file = file;
  try {
    request_.undo ? Undo(file, done) : Retag(file, done);
  } catch (const Error& error) {
    done.error = error.what();
    done.code = error.code();
  }
  return done;
}

void RetagRun::Retag(const fs::path& file, Retagged& done) const {
  const auto read = checkpoint::Identity::Of(file);  // before a byte is read
  const auto source = checkpoint::OpenFile(file);
  checkpoint::RetagPlan plan = checkpoint::PlanRetag(*source, wish_);
  done.format = plan.format;
  done.changes = std::move(plan.changes);
  done.kept = std::move(plan.kept);
  if (done.changes.empty()) {
    done.tags = TagsOf(plan.storages);
    // A pair is somebody's own statement about the file, and it is wrong.
    if (request_.to.empty()) done.code = ExitCode::kFinding;
    return;
  }
  if (request_.dry_run) return;
  checkpoint::Disk disk;
  done.written_to = file;
  if (request_.out.empty()) {
    checkpoint::RetagInPlace(file, read, plan.bytes, disk);
  } else {
    const fs::path out = request_.out;
    done.written_to = fs::is_directory(out) ? out / file.filename() : out;
    checkpoint::RetagToFile(file, read, plan.bytes, done.written_to, request_.force, disk);
  }
  done.written = true;
}

void RetagRun::Undo(const fs::path& file, Retagged& done) const {
  const auto read = checkpoint::Identity::Of(file);  // before a byte is read
  const auto source = checkpoint::OpenFile(file);
  const auto undo = checkpoint::FindUndo(*source);
  if (!undo) {
    throw UsageError(fmt::format(
        "{}: found nothing to undo, expected a file that retag has changed", file.string()));
  }
  done.undone = true;
  if (request_.dry_run) return;
  checkpoint::Disk disk;
  checkpoint::UndoInPlace(file, read, *undo, disk);
  done.written = true;
  done.written_to = file;
}

}  // namespace portcullis::suite
