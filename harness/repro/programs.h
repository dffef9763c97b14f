// Owns: pairs of programs from their parts: one that fails, one that works, in Python or C++, and
// the scripts that build and run them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::repro {

struct EmittedFile {
  std::string name;
  std::string text;
  bool executable = false;
};

// Two programs that differ in one place, in pieces of code.
struct Twins {
  std::string setup;
  std::string fails;  // raises the error
  std::string works;  // does not
  std::string shows;  // a line behind it that shows what came of it
};

// What stands at the head of each program.
struct Head {
  std::string error;  // "no-driver", or the id of a case
  std::string means;  // one line
  std::string where;  // a sentence: what it needs
};

// How C++ programs are linked and where they run.
struct CppBuild {
  bool cuda = true;    // with a build that has CUDA
  bool saves = false;  // saves.cpp is one of them, linked with CUDA
};

using Fields = std::map<std::string, std::string, std::less<>>;

// The text with every @name@ that `fields` has filled in.
std::string Fill(std::string_view text, const Fields& fields);

// fails.py and works.py. What the setup calls of save_as_if_from, save_module_as_if_from and
// copy_changed is defined in them.
std::vector<EmittedFile> PythonPrograms(const Head& head, const Twins& twins);
// One script, with what it calls of the same.
EmittedFile PythonScript(const std::string& name, const std::string& about,
                         const std::string& code);
// fails.cpp and works.cpp, from program.cpp.in. What they call of read, load_archive and tensor_of
// is defined in them.
std::vector<EmittedFile> CppPrograms(const Head& head, const Twins& twins);
EmittedFile BuildScript(const CppBuild& build);
// run.sh, which ends in `commands`, where $1 is "fails" or "works".
EmittedFile RunScript(const Head& head, const std::string& commands);

}  // namespace portcullis::repro
