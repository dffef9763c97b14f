#include "harness/repro/emit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/repro/embedded_files.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/portability/error_catalog.h"

namespace portcullis::repro {
namespace {

// The command that makes a host for the Python pair.
std::string ExecOf(const Guide& guide) {
  std::string command =
      "portcullis exec --host " + (guide.host.empty() ? std::string("no-driver") : guide.host);
  for (const std::string& fault : guide.faults) command += fmt::format(" --fault '{}'", fault);
  return command + " -- ";
}

// What a pair needs, as a sentence.
std::string Needs(const Guide& guide) {
  const std::string needs = guide.needs.empty() ? "" : fmt::format("Needs {}. ", guide.needs);
  if (guide.host.empty()) {
    return needs + (needs.empty() ? "Any machine with PyTorch will do." : "Any machine will do.");
  }
  return fmt::format("{}Needs a host like this: {}python3 fails.py", needs, ExecOf(guide));
}

Head HeadOf(const Guide& guide) {
  return {guide.error, std::string(portability::FindErrorClass(guide.error)->means), Needs(guide)};
}

std::vector<EmittedFile> EmitPython(const Guide& guide) {
  return PythonPrograms(HeadOf(guide), *guide.python);
}

std::vector<EmittedFile> EmitShell(const Guide& guide) {
  auto files = EmitPython(guide);
  const std::string command =
      guide.needs.empty() || !guide.host.empty() ? "exec " + ExecOf(guide) : "exec ";
  files.push_back(RunScript(HeadOf(guide), command + "python3 \"$1.py\""));
  return files;
}

// A TorchScript module, saved from one host and loaded on another.
std::vector<EmittedFile> EmitLoad(const Guide& guide, const CppPair& pair) {
  const Head head = HeadOf(guide);
  Fields fails{{"error", head.error},
               {"means", head.means},
               {"name", "fails"},
               {"saved-from", pair.saved_from},
               {"host", pair.host},
               {"build", pair.cuda ? "" : ", with a build without CUDA"},
               {"which", "This one fails with that error; works.cpp beside it says where to load."},
               {"load", pair.fails.empty() ? "torch::jit::load(argv[2])" : pair.fails}};
  Fields works = fails;
  works["name"] = "works";
  works["which"] = pair.fails.empty()
                       ? "This one works; fails.cpp beside it leaves the device to the file."
                       : "This one works; fails.cpp beside it asks for another device.";
  works["load"] = "torch::jit::load(argv[2], torch::kCPU)";
  return {{"fails.cpp", Fill(EmbeddedFile("loads.cpp.in"), fails)},
          {"works.cpp", Fill(EmbeddedFile("loads.cpp.in"), works)},
          BuildScript({pair.cuda, true}),
          RunScript(head, fmt::format("portcullis exec --host 2xh200 -- ./saves save {} module.pt\n"
                                      "exec portcullis exec --host {} -- ./\"$1\" load module.pt",
                                      pair.saved_from, pair.host))};
}

// A program of its own, and what it reads.
std::vector<EmittedFile> EmitProgram(const Guide& guide, const CppPair& pair) {
  Head head = HeadOf(guide);
  head.where = fmt::format("Needs a host like this: portcullis exec --host {} -- ./fails{}",
                           pair.host, pair.cuda ? "" : " (a build without CUDA will do)");
  auto files = CppPrograms(head, *pair.program);
  std::string run;
  if (!pair.saves.empty()) {
    files.push_back(PythonScript("saves.py", "What fails.cpp and works.cpp read.", pair.saves));
    run = "python3 saves.py\n";
  }
  files.push_back(BuildScript({pair.cuda, false}));
  files.push_back(
      RunScript(head, run + fmt::format("exec portcullis exec --host {} -- ./\"$1\"", pair.host)));
  return files;
}

std::vector<EmittedFile> EmitCpp(const Guide& guide) {
  return guide.cpp->program ? EmitProgram(guide, *guide.cpp) : EmitLoad(guide, *guide.cpp);
}

}  // namespace

Form ParseForm(const std::string& name) {
  if (name == "py") return Form::kPython;
  if (name == "cpp") return Form::kCpp;
  if (name == "sh") return Form::kShell;
  throw UsageError(UnknownName("form", name, std::vector<std::string>{"py", "cpp", "sh"}));
}

std::vector<std::string> FormsOf(const Guide& guide) {
  std::vector<std::string> forms;
  if (guide.python) forms.insert(forms.end(), {"py", "sh"});
  if (guide.cpp) forms.emplace_back("cpp");
  return forms;
}

std::vector<EmittedFile> Emit(const Guide& guide, Form form) {
  const auto forms = FormsOf(guide);
  if (forms.empty()) {
    throw UsageError(fmt::format("{} has no reproduction: {}", guide.error, guide.none));
  }
  if (form == Form::kCpp && guide.cpp) return EmitCpp(guide);
  if (form == Form::kPython && guide.python) return EmitPython(guide);
  if (form == Form::kShell && guide.python) return EmitShell(guide);
  throw UsageError(fmt::format("{} is no error of that language; its reproductions: --emit {}",
                               guide.error, fmt::join(forms, ", --emit ")));
}

}  // namespace portcullis::repro
