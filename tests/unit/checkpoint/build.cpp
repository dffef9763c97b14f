#include "tests/unit/checkpoint/build.h"

#include <zlib.h>

#include <array>
#include <utility>

namespace portcullis::checkpoint {
namespace {

std::string Deflate(const std::string& data) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out;
  std::array<unsigned char, 65536> piece = {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = deflate(&stream, Z_FINISH);
    out.append(reinterpret_cast<const char*>(piece.data()), piece.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

std::string EndRecords(const ZipShape& shape, std::uint64_t entries, std::uint64_t directory,
                       std::uint64_t size) {
  entries = shape.claimed_entries.value_or(entries);
  size = shape.claimed_directory_size.value_or(size);
  directory = shape.claimed_directory_offset.value_or(directory);
  std::string end;
  if (shape.zip64) {
    const std::uint64_t at = directory + size;
    end += "PK\x06\x06" + Little(44, 8) + Little(45, 2) + Little(45, 2) + Little(0, 4) +
           Little(0, 4) + Little(entries, 8) + Little(entries, 8) + Little(size, 8) +
           Little(directory, 8);
    end += "PK\x06\x07" + Little(0, 4) + Little(at, 8) + Little(1, 4);
  }
  const std::uint64_t few = shape.zip64 ? 0xffff : entries;
  end += "PK\x05\x06" + Little(0, 2) + Little(0, 2) + Little(few, 2) + Little(few, 2) +
         Little(shape.zip64 ? 0xffffffff : size, 4) +
         Little(shape.zip64 ? 0xffffffff : directory, 4) + Little(shape.comment.size(), 2) +
         shape.comment;
  return end;
}

}  // namespace

std::string Little(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

PickleText& PickleText::Tensor(std::string_view key, std::string_view device,
                               std::uint32_t elements) {
  Global("torch._utils", "_rebuild_tensor_v2").Raw("((").Text("storage");
  Global("torch", "FloatStorage").Text(key).Text(device).Int(elements).Raw("tQK");
  Raw(std::string_view("\0", 1)).Int(elements).Raw("\x85K\x01\x85\x89");
  return Global("collections", "OrderedDict").Raw(")RtR");
}

namespace {

constexpr std::uint64_t kIn64 = 0xffffffff;

// What the archive says of one part.
struct Written {
  std::string name, stored;
  std::uint64_t method = 0, flags = 0, crc = 0, size = 0, true_size = 0, offset = 0;
};

Written Prepare(const ZipPart& part, const ZipShape& shape, std::uint64_t offset) {
  Written written;
  written.name = part.name;
  written.stored = part.deflate ? Deflate(part.data) : part.data;
  const std::uint64_t method = part.deflate ? 8 : 0;
  written.method = part.method_override != 0xffff ? part.method_override : method;
  written.flags = part.flags | (shape.descriptors ? 8U : 0U);
  written.crc = crc32(0, reinterpret_cast<const Bytef*>(part.data.data()),
                      static_cast<uInt>(part.data.size()));
  written.size = part.claimed_size.value_or(part.data.size());
  written.true_size = part.data.size();
  written.offset = offset;
  return written;
}

void AppendEntry(std::string& directory, const Written& part, bool zip64) {
  std::string extra;
  if (zip64) {
    extra.append(Little(1, 2)).append(Little(24, 2)).append(Little(part.size, 8));
    extra.append(Little(part.stored.size(), 8)).append(Little(part.offset, 8));
  }
  directory.append("PK\x01\x02").append(Little(20, 2)).append(Little(20, 2));
  directory.append(Little(part.flags, 2)).append(Little(part.method, 2)).append(Little(0, 4));
  directory.append(Little(part.crc, 4)).append(Little(zip64 ? kIn64 : part.stored.size(), 4));
  directory.append(Little(zip64 ? kIn64 : part.size, 4)).append(Little(part.name.size(), 2));
  directory.append(Little(extra.size(), 2)).append(Little(0, 2 + 2 + 2)).append(Little(0, 4));
  directory.append(Little(zip64 ? kIn64 : part.offset, 4)).append(part.name).append(extra);
}

void AppendData(std::string& file, const Written& part, bool descriptor) {
  const std::string padding = "FB" + Little(5, 2) + "ZZZZZ";  // as PyTorch pads
  file.append("PK\x03\x04").append(Little(20, 2)).append(Little(part.flags, 2));
  file.append(Little(part.method, 2)).append(Little(0, 4));
  file.append(Little(descriptor ? 0 : part.crc, 4));
  file.append(Little(descriptor ? 0 : part.stored.size(), 4));
  file.append(Little(descriptor ? 0 : part.true_size, 4)).append(Little(part.name.size(), 2));
  file.append(Little(padding.size(), 2)).append(part.name).append(padding).append(part.stored);
  if (!descriptor) return;
  file.append("PK\x07\x08").append(Little(part.crc, 4)).append(Little(part.stored.size(), 4));
  file.append(Little(part.true_size, 4));
}

}  // namespace

std::string Zip(const std::vector<ZipPart>& parts, const ZipShape& shape) {
  std::string file;
  std::string directory;
  for (const ZipPart& part : parts) {
    const Written written = Prepare(part, shape, file.size());
    AppendEntry(directory, written, shape.zip64);
    AppendData(file, written, shape.descriptors);
  }
  const std::uint64_t at = file.size();
  return file + directory + EndRecords(shape, parts.size(), at, directory.size());
}

std::string TorchZip(const std::string& pickle, std::vector<ZipPart> storages,
                     const ZipShape& shape) {
  std::vector<ZipPart> parts = {{"m/data.pkl", pickle}, {"m/byteorder", "little"}};
  for (ZipPart& storage : storages) parts.push_back(std::move(storage));
  parts.push_back({"m/version", "3\n"});
  return Zip(parts, shape);
}

std::vector<std::uint8_t> AsBytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace portcullis::checkpoint
