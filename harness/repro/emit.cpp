#include "harness/repro/emit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "harness/repro/embedded_files.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/portability/error_catalog.h"

namespace portcullis::repro {
namespace {

constexpr std::string_view kForge =
    R"(def save_as_if_from(device, value, path):
    """Writes what a save from that device writes, without having it."""
    torch.serialization.register_package(5, lambda storage: device, lambda storage, tag: None)
    torch.save(value, path)


)";

constexpr std::string_view kCopy =
    R"(def copy_changed(path, member, change):
    """Writes damaged.pt: the archive with one member changed, or left out if that gives None."""
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile("damaged.pt", "w") as damaged:
        for name in whole.namelist():
            data = whole.read(name)
            data = change(data) if name.endswith(member) else data
            if data is not None:
                damaged.writestr(name, data)


)";

using Fields = std::map<std::string, std::string, std::less<>>;

// The text with every @name@ that `fields` has filled in.
std::string Fill(std::string_view text, const Fields& fields) {
  std::string filled;
  for (std::size_t at = 0;;) {
    const std::size_t open = text.find('@', at);
    const std::size_t close = open == text.npos ? text.npos : text.find('@', open + 1);
    if (close == text.npos) return filled + std::string(text.substr(at));
    const auto field = fields.find(text.substr(open + 1, close - open - 1));
    const bool known = field != fields.end();
    filled += text.substr(at, open - at);
    filled += known ? field->second : "@";
    at = known ? close + 1 : open + 1;
  }
}

std::string WithoutLastNewline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Fields CommonFields(const Guide& guide) {
  const auto* error = portability::FindErrorClass(guide.error);
  return {{"error", guide.error}, {"means", std::string(error->means)}};
}

// The command that makes a host for the Python pair.
std::string ExecOf(const Guide& guide) {
  std::string command =
      "portcullis exec --host " + (guide.host.empty() ? std::string("no-driver") : guide.host);
  for (const std::string& fault : guide.faults) command += fmt::format(" --fault '{}'", fault);
  return command + " -- ";
}

// What a pair's setup calls, defined before it.
std::string HelpersOf(const PythonPair& pair) {
  const bool forges = pair.setup.find("save_as_if_from") != std::string::npos;
  const bool copies = pair.setup.find("copy_changed") != std::string::npos;
  if (!forges && !copies) return {};
  return "\n" + std::string(forges ? kForge : kCopy);
}

std::vector<EmittedFile> EmitPython(const Guide& guide) {
  const PythonPair& pair = *guide.python;
  Fields fields = CommonFields(guide);
  fields["where"] = guide.host.empty()
                        ? "Any machine with PyTorch will do."
                        : fmt::format("Needs a host like this: {}python3 fails.py", ExecOf(guide));
  const std::string helpers = HelpersOf(pair);
  fields["helpers"] = helpers;
  fields["imports"] = helpers.find("zipfile") == std::string::npos
                          ? "import torch"
                          : "import zipfile\n\nimport torch";
  fields["setup"] = WithoutLastNewline(pair.setup);
  fields["fails"] = WithoutLastNewline(pair.fails);
  fields["works"] = WithoutLastNewline(pair.works);
  fields["shows"] = WithoutLastNewline(pair.shows);
  return {{"fails.py", Fill(EmbeddedFile("fails.py.in"), fields)},
          {"works.py", Fill(EmbeddedFile("works.py.in"), fields)}};
}

std::vector<EmittedFile> EmitCpp(const Guide& guide) {
  const CppPair& pair = *guide.cpp;
  Fields fields = CommonFields(guide);
  fields["saved-from"] = pair.saved_from;
  fields["host"] = pair.host;
  fields["build"] = pair.cuda ? "" : ", with a build without CUDA";
  fields["libraries"] = pair.cuda ? "$cuda" : "-ltorch_cpu -lc10";
  Fields fails = fields;
  fails["name"] = "fails";
  fails["which"] = "This one fails with that error; works.cpp beside it says where to load.";
  fails["load"] = "torch::jit::load(argv[2])";
  Fields works = fields;
  works["name"] = "works";
  works["which"] = "This one works; fails.cpp beside it leaves the device to the file.";
  works["load"] = "torch::jit::load(argv[2], torch::kCPU)";
  fields["run"] = fmt::format(
      "portcullis exec --host 2xh200 -- ./saves save {} module.pt\n"
      "exec portcullis exec --host {} -- ./\"$1\" load module.pt",
      pair.saved_from, pair.host);
  return {{"fails.cpp", Fill(EmbeddedFile("loads.cpp.in"), fails)},
          {"works.cpp", Fill(EmbeddedFile("loads.cpp.in"), works)},
          {"build.sh", Fill(EmbeddedFile("build.sh.in"), fields), true},
          {"run.sh", Fill(EmbeddedFile("run.sh.in"), fields), true}};
}

std::vector<EmittedFile> EmitShell(const Guide& guide) {
  auto files = EmitPython(guide);
  Fields fields = CommonFields(guide);
  fields["run"] = fmt::format("exec {}python3 \"$1.py\"", ExecOf(guide));
  files.push_back({"run.sh", Fill(EmbeddedFile("run.sh.in"), fields), true});
  return files;
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
    throw UsageError(
        fmt::format("{} has no reproduction: it needs more than PyTorch and a "
                    "simulated host",
                    guide.error));
  }
  if (form == Form::kCpp && guide.cpp) return EmitCpp(guide);
  if (form == Form::kPython && guide.python) return EmitPython(guide);
  if (form == Form::kShell && guide.python) return EmitShell(guide);
  throw UsageError(fmt::format("{} is no error of that language; its reproductions: --emit {}",
                               guide.error, fmt::join(forms, ", --emit ")));
}

}  // namespace portcullis::repro
