#include "src/checkpoint/looks_like.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "src/checkpoint/format.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::string_view kSaveAgain = "save the model with torch.save";
constexpr std::string_view kZlib = "zlib data, as joblib.dump(compress=…) writes";
constexpr std::string_view kWithoutCompress = "joblib.load it, and save it with torch.save";

// By the bytes at a fixed place.
struct Magic {
  std::uint64_t offset;
  std::string_view bytes;
  std::string_view what;
  std::string_view next;
};
constexpr Magic kMagics[] = {
    {0, "version https://git-lfs", "a Git LFS pointer: the file itself was never fetched",
     "run 'git lfs pull' where it was cloned"},
    {0, "\x89HDF\r\n\x1a\n", "an HDF5 file (Keras and others)", kSaveAgain},
    {0, "GGUF", "a GGUF file (llama.cpp)", "GGUF names no devices; its own tools read it"},
    {0, "lmgg", "a GGML file (llama.cpp)", "GGML names no devices; its own tools read it"},
    {0, "\x1f\x8b", "a gzip file", "unpack it: gunzip, or tar xzf"},
    {0, "BZh", "a bzip2 file", "unpack it: bunzip2"},
    {0, "x\x5e", kZlib, kWithoutCompress},
    {0, "x\x9c", kZlib, kWithoutCompress},
    {0, "x\xda", kZlib, kWithoutCompress},
    {0, std::string_view("\xfd\x37zXZ\0", 6), "an xz file", "unpack it: unxz"},
    {0, "\x28\xb5\x2f\xfd", "a zstd file", "unpack it: unzstd"},
    {0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it: 7z x"},
    {0, "Rar!\x1a\x07", "a RAR archive", "unpack it: unrar x"},
    {0, "\x93NUMPY", "a NumPy array", kSaveAgain},
    {0,
     "\x7f"
     "ELF",
     "an ELF program or library (an AOTInductor .so?)", kSaveAgain},
    {4, "TFL3", "a TensorFlow Lite model", kSaveAgain},
    {4, "ET12", "an ExecuTorch program", "ExecuTorch's own runtime loads it"},
    {4, "PTMF", "a PyTorch Mobile flatbuffer", "save the module with torch.jit.save"},
    {0, "%PDF-", "a PDF document", "check the path"},
    {0, "\x89PNG", "a PNG image", "check the path"},
    {0, "PK\x05\x06", "an empty zip archive", kSaveAgain},
    {0, "PYTORCH1", "an archive of PyTorch's preview release",
     "save it again with a later PyTorch"},
};

// Text that starts so, whatever its case and the blanks before it.
struct Opening {
  std::string_view lower;
  std::string_view what;
  std::string_view next;
};
constexpr std::string_view kDownloadAgain =
    "download the file itself: a page that says 'not found' or 'log in' was saved in its place";
constexpr Opening kOpenings[] = {
    {"<!doctype html", "an HTML page", kDownloadAgain},
    {"<html", "an HTML page", kDownloadAgain},
    {"<?xml", "an XML document (an error message of the download?)", kDownloadAgain},
    {"{", "JSON text, but no index of a sharded checkpoint", "name the file with the weights"},
};

std::string Head(const Source& source, std::size_t size) {
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(size, source.Size())), '\0');
  source.Read(0, {reinterpret_cast<std::uint8_t*>(head.data()), head.size()});
  return head;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<std::uint8_t>(c));
  }
  return text;
}

Foreign OfZip(const ZipArchive& zip) {
  for (const ZipEntry& entry : zip.entries()) {
    if (entry.name.ends_with(".npy")) return {"NumPy arrays (.npz)", std::string(kSaveAgain)};
    if (entry.name == "model.json" || entry.name.ends_with("/model.json")) {
      return {"a TorchScript archive of PyTorch 1.0 to 1.3",
              "load it with PyTorch 1.4 or later and save it again"};
    }
    if (entry.name == "[Content_Types].xml") return {"an office document", "check the path"};
    if (entry.name == "META-INF/MANIFEST.MF") return {"a Java archive", "check the path"};
    if (entry.name.ends_with("MAR-INF/MANIFEST.json")) {
      return {"a TorchServe model archive (.mar)", "unzip it and name the weights within"};
    }
  }
  return {fmt::format("a zip archive without data.pkl (its first entry is {})",
                      zip.entries().front().name.substr(0, 100)),
          "name a file that torch.save or torch.jit.save wrote"};
}

bool IsOnnx(std::string_view head) {
  // Field 1 (ir_version), a small varint; then field 2 (producer_name), as exporters write it.
  return head.size() > 4 && head[0] == 0x08 && static_cast<std::uint8_t>(head[1]) < 0x20 &&
         head[2] == 0x12;
}

}  // namespace

bool Starts(const Source& source, std::uint64_t offset, std::string_view bytes) {
  if (source.Size() < offset || source.Size() - offset < bytes.size()) return false;
  std::array<std::uint8_t, 64> there = {};
  const std::span<std::uint8_t> into = std::span(there).first(bytes.size());
  source.Read(offset, into);
  return std::equal(bytes.begin(), bytes.end(), into.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

Foreign Recognise(const Candidate& candidate) {
  const Source& source = candidate.source;
  if (source.Size() == 0) return {"an empty file", "save or copy it again"};
  if (candidate.zip != nullptr) return OfZip(*candidate.zip);
  for (const Magic& magic : kMagics) {
    if (Starts(source, magic.offset, magic.bytes)) {
      return {std::string(magic.what), std::string(magic.next)};
    }
  }
  if (Starts(source, 257, "ustar")) {
    return {"a tar archive", "unpack it: tar xf; a PyTorch 0.1 checkpoint must be saved again"};
  }
  std::string head = Head(source, 64);
  if (IsOnnx(head)) return {"an ONNX model", "ONNX names no devices; ONNX Runtime loads it"};
  const std::size_t start = std::min(head.find_first_not_of(" \t\r\n\xef\xbb\xbf"), head.size());
  std::transform(head.begin(), head.end(), head.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  for (const Opening& opening : kOpenings) {
    if (std::string_view(head).substr(start).starts_with(opening.lower)) {
      return {std::string(opening.what), std::string(opening.next)};
    }
  }
  return {fmt::format("something unknown, starting with {}", Hex(Head(source, 8))),
          "name a file that torch.save or torch.jit.save wrote", false};
}

}  // namespace portcullis::checkpoint
