// Owns: what a child is given: its descriptors 0 to 3, its environment, its folder.
#pragma once

#include <string>
#include <vector>

#include "harness/runner/descriptor.h"
#include "harness/runner/runner.h"

namespace portcullis::runner {

inline constexpr int kFourthDescriptor = 3;
inline constexpr int kDescriptors = 4;  // standard input, output, error, and the fourth

enum class Fourth {
  kAnswerPipe,  // of a case; named by PORTCULLIS_ANSWER_FD
  kSocket,      // of a warm loader; named by PORTCULLIS_SERVE_FD
};

// One side's ends.
struct Ends {
  Descriptor input, output, errors, fourth;
};
struct Channels {
  Ends here, there;
};
Channels OpenChannels(Fourth fourth);  // throws std::system_error

// "NAME=value" of all that the child gets: the command's, PORTCULLIS_CHILD=tag, and the fourth
// descriptor.
std::vector<std::string> EnvironmentEntries(const Command& command, const std::string& tag,
                                            Fourth fourth);

// The command's folder, or this process's own. Throws std::system_error.
Descriptor OpenFolder(const Command& command);

}  // namespace portcullis::runner
