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
  std::filesystem::path written_to;  // the file itself, if in place
  std::vector<std::string> tags;     // if nothing matched: what the storages are tagged
  std::string error;                 // why not
  ExitCode code = ExitCode::kAsExpected;
};

class RetagRun {
 public:
  // Throws UsageError for requests that do not say what to change, or where to write it.
  explicit RetagRun(const RetagRequest& request);

  // The checkpoints that the paths stand for: of an index of shards, the shards. Throws UsageError
  // if there are several and `out` is not a folder.
  std::vector<std::filesystem::path> Files(const std::vector<std::string>& paths) const;

  // Errors end up in the answer, so that other files have their turn.
  Retagged Do(const std::filesystem::path& file) const;

 private:
  void Retag(const std::filesystem::path& file, Retagged& done) const;
  void Undo(const std::filesystem::path& file, Retagged& done) const;

  RetagRequest request_;
  checkpoint::RetagWish wish_;
};

}  // namespace portcullis::suite
