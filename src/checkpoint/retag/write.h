// Owns: writing a retagged checkpoint so that at every moment, also when the program or the machine
// stops, the file is the old checkpoint or the new one.
//
//   An archive is appended to (zip_tail.h): end records that say what the old ones say, if readers
//   would no longer find those; the new members and directory; a flush; the new end records, in one
//   sector; a flush. Two flushes, because nothing else makes a disk write the end records last.
//   Anything else is written as a new file beside the old one, flushed, and renamed.
#pragma once

#include <filesystem>

#include "src/checkpoint/retag/disk.h"
#include "src/checkpoint/retag/identity.h"
#include "src/checkpoint/retag/plan.h"

namespace portcullis::checkpoint {

// Each takes the file's identity from before it was read, and throws CannotRun if the file is
// another by then, or when the system refuses (read-only, no space); the file is then as it was.
// UsageError for a file that has several names where a rename would split them.

// Changes the file itself. Symbolic links are followed and stay. Appending keeps hard links, owner,
// mode and all else; a rewritten file keeps owner, mode and extended attributes. The time of
// modification is new.
void RetagInPlace(const std::filesystem::path& path, const Identity& read, const RetagBytes& bytes,
                  Disk& disk);

// The file that RetagToFile() writes for `out`: `out`, or what that link leads to. Throws
// UsageError if it is there and not to be replaced, is the checkpoint itself, or has no folder;
// CannotRun if that folder cannot be written to.
std::filesystem::path PlaceFor(const std::filesystem::path& out, const Identity& read,
                               bool replace);

// Writes the new checkpoint to another file, with the mode of the old one. `replace`: also if
// there is a file already.
void RetagToFile(const std::filesystem::path& path, const Identity& read, const RetagBytes& bytes,
                 const std::filesystem::path& out, bool replace, Disk& disk);

// Gives the file its old bytes back.
void UndoInPlace(const std::filesystem::path& path, const Identity& read, const Undo& undo,
                 Disk& disk);

}  // namespace portcullis::checkpoint
