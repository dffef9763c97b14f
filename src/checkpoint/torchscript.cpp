// Owns: TorchScript archives (torch.jit.save, torch::jit::Module::save) and the archives of C++
// OutputArchive, which are modules without code (torch/csrc/jit/serialization/export_module.cpp
// and import.cpp, torch/csrc/api/src/serialize/output-archive.cpp of PyTorch 2.11).
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "src/checkpoint/code_literals.h"
#include "src/checkpoint/format.h"

namespace portcullis::checkpoint {
namespace {

// The pickles of an archive in the order in which torch::jit::load restores them.
struct Part {
  std::string_view member;
  std::string_view key_folder;
  std::string_view name_prefix;
  bool restored;  // false: torch::jit::load leaves it alone, so only its tags are of interest
};
constexpr Part kParts[] = {
    {"constants.pkl", "constants/", "constants", true},
    {"data.pkl", "", "", true},
    {"traced_inputs.pkl", "traced_inputs/", "traced_inputs", false},
    {"bytecode.pkl", "bytecode/", "bytecode", false},  // for the mobile interpreter
};

void AddLiterals(const ZipArchive& zip, const ZipEntry& entry, MapBuilder& builder) {
  const std::string code = ReadCode(zip, entry);
  for (CodeLiteral& literal : FindDevices(code)) {
    DeviceTag tag;
    tag.place = literal.is_device ? Place::kCodeLiteral : Place::kLookalike;
    tag.device = std::move(literal.text);
    tag.member = zip.MemberName(entry.name);
    tag.offset = literal.offset;
    builder.AddTag(std::move(tag));
  }
}

void AddPart(const Candidate& candidate, const Part& part, MapBuilder& builder) {
  const ZipEntry* entry = candidate.zip->Find(part.member);
  if (entry == nullptr) return;
  const std::string folder(part.key_folder);
  const std::string prefix(part.name_prefix);
  if (part.restored) return CollectMember(candidate, *entry, folder, prefix, builder);
  MapBuilder aside(builder.map().path, builder.map().format, candidate.source.Size());
  CollectMember(candidate, *entry, folder, prefix, aside);
  DeviceMap put_aside = aside.Take();
  for (DeviceTag& tag : put_aside.tags) builder.AddTag(std::move(tag));
}

DeviceMap ReadModule(const Candidate& candidate, Format format) {
  MapBuilder builder(candidate.source.Origin().file, format, candidate.source.Size());
  WarnOfOddEntries(*candidate.zip, builder);
  candidate.zip->Require("data.pkl");
  for (const Part& part : kParts) AddPart(candidate, part, builder);
  CheckStorageEntries(*candidate.zip, "data/", "", builder);
  for (const ZipEntry& entry : candidate.zip->entries()) {
    if (IsModuleCode(*candidate.zip, entry)) AddLiterals(*candidate.zip, entry, builder);
  }
  return builder.Take();
}

}  // namespace

std::vector<std::string_view> ModulePickles() {
  std::vector<std::string_view> members;
  for (const Part& part : kParts) members.push_back(part.member);
  return members;
}

bool IsModuleCode(const ZipArchive& zip, const ZipEntry& entry) {
  return entry.name.starts_with(zip.prefix() + "code/") && entry.name.ends_with(".py");
}

std::string ReadCode(const ZipArchive& zip, const ZipEntry& entry) {
  const auto member = zip.Open(entry);
  std::string code(static_cast<std::size_t>(member->Size()), '\0');
  member->Read(0, {reinterpret_cast<std::uint8_t*>(code.data()), code.size()});
  return code;
}

// torch/serialization.py, _is_torchscript_zip
bool IsTorchScript(const Candidate& candidate) {
  return candidate.zip != nullptr && candidate.zip->Find("constants.pkl") != nullptr;
}

// OutputArchive calls every class Module and writes no function. A scripted module of that name
// without functions reads the same, and loads the same.
bool IsArchive(const Candidate& candidate) {
  if (!IsTorchScript(candidate)) return false;
  const ZipArchive& zip = *candidate.zip;
  const std::string of_root = zip.prefix() + "code/__torch__.py";
  const std::string of_parts = zip.prefix() + "code/__torch__/___torch_mangle_";
  bool has_root = false;
  for (const ZipEntry& entry : zip.entries()) {
    if (!IsModuleCode(zip, entry)) continue;
    const bool is_root = entry.name == of_root;
    if (!is_root && !entry.name.starts_with(of_parts)) return false;
    const std::string code = ReadCode(zip, entry);
    if (DefinesFunction(code) || !code.starts_with("class Module(Module):")) return false;
    has_root = has_root || is_root;
  }
  return has_root;
}

DeviceMap ReadTorchScript(const Candidate& candidate) {
  return ReadModule(candidate, Format::kTorchScript);
}

DeviceMap ReadArchive(const Candidate& candidate) {
  return ReadModule(candidate, Format::kArchive);
}

}  // namespace portcullis::checkpoint
