// Owns: starting one child: its pipes, its descriptors, its environment, its process group.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/process.hpp>
#include <optional>
#include <string>

#include "harness/runner/descriptor.h"
#include "harness/runner/runner.h"

namespace portcullis::runner {

using Process = boost::process::v2::basic_process<boost::asio::io_context::executor_type>;

struct Launched {
  std::string error;  // not empty: it did not start, and there is nothing else here
  std::optional<Process> process;
  Descriptor input, output, errors, answer;  // this side's ends of its pipes
  Descriptor exit;                           // readable when it has ended (pidfd_open(2))
};

// Starts `command` as the leader of a process group of its own, with no descriptors but 0 to 3 (3
// is the answer pipe) and all signals as by default; it dies when this thread dies. `tag` becomes
// PORTCULLIS_CHILD.
Launched Launch(boost::asio::io_context& context, const Command& command, const std::string& tag);

}  // namespace portcullis::runner
