#include "harness/repro/programs.h"

#include <fmt/format.h>

#include <array>
#include <sstream>

#include "harness/repro/embedded_files.h"

namespace portcullis::repro {
namespace {

// What the setup of a Python pair may call, with the modules that it needs.
struct Helper {
  std::string_view name;
  std::string_view modules;
  std::string_view text;
};
constexpr std::array kHelpers{Helper{"save_as_if_from", "",
                                     R"(def save_as_if_from(device, value, path):
    """Writes what a save from that device writes, without having it."""
    torch.serialization.register_package(5, lambda storage: device, lambda storage, tag: None)
    torch.save(value, path)


)"},
                              Helper{"copy_changed", "import zipfile\n",
                                     R"(def copy_changed(path, member, change):
    """Writes damaged.pt: the archive with one member changed, or left out if that gives None."""
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile("damaged.pt", "w") as damaged:
        for name in whole.namelist():
            data = whole.read(name)
            data = change(data) if name.endswith(member) else data
            if data is not None:
                damaged.writestr(name, data)


)"}};

std::string WithoutLastNewline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Fields FieldsOf(const Head& head, const Twins& twins) {
  return {{"error", head.error},
          {"means", head.means},
          {"where", head.where},
          {"setup", WithoutLastNewline(twins.setup)},
          {"fails", WithoutLastNewline(twins.fails)},
          {"works", WithoutLastNewline(twins.works)},
          {"shows", WithoutLastNewline(twins.shows)}};
}

std::string Indented(const std::string& code, std::size_t indent) {
  std::istringstream lines(code);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    text += (text.empty() ? "" : "\n") + std::string(line.empty() ? 0 : indent, ' ') + line;
  }
  return text;
}

EmittedFile CppProgram(const Fields& fields, const std::string& which, const std::string& other) {
  Fields these = fields;
  these["which"] =
      which == "fails"
          ? fmt::format("This one fails with that error; {} differs in one place.", other)
          : fmt::format("This one works; {} beside it differs in one place.", other);
  these["code"] =
      Indented(fields.at("setup") + "\n" + fields.at(which) + "\n" + fields.at("shows"), 4);
  const std::string name = which + ".cpp";
  return {name, Fill(EmbeddedFile("program.cpp.in"), these)};
}

}  // namespace

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

std::vector<EmittedFile> PythonPrograms(const Head& head, const Twins& twins) {
  Fields fields = FieldsOf(head, twins);
  std::string modules, helpers;
  for (const Helper& helper : kHelpers) {
    if (twins.setup.find(helper.name) == std::string::npos) continue;
    modules += helper.modules;
    helpers += helper.text;
  }
  fields["imports"] = modules + (modules.empty() ? "" : "\n") + "import torch";
  fields["helpers"] = helpers.empty() ? "" : "\n" + helpers;
  return {{"fails.py", Fill(EmbeddedFile("fails.py.in"), fields)},
          {"works.py", Fill(EmbeddedFile("works.py.in"), fields)}};
}

std::vector<EmittedFile> CppPrograms(const Head& head, const Twins& twins) {
  const Fields fields = FieldsOf(head, twins);
  return {CppProgram(fields, "fails", "works.cpp"), CppProgram(fields, "works", "fails.cpp")};
}

EmittedFile BuildScript(const CppBuild& build) {
  const Fields fields{
      {"libraries", build.cuda ? "$cuda" : "-ltorch_cpu -lc10"},
      {"saves",
       build.saves ? "# shellcheck disable=SC2086\n$cxx fails.o -o saves $link $cuda\n" : ""}};
  return {"build.sh", Fill(EmbeddedFile("build.sh.in"), fields), true};
}

EmittedFile RunScript(const Head& head, const std::string& commands) {
  return {"run.sh",
          Fill(EmbeddedFile("run.sh.in"),
               {{"error", head.error}, {"means", head.means}, {"run", commands}}),
          true};
}

}  // namespace portcullis::repro
