// Owns: torch.save since 1.6: a zip archive with one pickle, data.pkl, and one entry for each
// storage, data/KEY (torch/serialization.py, _save and _load).
#include <fmt/format.h>

#include <string>

#include "src/checkpoint/format.h"

namespace portcullis::checkpoint {

bool IsZip(const Candidate& candidate) {
  return candidate.zip != nullptr && candidate.zip->Find("data.pkl") != nullptr;
}

DeviceMap ReadZip(const Candidate& candidate) {
  MapBuilder builder(candidate.source.Origin().file, Format::kZip, candidate.source.Size());
  WarnOfOddEntries(*candidate.zip, builder);
  CollectMember(candidate, candidate.zip->Require("data.pkl"), "", "", builder);
  CheckStorageEntries(*candidate.zip, "data/", "", builder);
  return builder.Take();
}

void CheckStorageEntries(const ZipArchive& zip, std::string_view folder, std::string_view suffix,
                         MapBuilder& builder) {
  std::size_t deflated = 0;
  std::string name = zip.prefix();
  for (const StorageEntry& storage : builder.map().storages) {
    if (storage.key.starts_with('@')) continue;  // of a checkpoint within the pickle
    name.resize(zip.prefix().size());
    if (storage.key.find('/') == std::string::npos) {
      name.append(folder).append(storage.key).append(suffix);
    } else {
      name.append(storage.key);
    }
    const ZipEntry& entry = zip.RequireWhole(name);
    const bool without_data = storage.device == "meta";  // LibTorch's pickler writes an empty entry
    if (entry.size < storage.bytes && !without_data) {
      zip.source().Damaged(entry.header_offset,
                           fmt::format("{} of {} bytes", entry.name, entry.size),
                           fmt::format("{} bytes of storage {}", storage.bytes, storage.key));
    }
    if (entry.Deflated()) ++deflated;
  }
  if (deflated > 0) {
    builder.Warn(
        fmt::format("{} storage entries are deflated: torch.load(mmap=True) reads wrong weights "
                    "from them without an error; save the checkpoint again, or zip it without "
                    "compression",
                    deflated),
        Concern::kDeflated);
  }
}

void WarnOfOddEntries(const ZipArchive& zip, MapBuilder& builder) {
  for (const auto& [name, taken] : zip.duplicates()) {
    builder.Warn(
        fmt::format("{} is in the archive more than once: the one that PyTorch 2.11 takes "
                    "is read, other programs may take another",
                    name.substr(0, 200)));
  }
  for (const ZipEntry& entry : zip.entries()) {
    if (entry.name.starts_with(zip.prefix())) continue;
    builder.Warn(fmt::format("{} is outside the folder {}: torch.load refuses such an archive",
                             entry.name.substr(0, 200), zip.prefix()));
    return;
  }
}

}  // namespace portcullis::checkpoint
