// Owns: telling a person what an error is and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "harness/report/terminal.h"
#include "harness/repro/givers.h"
#include "harness/repro/guide.h"
#include "harness/repro/recognise.h"

namespace portcullis::repro {

// What was recognised, what happened, who gives it, what to do, how to see it: in sections, wrapped
// to the width of `style`.
std::string Tell(const Recognised& recognised, const Guide& guide, const std::vector<Giver>& givers,
                 const report::Style& style);

}  // namespace portcullis::repro
