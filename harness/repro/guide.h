// Owns: what is known of each error of the catalog beyond its words: guides.yaml, read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::repro {

struct Remedy {
  std::string what;  // code, or what to do
  std::string why;
};

// Two Python programs that differ in one place.
struct PythonPair {
  std::string setup;
  std::string fails;  // raises the error
  std::string works;  // does not
  std::string shows;  // a line behind it that shows what came of it
};

// How the C++ pair comes to the error.
struct CppPair {
  std::string saved_from;  // device it saves from: "cuda:0"
  std::string host;        // host it loads on
  bool cuda = true;        // the build that loads has CUDA
};

struct Guide {
  std::string error;                // id of the error class
  std::string happened;             // in prose
  std::vector<std::string> where;   // who gives it, where the rules do not say
  std::vector<Remedy> remedies;     // best first
  std::string host;                 // of the Python pair; "": any machine
  std::vector<std::string> faults;  // of that host, as docs/FAULTS.md spells them
  std::optional<PythonPair> python;
  std::optional<CppPair> cpp;
};

// All guides, in the order of the file; one for each class of the catalog.
const std::vector<Guide>& Guides();

// The guide of an error class. Every class has one (a test sees to it).
const Guide& GuideTo(std::string_view error);

}  // namespace portcullis::repro
