// Owns: libFuzzer's entry points for the target PORTCULLIS_FUZZ_TARGET. Zip archives are changed
// member by member, so that the fuzzer reaches the pickles behind a directory that still fits.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "src/checkpoint/error.h"
#include "src/checkpoint/zip.h"
#include "tests/fuzz/targets.h"
#include "tests/unit/checkpoint/build.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using portcullis::checkpoint::Bytes;

// The archive's members; none if the bytes are no archive.
std::vector<portcullis::checkpoint::ZipPart> Unpack(Bytes bytes) {
  std::vector<portcullis::checkpoint::ZipPart> parts;
  try {
    const auto source = portcullis::checkpoint::OverBytes(bytes, {"x", "", 0});
    const portcullis::checkpoint::ZipArchive archive(*source);
    for (const auto& entry : archive.entries()) {
      const auto member = archive.Open(entry);
      std::string data(static_cast<std::size_t>(member->Size()), '\0');
      member->Read(0, {reinterpret_cast<std::uint8_t*>(data.data()), data.size()});
      parts.push_back({std::string(entry.name), std::move(data), entry.Deflated()});
    }
  } catch (const portcullis::checkpoint::CheckpointError&) {
    return {};
  }
  return parts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const portcullis::fuzz::Target* const kTarget =
      portcullis::fuzz::FindTarget(PORTCULLIS_FUZZ_TARGET);
  kTarget->run({data, size});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::minstd_rand choose(seed);
  auto parts =
      choose() % 4 == 0 ? std::vector<portcullis::checkpoint::ZipPart>() : Unpack({data, size});
  if (parts.empty()) return LLVMFuzzerMutate(data, size, max_size);
  std::string& member = parts[choose() % parts.size()].data;
  const std::size_t before = member.size();
  member.resize(before + 64);
  member.resize(
      LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(member.data()), before, member.size()));
  const std::string archive = portcullis::checkpoint::Zip(parts);
  if (archive.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, archive.data(), archive.size());
  return archive.size();
}
