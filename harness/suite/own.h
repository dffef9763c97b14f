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
#include "harness/verdict/result.h"

namespace portcullis::suite {

class OwnCheckpoints {
 public:
  // Reads the device map of every file, then loads each once on the CPU for names and checksums.
  // A file that is missing, damaged or no checkpoint is an error that names it. Of one that does
  // not load there nobody knows the tensors: its cases are held to outcome, error and phase alone.
  OwnCheckpoints(const std::vector<std::string>& files, const host::HostLibrary& hosts,
                 const std::vector<host::Runtime>& runtimes, bool trust, runner::Runner& runner);

  // Empty lists mean: the standard ones.
  scenario::CaseList Cases(const std::vector<std::string>& hosts,
                           const std::vector<std::string>& runtimes,
                           const std::vector<std::string>& strategies) const;
  Subject SubjectOf(const scenario::Case& c) const;
  // That load on the CPU, held against what the rules say of it; without its tensors.
  const verdict::Result& ReferenceOf(const std::string& file) const;
  // Why loads of the file are not held to its tensors; "" if they are.
  const std::string& Unknown(const std::string& file) const;
  // "vgg.pth: legacy, 5 tensors, 7,104 bytes, tags: cuda:0"
  std::string Headline(const std::string& file) const;

 private:
  void Look(const std::string& file, const host::HostLibrary& hosts, const host::Runtime& python,
            bool trust, runner::Runner& runner);
  void Seen(const std::string& file, verdict::Observation seen);

  std::map<std::string, Subject> subjects_;  // by path as given
  std::map<std::string, verdict::Result> references_;
  std::vector<std::string> files_;  // in the order given
};

}  // namespace portcullis::suite
