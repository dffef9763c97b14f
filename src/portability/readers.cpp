#include "src/portability/readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace portcullis::portability {
namespace {

using checkpoint::Format;

constexpr std::string_view kTorchLoad = "torch.load(path{})";
constexpr std::string_view kMapLocation = ", map_location={}";

// PyTorch and LibTorch 2.11. The C++ API takes a device where Python takes map_location.
constexpr std::array kReaders{
    Reader{Format::kZip, true, kTorchLoad, kMapLocation, MapArgument::kAny, RestoredBy::kTorchLoad,
           true, true, false},
    Reader{Format::kLegacy, true, kTorchLoad, kMapLocation, MapArgument::kAny,
           RestoredBy::kTorchLoad, true, true, false},
    Reader{Format::kPickleSave, true, kTorchLoad, kMapLocation, MapArgument::kAny,
           RestoredBy::kTorchLoad, true, true, false},
    Reader{Format::kTorchScript, true, "torch.jit.load(path{})", kMapLocation, MapArgument::kDevice,
           RestoredBy::kAten, false, false, false},
    Reader{Format::kArchive, true, "torch.jit.load(path{})", kMapLocation, MapArgument::kDevice,
           RestoredBy::kAten, false, false, false},
    Reader{Format::kShardedIndex, true, "torch.load(shard{}) of every shard", kMapLocation,
           MapArgument::kAny, RestoredBy::kTorchLoad, true, true, false},
    // torch/package/package_importer.py, load_pickle
    Reader{Format::kPackage, true,
           "torch.package.PackageImporter(path).load_pickle(package, resource{})", kMapLocation,
           MapArgument::kAny, RestoredBy::kTorchLoad, false, false, true},
    // torch/storage.py, _load_from_bytes: a torch.load without a map within pickle.load
    Reader{Format::kPlainPickle, true, "pickle.load(file)", "", MapArgument::kNone,
           RestoredBy::kTorchLoad, false, false, true},
    // torch/export/pt2_archive/_package.py, _build_tensor: torch.frombuffer(…).to(device)
    Reader{Format::kExportedProgram, true, "torch.export.load(path)", "", MapArgument::kNone,
           RestoredBy::kAten, false, false, true},
    // safetensors/torch.py, load_file: device="cpu" unless told otherwise
    Reader{Format::kSafetensors, true, "safetensors.torch.load_file(path{})", ", device={}",
           MapArgument::kDevice, RestoredBy::kNobody, false, false, false},
    // torch/distributed/checkpoint/filesystem.py, read_data: map_location="cpu", then a copy into
    // the tensors of the state_dict that is given
    Reader{Format::kDistributed, true,
           "torch.distributed.checkpoint.load(state_dict, checkpoint_id=path)", "",
           MapArgument::kNone, RestoredBy::kNobody, false, false, false},
    Reader{Format::kZip, false, "torch::pickle_load(bytes)", "", MapArgument::kNone,
           RestoredBy::kAten, false, false, false},
    Reader{Format::kPickleSave, false, "torch::pickle_load(bytes)", "", MapArgument::kNone,
           RestoredBy::kAten, false, false, false},
    Reader{Format::kTorchScript, false, "torch::jit::load(path{})", ", {}", MapArgument::kDevice,
           RestoredBy::kAten, false, false, false},
    Reader{Format::kArchive, false, "archive.load_from(path{})", ", {}", MapArgument::kDevice,
           RestoredBy::kAten, false, false, false},
};

std::string Filled(std::string_view text, std::string_view value) {
  const std::size_t at = text.find("{}");
  if (at == std::string_view::npos) return std::string(text);
  return fmt::format("{}{}{}", text.substr(0, at), value, text.substr(at + 2));
}

}  // namespace

const Reader* FindReader(Format format, bool python) {
  const auto* found = std::find_if(kReaders.begin(), kReaders.end(), [&](const Reader& reader) {
    return reader.format == format && reader.python == python;
  });
  return found == kReaders.end() ? nullptr : found;
}

std::string CallText(const Reader& reader, std::string_view device) {
  if (device.empty()) return Filled(reader.call, "");
  std::string code = fmt::format("'{}'", device);
  if (!reader.python) {
    code = device == "cpu" ? "torch::kCPU" : fmt::format("torch::Device(\"{}\")", device);
  }
  return Filled(reader.call, Filled(reader.map, code));
}

bool IgnoresTags(Format format) {
  const Reader* reader = FindReader(format, true);
  return reader != nullptr && reader->restored_by == RestoredBy::kNobody;
}

}  // namespace portcullis::portability
