// Owns: a run as one self-contained HTML file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/report/compare.h"
#include "harness/report/read_results.h"

namespace portcullis::report {

// Totals, what changed, and every case, with filters, a search box and the whole of each case a
// click away.
std::string RunHtml(const ReadRun& run, const std::optional<std::vector<Changed>>& changes);

}  // namespace portcullis::report
