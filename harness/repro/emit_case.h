// Owns: a case as programs of its own: its checkpoint, its host and its way of loading, and the way
// that works there.
#pragma once

#include <string>
#include <vector>

#include "harness/repro/emit.h"
#include "harness/verdict/result.h"

namespace portcullis::repro {

// What the checkpoint of a case is.
struct CaseSubject {
  std::string maker;   // function of fixtures/make/checkpoints.yaml; "": somebody's own file
  std::string format;  // as checkpoint::FormatName says
  std::vector<std::string> tags;  // each once; one or more
  bool trust = false;             // loaded with weights_only=False
};

// fails and works in the language of the case, with what builds or runs them; `error` is the id of
// its error class. Throws UsageError if `form` is of another language, or if there is no code for
// such a case: then the reproduction of its error class shows the error.
std::vector<EmittedFile> EmitCase(const verdict::Result& result, const CaseSubject& subject,
                                  const std::string& error, Form form);

}  // namespace portcullis::repro
