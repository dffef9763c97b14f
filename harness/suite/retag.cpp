#include "harness/suite/retag.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "src/base/quote.h"
#include "src/checkpoint/printable.h"
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

std::vector<std::string> TagsOf(const checkpoint::Many<checkpoint::StorageEntry>& storages) {
  std::set<std::string> tags;
  for (const auto& storage : storages) tags.insert(storage.device);
  return {tags.begin(), tags.end()};
}

// Runs `what`; an error becomes the file's answer.
template <typename What>
void Try(Retagged& done, What what) {
  try {
    what();
  } catch (const Error& error) {
    done.error = error.what();
    done.code = error.code();
  }
}

void UndoFile(const fs::path& file) {
  const auto read = checkpoint::Identity::Of(file);  // before a byte is read
  const auto source = checkpoint::OpenFile(file);
  const auto undo = checkpoint::FindUndo(*source);
  checkpoint::Disk disk;
  if (undo) checkpoint::UndoInPlace(file, read, *undo, disk);
}

}  // namespace

// A file that was read, and what is to be written while it is open.
struct RetagRun::Job {
  Retagged done;
  checkpoint::Identity read;
  std::unique_ptr<checkpoint::Source> source;
  std::set<std::string> devices;
  checkpoint::RetagBytes bytes;
  std::optional<checkpoint::Undo> undo;
  fs::path place;  // where it is written; empty if it is not
};

RetagRun::RetagRun(const RetagRequest& request) : request_(request), wish_(WishOf(request)) {}

std::vector<RetagSet> RetagRun::Sets(const std::vector<std::string>& paths) const {
  std::vector<RetagSet> sets;
  std::size_t files = 0;
  bool needs_folder = false;
  for (const std::string& path : paths) {
    sets.push_back({path, checkpoint::FilesToRetag(path)});
    files += sets.back().what.files.size();
    needs_folder = needs_folder || files > 1 || !sets.back().what.index.empty();
  }
  if (needs_folder && !request_.out.empty() && !fs::is_directory(request_.out)) {
    throw UsageError(
        fmt::format("found '{}', expected an existing folder for the {} files\n"
                    "  next: mkdir -p {}",
                    request_.out, files, Quoted(request_.out)));
  }
  return sets;
}

RetaggedSet RetagRun::Do(const RetagSet& set) const {
  std::vector<Job> jobs;
  for (const fs::path& file : set.what.files) jobs.push_back(Plan(file));
  RetaggedSet all;
  all.named = set.named;
  std::set<std::string> devices;
  bool failed = false;
  for (const Job& job : jobs) {
    devices.insert(job.devices.begin(), job.devices.end());
    failed = failed || !job.done.error.empty();
  }
  if (!failed) {
    // A pair is somebody's own statement about the file, and it is wrong.
    if (!request_.undo) all.unmatched = wish_.mapping.Unmatched(devices);
    if (!all.unmatched.empty()) all.code = ExitCode::kFinding;
    if (request_.undo) RequireUndo(jobs);
    FindPlaces(jobs, set);
    Write(jobs);
  }
  bool written = false;
  for (Job& job : jobs) {
    all.code = std::max(all.code, job.done.code);
    failed = failed || !job.done.error.empty();
    written = written || job.done.written;
    all.files.push_back(std::move(job.done));
  }
  all.left_alone = failed && !written;
  return all;
}

RetagRun::Job RetagRun::Plan(const fs::path& file) const {
  Job job;
  job.done.file = file;
  Try(job.done, [&] {
    checkpoint::OpenFile(file);                 // says more of a file that is missing
    job.read = checkpoint::Identity::Of(file);  // before a byte is read
    job.source = checkpoint::OpenFile(file);
    if (!request_.undo) return PlanRetag(job);
    job.undo = checkpoint::FindUndo(*job.source);
    job.done.undone = job.undo.has_value();
  });
  return job;
}

void RetagRun::PlanRetag(Job& job) const {
  checkpoint::RetagPlan plan = checkpoint::PlanRetag(*job.source, wish_);
  job.done.format = plan.format;
  job.done.changes = std::move(plan.changes);
  job.done.kept = std::move(plan.kept);
  job.done.tags = TagsOf(plan.storages);
  job.devices = std::move(plan.devices);
  job.bytes = std::move(plan.bytes);
}

// Of shards, some may never have been changed.
void RetagRun::RequireUndo(std::vector<Job>& jobs) const {
  const bool any =
      std::any_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.undo.has_value(); });
  if (any) return;
  for (Job& job : jobs) {
    job.done.error =
        fmt::format("{}: found nothing to undo, expected a file that retag has changed",
                    checkpoint::Printable(job.done.file.string()));
    job.done.code = ExitCode::kWrongUse;
  }
}

// Where each file is written, if it is. A new folder is to hold a whole checkpoint: with it go the
// shards in which nothing changes and, last, the index.
void RetagRun::FindPlaces(std::vector<Job>& jobs, const RetagSet& set) const {
  const auto changes = [](const Job& job) { return !job.done.changes.empty() || job.undo; };
  const bool matched = request_.pairs.empty() || std::any_of(jobs.begin(), jobs.end(), changes);
  const bool copies = !request_.out.empty() && matched;
  if (copies && !set.what.index.empty()) {
    Job index;
    index.done.file = set.what.index;
    index.done.format = checkpoint::Format::kShardedIndex;
    Try(index.done, [&] {
      index.read = checkpoint::Identity::Of(index.done.file);
      index.source = checkpoint::OpenFile(index.done.file);
    });
    jobs.push_back(std::move(index));
  }
  if (request_.dry_run) return;
  for (Job& job : jobs) {
    if (!job.done.error.empty()) continue;
    if (request_.out.empty()) {
      if (changes(job)) job.place = job.done.file;
    } else if (changes(job) || copies) {
      const fs::path out = request_.out;
      job.place = fs::is_directory(out) ? out / job.done.file.filename() : out;
      job.done.copied = !changes(job);
      Try(job.done, [&] { checkpoint::PlaceFor(job.place, job.read, request_.force); });
    }
  }
}

void RetagRun::Write(std::vector<Job>& jobs) const {
  const auto failed = [](const Job& job) { return !job.done.error.empty(); };
  if (std::any_of(jobs.begin(), jobs.end(), failed)) return;
  for (Job& job : jobs) {
    if (job.place.empty()) continue;
    Try(job.done, [&] { WriteOne(job); });
    if (!failed(job)) continue;
    for (Job& before : jobs) Try(before.done, [&] { TakeBack(before.done); });
    return;
  }
}

void RetagRun::WriteOne(Job& job) const {
  checkpoint::Disk disk;
  const fs::path& file = job.done.file;
  if (job.undo) {
    checkpoint::UndoInPlace(file, job.read, *job.undo, disk);
  } else if (request_.out.empty()) {
    checkpoint::RetagInPlace(file, job.read, job.bytes, disk);
  } else {
    if (job.done.copied) {
      job.bytes.result = std::make_shared<checkpoint::Spliced>(checkpoint::Borrow(*job.source),
                                                               std::vector<checkpoint::Edit>());
    }
    checkpoint::RetagToFile(file, job.read, job.bytes, job.place, request_.force, disk);
  }
  job.done.written = true;
  job.done.written_to = job.place;
}

// As it was before this run, because a later file of the set could not be written. What was undone
// stays so, and so does a file that replaced another.
void RetagRun::TakeBack(Retagged& done) const {
  if (!done.written || done.undone || request_.force) return;
  if (request_.out.empty()) {
    UndoFile(done.file);
  } else {
    fs::remove(done.written_to);
  }
  done.written = false;
}

}  // namespace portcullis::suite
