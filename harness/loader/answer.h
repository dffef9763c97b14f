// Owns: the one answer (protocol.h), and writing it to the pipe that the harness listens on.
#pragma once

#include <string>
#include <vector>

#include "harness/loader/flight.h"
#include "harness/loader/found.h"
#include "harness/loader/request.h"

namespace portcullis::loader {

struct Answer {
  std::string torch;  // "2.11.0+cu130"
  std::string cuda;   // "13.0"; "" for a CPU-only build
  std::string outcome;
  std::vector<FoundTensor> tensors;
  std::vector<FoundValue> values;
  std::string error_type;  // "" if there is no error
  std::string error_text;
};

// The file descriptor named by PORTCULLIS_ANSWER_FD. Throws BadRequest if there is none.
int AnswerFd();

// Writes the answer as one line of JSON. Throws BadRequest if the pipe cannot be written to.
void WriteAnswer(int fd, const Request& request, const Answer& answer, const Clock& clock);

}  // namespace portcullis::loader
