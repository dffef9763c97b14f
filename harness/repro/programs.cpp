#include "harness/repro/programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cctype>
#include <set>
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
                              Helper{"tag(", "",
                                     R"(def tag(tensors, tags):
    """From now on torch.save writes these tags for these tensors, wherever they are."""
    tag_of = {tensor.untyped_storage().data_ptr(): tag for tensor, tag in zip(tensors, tags)}
    torch.serialization.register_package(5, lambda storage: tag_of.get(storage.data_ptr()),
                                         lambda storage, tag: None)


)"},
                              Helper{"tag_module(", "import struct\nimport zipfile\n",
                                     R"(def tag_module(path, tags):
    """Writes these tags into a TorchScript file that was saved from the CPU: the first one for its first
    storage, the last one for the others, whose pickle refers to one string."""
    def text(tag):
        return b"X" + struct.pack("<I", len(tag)) + tag.encode()

    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            if name.endswith("/data.pkl"):
                before, _, behind = data.partition(text("cpu") + b"q")
                data = before + text(tags[0]) + b"q" + behind.replace(b"h" + behind[:1], text(tags[-1]))
            archive.writestr(name, data)


)"},
                              Helper{"unpickle_onto(", "import io\nimport pickle\n",
                                     R"(def unpickle_onto(device, path):
    """Unpickles with a map for each torch.load within."""
    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("torch.storage", "_load_from_bytes"):
                return lambda data: torch.load(io.BytesIO(data), map_location=device, weights_only=False)
            return super().find_class(module, name)

    with open(path, "rb") as file:
        return Unpickler(file).load()


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

// What code calls of the helpers.
struct Called {
  std::string imports = "import torch";
  std::string definitions;
};

// "tag(" is no call within "unpickle_tag(".
bool Calls(const std::string& code, std::string_view name) {
  for (std::size_t at = code.find(name); at != code.npos; at = code.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : code[at - 1];
    if (std::isalnum(static_cast<unsigned char>(before)) == 0 && before != '_') return true;
  }
  return false;
}

Called CalledIn(const std::string& code) {
  std::set<std::string> modules;
  Called called;
  for (const Helper& helper : kHelpers) {
    if (!Calls(code, helper.name)) continue;
    std::istringstream lines{std::string(helper.modules)};
    for (std::string line; std::getline(lines, line);) modules.insert(line);
    called.definitions += helper.text;
  }
  if (!called.definitions.empty()) called.definitions = "\n" + called.definitions;
  if (!modules.empty()) {
    called.imports = fmt::format("{}\n\nimport torch", fmt::join(modules, "\n"));
  }
  return called;
}

// What a C++ pair may call, defined where it is called, and the header that it needs.
struct CppHelper {
  std::string_view name;
  std::string_view include;
  std::string_view text;
};
constexpr std::array kCppHelpers{
    CppHelper{"read(", "", R"(const auto read = [](const char* file) {
  std::ifstream stream(file, std::ios::binary);
  return std::vector<char>(std::istreambuf_iterator<char>(stream), {});
};
)"},
    CppHelper{"load_archive(", "#include <torch/serialize/input-archive.h>\n",
              R"(const auto load_archive = [](const char* file, auto... device) {
  torch::serialize::InputArchive archive;
  archive.load_from(file, device...);
  return archive;
};
)"},
    CppHelper{"tensor_of(", "", R"(const auto tensor_of = [](auto& archive, const char* name) {
  torch::Tensor tensor;
  archive.read(name, tensor);
  return tensor;
};
)"}};

EmittedFile CppProgram(const Fields& fields, const std::string& which, const std::string& other) {
  Fields these = fields;
  these["which"] =
      which == "fails"
          ? fmt::format("This one fails with that error; {} differs in one place.", other)
          : fmt::format("This one works; {} beside it differs in one place.", other);
  std::string definitions, includes;
  for (const CppHelper& helper : kCppHelpers) {
    if (!Calls(fields.at(which), helper.name)) continue;
    definitions += helper.text;
    includes += helper.include;
  }
  these["includes"] = includes;
  const std::string setup = fields.at("setup").empty() ? "" : fields.at("setup") + "\n";
  these["code"] = Indented(definitions + setup + fields.at(which) + "\n" + fields.at("shows"), 4);
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
  const Called called = CalledIn(twins.setup + "\n" + twins.fails + "\n" + twins.works);
  fields["imports"] = called.imports;
  fields["helpers"] = called.definitions;
  return {{"fails.py", Fill(EmbeddedFile("fails.py.in"), fields)},
          {"works.py", Fill(EmbeddedFile("works.py.in"), fields)}};
}

EmittedFile PythonScript(const std::string& name, const std::string& about,
                         const std::string& code) {
  const Called called = CalledIn(code);
  return {name, fmt::format("# {}\n{}\n\n{}{}", about, called.imports, called.definitions, code)};
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
