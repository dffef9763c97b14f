#include "src/cli/one_case.h"

#include <fmt/format.h>

#include "harness/runner/runner.h"
#include "harness/suite/damaged.h"
#include "harness/suite/filter.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"
#include "src/base/error.h"

namespace portcullis::cli {

scenario::Case FindCase(const World& world, const std::vector<std::string>& where,
                        const std::string& what, const std::string& neither) {
  const auto cases = suite::Filter(world.Cases(where), {{}, {}, {}, {what}});
  if (cases.size() == 1) return cases.At(0);
  if (cases.empty()) {
    throw UsageError(
        fmt::format("'{}' is neither {}; 'portcullis list cases' lists them all", what, neither));
  }
  for (const scenario::Case& c : cases) {
    if (c.id == what) return c;
  }
  throw UsageError(fmt::format("{} cases fit '{}', expected one; among them\n  {}\n  {}",
                               cases.size(), what, cases.At(0).id, cases.At(1).id));
}

verdict::Result RunOne(const World& world, const scenario::Case& c) {
  runner::Runner runner(1);
  runner.StopOnSignals();
  suite::Store store(world.installation.made, world.catalog, world.hosts, world.runtimes);
  suite::Damaged damaged(store, world.damages, world.installation.damages / "damage.py",
                         world.runtimes);
  store.Make({c.checkpoint}, false, runner, [](const std::string&) {});
  if (!c.damage.empty()) damaged.Make({{c.checkpoint, c.damage}}, runner);
  suite::Suite one{world.hosts, world.runtimes, [&](const scenario::Case& asked) {
                     return damaged.SubjectOf(asked.checkpoint, asked.damage);
                   }};
  one.isolate = true;
  one.keep_calls = true;
  const auto results = suite::ResultsOf(one, std::vector{c}, runner);
  if (runner.interrupted() || results.empty()) throw CannotRun("interrupted");
  const verdict::Result& result = results.front();
  if (result.judgement.verdict == verdict::Verdict::kSkipped) {
    throw CannotRun(fmt::format("{}: {}", c.id, result.judgement.reason));
  }
  return result;
}

}  // namespace portcullis::cli
