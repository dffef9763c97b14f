// Owns: what is known of each error of the catalog beyond its words: guides.yaml, read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/repro/programs.h"

namespace portcullis::repro {

struct Remedy {
  std::string what;  // code, or what to do
  std::string why;
};

// The C++ pair.
struct CppPair {
  std::string saved_from;        // of a load: the device it saves from, "cuda:0"
  std::string fails;             // of a load: the code that fails, "" for a load without a device
  std::optional<Twins> program;  // instead of a load
  std::string saves;             // of a program: Python that saves what it reads, "" for none
  std::string host;              // it runs on
  bool cuda = true;              // the build that loads has CUDA
};

struct Guide {
  std::string error;                // id of the error class
  std::string happened;             // in prose
  std::vector<std::string> where;   // who gives it, where the rules do not say
  std::vector<Remedy> remedies;     // best first
  std::string host;                 // of the Python pair; "": any machine
  std::vector<std::string> faults;  // of that host, as docs/FAULTS.md spells them
  std::string needs;                // beyond PyTorch and that host; "" for nothing
  std::string none;                 // why there is no reproduction; "" if there is one
  std::optional<Twins> python;
  std::optional<CppPair> cpp;
};

// All guides, in the order of the file; one for each class of the catalog.
const std::vector<Guide>& Guides();

// The guide of an error class. Every class has one (a test sees to it).
const Guide& GuideTo(std::string_view error);

}  // namespace portcullis::repro
