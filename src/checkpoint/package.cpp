// Owns: torch.package archives: pickles anywhere in them, storages in .data/KEY.storage
// (torch/package/package_exporter.py and package_importer.py of PyTorch 2.11).
#include <string>
#include <string_view>

#include "src/checkpoint/format.h"
#include "src/checkpoint/looks_like.h"

namespace portcullis::checkpoint {
namespace {

// A resource of the package may have any name; what torch.package pickles starts with PROTO 3
// (the protocol that it writes) or whatever the caller's pickle protocol is.
bool StoresPickle(const ZipArchive& zip, const ZipEntry& entry) {
  constexpr std::string_view kProto = "\x80";
  constexpr std::uint64_t kShortest = 4;
  if (entry.size < kShortest || entry.Deflated()) return entry.name.ends_with(".pkl");
  const auto member = zip.Open(entry);
  if (!Starts(*member, 0, kProto)) return false;
  std::uint8_t last[1] = {};
  member->Read(member->Size() - 1, last);
  return last[0] == '.' || entry.name.ends_with(".pkl");
}

}  // namespace

bool IsPackagePickle(const ZipArchive& zip, const ZipEntry& entry) {
  if (entry.name.starts_with(zip.prefix() + ".data/")) return false;
  return entry.name.starts_with(zip.prefix()) && StoresPickle(zip, entry);
}

bool IsPackage(const Candidate& candidate) {
  return candidate.zip != nullptr && candidate.zip->Find(".data/extern_modules") != nullptr;
}

DeviceMap ReadPackage(const Candidate& candidate) {
  const ZipArchive& zip = *candidate.zip;
  MapBuilder builder(candidate.source.Origin().file, Format::kPackage, candidate.source.Size());
  WarnOfOddEntries(zip, builder);
  for (const ZipEntry& entry : zip.entries()) {
    if (!IsPackagePickle(zip, entry)) continue;
    const std::string name(entry.name.substr(zip.prefix().size()));
    CollectMember(candidate, entry, "", name, builder);
  }
  CheckStorageEntries(zip, ".data/", ".storage", builder);
  return builder.Take();
}

}  // namespace portcullis::checkpoint
