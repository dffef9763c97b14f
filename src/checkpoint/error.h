// Owns: the error that reading a checkpoint ends in, and how its text is laid out.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"

namespace portcullis::checkpoint {

// Where in a checkpoint something was found.
struct Spot {
  std::string file;          // path as the user gave it
  std::string member;        // archive member; nested ones joined with "!"; "" for none
  std::uint64_t offset = 0;  // within the member, or within the file if there is no member
};

enum class Problem {
  kNotACheckpoint,  // something else: wrong use
  kUnreadable,      // the operating system does not let it be read: wrong use
  kDamaged,         // a checkpoint that PyTorch would not load either: a finding
  kUnsupported,     // a checkpoint, of a kind or size that is not read: wrong use
};

// The text reads "FILE: MEMBER: at byte OFFSET: found …, expected …\n  next: …"; without a byte for
// what is no checkpoint at all.
class CheckpointError : public Error {
 public:
  CheckpointError(Problem problem, Spot spot, const std::string& found, const std::string& expected,
                  const std::string& next);
  Problem problem() const { return problem_; }
  const Spot& spot() const { return spot_; }

 private:
  Problem problem_;
  Spot spot_;
};

}  // namespace portcullis::checkpoint
