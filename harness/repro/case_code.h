// Owns: cases.yaml, read: the pieces of code that a case is put together from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/repro/programs.h"

namespace portcullis::repro {

// How a kind of checkpoint is made and loaded.
struct CheckpointCode {
  std::vector<std::string> makers;   // functions of fixtures/make/checkpoints.yaml
  std::vector<std::string> formats;  // that it stands for where no maker is known
  std::string file, make, portable;
  std::string python, cpp;     // the load; "": not in that language
  std::string kind, cpp_kind;  // of what is loaded: "dict", "module", "training", "archive"
  std::string rows, cpp_rows;  // what a module is called with
};

struct StrategyCode {
  std::string strategy;                     // its name
  std::string map;                          // what the load gets
  std::string others;                       // the same of further files, "" for none
  bool has_others = false;                  // `others` differs from `map`
  std::string load;                         // instead of the checkpoint's load; "": that
  std::map<std::string, std::string> then;  // what follows, by kind
};

struct UseCode {
  std::string use;
  std::string does, should;
};

struct CaseCode {
  std::vector<CheckpointCode> checkpoints;
  std::vector<StrategyCode> python, cpp;
  std::vector<UseCode> uses;
};

const CaseCode& TheCaseCode();

}  // namespace portcullis::repro
