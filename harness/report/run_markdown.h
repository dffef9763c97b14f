// Owns: a run as Markdown, short enough for a comment on a pull request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/report/compare.h"
#include "harness/report/read_results.h"

namespace portcullis::report {

// GitHub refuses longer comments (65,536 characters).
inline constexpr std::size_t kLongestComment = 65'536;

// Totals, what changed since another run (if one was compared), what is not as expected, what was
// skipped and why. Lists are cut so that the text stays below kLongestComment bytes, and say so.
std::string RunMarkdown(const ReadRun& run, const std::optional<std::vector<Changed>>& changes);

}  // namespace portcullis::report
