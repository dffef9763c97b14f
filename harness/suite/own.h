// Owns: somebody's own checkpoints as cases: on the standard hosts, with every strategy that can
// be told from the file. Nobody stated an expectation, so the rules are held against the load.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"
#include "harness/scenario/case_list.h"
#include "harness/suite/suite.h"

namespace portcullis::suite {

class OwnCheckpoints {
 public:
  // Reads the device map of every file, then loads each once on the CPU for names and checksums.
  // A file that is missing, damaged or no checkpoint is an error that names it; one that does not
  // even load on the CPU becomes cases that say so.
  OwnCheckpoints(const std::vector<std::string>& files, const host::HostLibrary& hosts,
                 const std::vector<host::Runtime>& runtimes, bool trust, runner::Runner& runner);

  // Empty lists mean: the standard ones.
  scenario::CaseList Cases(const std::vector<std::string>& hosts,
                           const std::vector<std::string>& runtimes,
                           const std::vector<std::string>& strategies) const;
  Subject SubjectOf(const scenario::Case& c) const;
  // "vgg.pth: legacy, 5 tensors, 7,104 bytes, tags: cuda:0"
  std::string Headline(const std::string& file) const;

 private:
  std::map<std::string, Subject> subjects_;  // by path as given
  std::vector<std::string> files_;           // in the order given
};

}  // namespace portcullis::suite
