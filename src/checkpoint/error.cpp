#include "src/checkpoint/error.h"

#include <fmt/format.h>

#include <utility>

#include "src/checkpoint/printable.h"

namespace portcullis::checkpoint {
namespace {

ExitCode CodeOf(Problem problem) {
  return problem == Problem::kDamaged ? ExitCode::kFinding : ExitCode::kWrongUse;
}

std::string Text(Problem problem, const Spot& spot, const std::string& found,
                 const std::string& expected, const std::string& next) {
  const std::string member = spot.member.empty() ? "" : fmt::format(": {}", Printable(spot.member));
  // What is no checkpoint is so from its first byte.
  const bool whole_file =
      spot.offset == 0 && (problem == Problem::kNotACheckpoint || problem == Problem::kUnreadable);
  const std::string at = whole_file ? "" : fmt::format(": at byte {}", spot.offset);
  return fmt::format("{}{}{}: found {}, expected {}\n  next: {}", Printable(spot.file), member, at,
                     Printable(found), Printable(expected), next);
}

}  // namespace

CheckpointError::CheckpointError(Problem problem, Spot spot, const std::string& found,
                                 const std::string& expected, const std::string& next)
    : Error(CodeOf(problem), Text(problem, spot, found, expected, next)),
      problem_(problem),
      spot_(std::move(spot)) {}

}  // namespace portcullis::checkpoint
