// Owns: retagging files as a command asks: which files, where to, and what became of each.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/checkpoint/retag/plan.h"

namespace portcullis::suite {

struct RetagRequest {
  std::string to;                  // "cpu", or
  std::vector<std::string> pairs;  // "cuda:1=cuda:0"
  bool undo = false;
  std::string out;  // a file, or a folder for several
  bool in_place = false;
  bool force = false;  // `out` may be there already
  bool dry_run = false;
  bool code = false;
};

// What became of one file.
struct Retagged {
  std::filesystem::path file;
  std::optional<checkpoint::Format> format;    // unless it could not be read
  std::vector<checkpoint::TagChange> changes;  // made, or with dry_run to be made
  std::vector<checkpoint::KeptTag> kept;
  bool undone = false;               // it has its old bytes again, or with dry_run would
  bool written = false;              // false: a dry run, or there was nothing to do
  bool copied = false;               // written as it was: there was nothing to change in it
  std::filesystem::path written_to;  // the file itself, if in place
  std::vector<std::string> tags;     // what the storages are tagged, before
  std::string error;                 // why not
  ExitCode code = ExitCode::kAsExpected;
};

// Files that are changed together, all or none: one file, or the shards of an index.
struct RetagSet {
  std::filesystem::path named;  // on the command line
  checkpoint::RetagFiles what;
};

struct RetaggedSet {
  std::filesystem::path named;
  std::vector<Retagged> files;         // and the index, if it was copied
  std::vector<std::string> unmatched;  // pairs that match no tag in any of them: a finding
  bool left_alone = false;             // one could not be changed, so none was
  ExitCode code = ExitCode::kAsExpected;
};

class RetagRun {
 public:
  // Throws UsageError for requests that do not say what to change, or where to write it.
  explicit RetagRun(const RetagRequest& request);

  // What the paths stand for. Throws UsageError if there are several files, or an index, and `out`
  // is not a folder.
  std::vector<RetagSet> Sets(const std::vector<std::string>& paths) const;

  // Reads and plans all files of the set before the first is written; what was written when one
  // fails is taken back. Errors end up in the answer, so that other sets have their turn.
  RetaggedSet Do(const RetagSet& set) const;

 private:
  struct Job;
  Job Plan(const std::filesystem::path& file) const;
  void PlanRetag(Job& job) const;
  void RequireUndo(std::vector<Job>& jobs) const;
  void FindPlaces(std::vector<Job>& jobs, const RetagSet& set) const;
  void Write(std::vector<Job>& jobs) const;
  void WriteOne(Job& job) const;
  void TakeBack(Retagged& done) const;

  RetagRequest request_;
  checkpoint::RetagWish wish_;
};

}  // namespace portcullis::suite
