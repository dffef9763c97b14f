#include "src/portability/predict_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "src/portability/destination.h"
#include "src/portability/trouble.h"

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;

// Archives of 2.8 and later have no entry "version" at their root (torch/export/__init__.py).
std::optional<Prediction> ExportedTooLate(const DeviceMap& subject, const Build& build) {
  constexpr TorchVersion kFirstArchive{2, 8};
  if (build.torch >= kFirstArchive) return std::nullopt;
  const bool is_older = std::any_of(subject.tags.begin(), subject.tags.end(), [](const auto& tag) {
    return tag.member.starts_with("serialized_exported_program");
  });
  if (is_older) return std::nullopt;
  return Raises("export-version", "it was exported by PyTorch 2.8 or later");
}

// A package of compiled code (AOTInductor) without the program that it was made of.
bool IsCompiledAlone(const DeviceMap& subject) {
  const bool compiled = std::any_of(
      subject.warnings.begin(), subject.warnings.end(),
      [](const auto& warning) { return warning.concern == checkpoint::Concern::kCompiled; });
  return compiled && subject.tags.empty() && subject.storages.empty();
}

}  // namespace

bool IsConstant(const DeviceMap& subject, const checkpoint::StorageEntry& storage) {
  return subject.format == Format::kTorchScript && storage.key.starts_with("constants/");
}

bool ComparesConstants(const DeviceMap& subject) {
  std::vector<std::string_view> seen;
  for (const auto& storage : subject.storages) {
    if (!IsConstant(subject, storage)) continue;
    if (std::find(seen.begin(), seen.end(), storage.dtype) != seen.end()) return true;
    seen.emplace_back(storage.dtype);
  }
  return false;
}

std::optional<Prediction> RefusedByFormat(const DeviceMap& subject, const Build& build,
                                          const Strategy& strategy) {
  if (subject.format == Format::kExportedProgram && IsCompiledAlone(subject)) {
    return Unsupported(
        "it is compiled code, which torch._inductor.aoti_load_package runs on the kind of device "
        "that it was compiled for");
  }
  if (subject.format == Format::kExportedProgram) return ExportedTooLate(subject, build);
  // The device argument is parsed by safetensors itself, which knows no meta
  // (safetensors/bindings/python/src/lib.rs, Device, 0.8).
  if (subject.format == Format::kSafetensors && MapsToMeta(strategy)) {
    return Raises("safetensors-device",
                  fmt::format("safetensors knows no device {}", strategy.argument));
  }
  return std::nullopt;
}

// torch.export.load writes what went wrong to its log and raises one sentence for everything.
// safetensors 0.8 pins memory first, which PyTorch up to 2.6 refuses where no GPU is to be seen:
// seen with 2.5.1 and 2.6.0, and not with 2.11 and 2.15.
Prediction AsItsFunctionSays(Format format, Prediction failure, const Place& place,
                             const Build& build) {
  constexpr TorchVersion kFirstThatAsks{2, 7};
  const bool no_gpu = place.driver_version == 0 || place.memory_bytes.empty();
  if (format == Format::kExportedProgram) failure.error = "export-load";
  if (format == Format::kSafetensors && no_gpu && build.torch < kFirstThatAsks) {
    failure.error = "no-pinned-memory";
  }
  return failure;
}

}  // namespace portcullis::portability
