// Owns: starting one child: its descriptors, its process group, its program.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "harness/runner/channels.h"
#include "harness/runner/life.h"
#include "harness/runner/runner.h"

namespace portcullis::runner {

// A child that was started, or why it was not.
struct Launched {
  std::string error;  // not empty: it did not start, and there is nothing else here
  std::unique_ptr<Life> life;
  Ends ends;  // this side's
};

// Starts `command` as the leader of a process group of its own, with no descriptors but 0 to 3
// and all signals as by default; it dies when this thread dies. `tag` becomes PORTCULLIS_CHILD.
Launched Launch(boost::asio::io_context& context, const Command& command, const std::string& tag,
                Fourth fourth);

}  // namespace portcullis::runner
