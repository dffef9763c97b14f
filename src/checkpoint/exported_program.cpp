// Owns: exported programs (.pt2): a zip archive with the graph and the weights' descriptions as
// JSON, raw weights, and checkpoints within (torch/export/pt2_archive/_package.py and
// torch/_export/serde/schema.py of PyTorch 2.11; torch.export.save of 2.1 to 2.7).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "src/checkpoint/dtypes.h"
#include "src/checkpoint/format.h"
#include "src/checkpoint/json_devices.h"
#include "src/checkpoint/json_scan.h"
#include "src/checkpoint/looks_like.h"

namespace portcullis::checkpoint {
namespace {

DeviceTag TagOf(const JsonDevice& found, Place place, const std::string& member) {
  return {place, found.device, member, found.type.offset, "", ""};
}

// One tensor of a weights or constants configuration.
struct Payload {
  std::string file;
  TensorEntry tensor;
  DeviceTag tag;
};

class PayloadConfig {
 public:
  explicit PayloadConfig(std::string member)
      : devices_([this, member = std::move(member)](const JsonDevice& found) {
          if (found.path.size() != 4) return;
          Of(found.path[1]).tag = TagOf(found, Place::kStorageTag, member);
        }) {}

  void Visit(const JsonPath& path, const JsonValue& value) {
    devices_.Visit(path, value);
    if (path.size() < 3 || path[0] != "config") return;
    Payload& payload = Of(path[1]);
    if (path.size() == 3 && path[2] == "path_name") payload.file = value.text;
    if (path.size() < 4 || path[2] != "tensor_meta") return;
    if (path[3] == "dtype") {
      const Dtype* dtype = DtypeByScalarType(value.number);
      if (dtype != nullptr) payload.tensor.dtype = dtype->name;
    } else if (path[3] == "sizes" && path.back() == "as_int") {
      payload.tensor.shape.push_back(value.number);
    }
  }
  std::vector<Payload>& Done() {
    devices_.Flush();
    return payloads_;
  }

 private:
  Payload& Of(const std::string& name) {
    const auto [known, is_new] = by_name_.try_emplace(name, payloads_.size());
    if (is_new) payloads_.emplace_back().tensor.name = name;
    return payloads_[known->second];
  }

  std::vector<Payload> payloads_;
  std::map<std::string, std::size_t> by_name_;
  JsonDevices devices_;
};

class Program {
 public:
  Program(const Candidate& candidate, MapBuilder& builder)
      : candidate_(candidate), zip_(*candidate.zip), builder_(builder) {}

  void ReadPayloads(const ZipEntry& config);
  void ReadGraph(const ZipEntry& graph);
  void ReadNested(const ZipEntry& entry);

 private:
  void AddPayload(const ZipEntry& config, Payload& payload);

  const Candidate& candidate_;
  const ZipArchive& zip_;
  MapBuilder& builder_;
};

void Program::ReadPayloads(const ZipEntry& config) {
  const auto member = zip_.Open(config);
  PayloadConfig payloads(zip_.MemberName(config.name));
  ScanJson(*member, [&payloads](const JsonPath& path, const JsonValue& value) {
    payloads.Visit(path, value);
  });
  for (Payload& payload : payloads.Done()) AddPayload(config, payload);
}

void Program::AddPayload(const ZipEntry& config, Payload& payload) {
  const std::string folder(config.name.substr(0, config.name.rfind('/') + 1));
  const ZipEntry* data = zip_.FindWhole(folder + payload.file);
  if (data == nullptr) {
    zip_.source().Damaged(config.header_offset, fmt::format("no entry {}{}", folder, payload.file),
                          fmt::format("the data of {}", payload.tensor.name));
  }
  if (payload.tag.device.empty()) return;  // pickled: read as a checkpoint of its own
  TensorEntry tensor = std::move(payload.tensor);
  const auto bytes = BytesOf(tensor.shape, DtypeByName(tensor.dtype));
  if (!bytes) {
    zip_.source().Damaged(
        config.header_offset,
        fmt::format("tensor {} of sizes {}", tensor.name, fmt::join(tensor.shape, " × ")),
        "sizes of at most 2^63 bytes in all");
  }
  tensor.bytes = *bytes;
  tensor.storage = data->name.substr(zip_.prefix().size());
  tensor.device = payload.tag.device;
  tensor.member = payload.tag.member;
  builder_.AddStorage({tensor.storage, tensor.device, tensor.dtype, data->size});
  payload.tag.storage = tensor.storage;
  payload.tag.name = tensor.name;
  builder_.AddTensor(std::move(tensor));
  builder_.AddTag(std::move(payload.tag));
}

void Program::ReadGraph(const ZipEntry& graph) {
  const auto member = zip_.Open(graph);
  const std::string name = zip_.MemberName(graph.name);
  JsonDevices devices([this, &name](const JsonDevice& found) {
    DeviceTag tag = TagOf(found, Place::kGraphConstant, name);
    tag.name = fmt::format("{}", fmt::join(found.path, "."));
    builder_.AddTag(std::move(tag));
  });
  ScanJson(*member, [&devices](const JsonPath& path, const JsonValue& value) {
    devices.Visit(path, value);
  });
  devices.Flush();
}

void Program::ReadNested(const ZipEntry& entry) {
  const auto member = zip_.Open(entry);
  if (!Starts(*member, 0, "PK\x03\x04")) return;
  const DeviceMap inner = ReadSource(*member, std::nullopt, candidate_.nesting + 1);
  const std::string name(entry.name.substr(zip_.prefix().size()));
  builder_.Merge(inner, {name + "!", name, ""});
}

using Role = ProgramRole;

// Names below the archive's folder; kNested only where torch.export.load calls torch.load.
struct RoleRow {
  std::string_view folder, ending;
  Role role;
};
constexpr RoleRow kRoles[] = {
    {"data/weights/", "_weights_config.json", Role::kPayloads},
    {"data/constants/", "_constants_config.json", Role::kPayloads},
    {"models/", ".json", Role::kGraph},
    {"data/weights/", "", Role::kNested},  // pickled tensors
    {"data/constants/", "", Role::kNested},
    {"data/sample_inputs/", ".pt", Role::kNested},
    {"serialized_exported_program.json", "", Role::kGraph},  // 2.1 to 2.7, in no folder
    {"serialized_state_dict.pt", "", Role::kNested},
    {"serialized_constants.pt", "", Role::kNested},
    {"serialized_example_inputs.pt", "", Role::kNested},
};

Role RoleOf(std::string_view name) {
  for (const RoleRow& row : kRoles) {
    if (name.starts_with(row.folder) && name.ends_with(row.ending)) return row.role;
  }
  return Role::kNone;
}

// What a compiled package says of where it runs (torch/_inductor/codecache.py,
// get_device_information, and AOTI_DEVICE_KEY; PyTorch 2.11).
struct CompiledFor {
  std::string_view key;
  std::string_view words;
};
constexpr CompiledFor kCompiledFor[] = {
    {"AOTI_DEVICE_KEY", ""},
    {"AOTI_COMPUTE_CAPABILITY", "compute capability "},
    {"AOTI_CPU_ISA", "instruction set "},
    {"AOTI_MACHINE", ""},
    {"AOTI_PLATFORM", ""},
};

// "cuda, compute capability 90, x86_64, linux"
std::string TargetIn(const Source& metadata) {
  std::map<std::string, std::string> values;
  ScanJson(metadata, [&values](const JsonPath& path, const JsonValue& value) {
    if (path.size() == 1 && value.kind == JsonValue::Kind::kString) values[path[0]] = value.text;
  });
  std::string target;
  for (const CompiledFor& row : kCompiledFor) {
    const auto found = values.find(std::string(row.key));
    const bool said = found != values.end() && !found->second.empty() && found->second != "None";
    if (said) target += fmt::format("{}{}{}", target.empty() ? "" : ", ", row.words, found->second);
  }
  return target;
}

std::string TargetOf(const ZipArchive& zip) {
  for (const ZipEntry& entry : zip.entries()) {
    const bool is_ours = entry.name.find("/aotinductor/") != std::string_view::npos;
    if (is_ours && entry.name.ends_with("metadata.json")) return TargetIn(*zip.Open(entry));
  }
  return {};
}

}  // namespace

ProgramRole ProgramRoleOf(const ZipArchive& zip, const ZipEntry& entry) {
  if (!entry.name.starts_with(zip.prefix())) return Role::kNone;
  return RoleOf(entry.name.substr(zip.prefix().size()));
}

const ZipEntry* CompiledCode(const ZipArchive& zip) {
  for (const ZipEntry& entry : zip.entries()) {
    if (entry.name.find("/aotinductor/") != std::string_view::npos) return &entry;
  }
  return nullptr;
}

bool IsExportedProgram(const Candidate& candidate) {
  if (candidate.zip == nullptr) return false;
  const ZipArchive& zip = *candidate.zip;
  return zip.Find("archive_format") != nullptr ||
         zip.FindWhole("serialized_exported_program.json") != nullptr;
}

DeviceMap ReadExportedProgram(const Candidate& candidate) {
  const ZipArchive& zip = *candidate.zip;
  MapBuilder builder(candidate.source.Origin().file, Format::kExportedProgram,
                     candidate.source.Size());
  Program program(candidate, builder);
  for (const ZipEntry& entry : zip.entries()) {
    switch (ProgramRoleOf(zip, entry)) {
      case Role::kPayloads:
        program.ReadPayloads(entry);
        break;
      case Role::kGraph:
        program.ReadGraph(entry);
        break;
      case Role::kNested:
        program.ReadNested(entry);
        break;
      case Role::kNone:
        break;
    }
  }
  if (const ZipEntry* compiled = CompiledCode(zip); compiled != nullptr) {
    const std::string target = TargetOf(zip);
    builder.Warn(
        fmt::format("{} is compiled (AOTInductor) for {}: changing tags does not move it",
                    compiled->name.substr(0, 200), target.empty() ? "one kind of device" : target),
        Concern::kCompiled);
  }
  return builder.Take();
}

}  // namespace portcullis::checkpoint
