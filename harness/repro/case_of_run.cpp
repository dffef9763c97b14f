#include "harness/repro/case_of_run.h"

#include <fmt/format.h>

#include "src/base/error.h"

namespace portcullis::repro {

const verdict::Result& CaseOfRun(const report::ReadRun& run, const std::string& what) {
  const verdict::Result* found = nullptr;
  const verdict::Result* another = nullptr;
  for (const report::ReadCase& read : run.cases) {
    if (read.result.c.id == what) return read.result;
    if (read.result.c.id.find(what) == std::string::npos) continue;
    (found == nullptr ? found : another) = &read.result;
  }
  if (found == nullptr)
    throw UsageError(fmt::format("no case of that run has '{}' in its id", what));
  if (another == nullptr) return *found;
  throw UsageError(
      fmt::format("several cases of that run fit '{}', expected one; among them\n  {}\n  {}", what,
                  found->c.id, another->c.id));
}

std::string TellCase(const verdict::Result& result, const report::Style& style) {
  const auto& seen = result.observation;
  const bool raised = seen.outcome == verdict::Outcome::kRaised;  // the error itself is told below
  std::string text = style.Bold(result.c.id) + "\n";
  const std::string came = fmt::format(
      "{} of {} by {}, on {}{}: {}", result.c.strategy.Text(), result.c.checkpoint,
      result.runtime_id, scenario::HostAndMask(result.c.host, result.c.mask),
      seen.simulated ? ", simulated" : "", raised ? "raised in the " + seen.phase : seen.Text());
  for (const std::string& line : report::Wrap(came, style.width() - 2)) text += "  " + line + "\n";
  text += fmt::format("  portcullis run --filter '{}'\n", result.c.id);
  if (!raised) return text;
  const bool cpp = !result.runtime_id.starts_with("python");
  return text + fmt::format("  portcullis repro --emit {} -o DIR \\\n    --case '{}'\n",
                            cpp ? "cpp" : "sh", result.c.id);
}

}  // namespace portcullis::repro
