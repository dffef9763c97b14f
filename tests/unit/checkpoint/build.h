// Owns: writing pickles, zip archives and checkpoints byte by byte, for tests; also wrong ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::checkpoint {

std::string Little(std::uint64_t value, unsigned bytes);

// A pickle, opcode by opcode, of protocol 2 unless said otherwise.
class PickleText {
 public:
  explicit PickleText(int protocol = 2) : bytes_({'\x80', static_cast<char>(protocol)}) {}
  PickleText& Raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  PickleText& Text(std::string_view text) { return Raw("X").Raw(Little(text.size(), 4)).Raw(text); }
  PickleText& Global(std::string_view module, std::string_view name) {
    return Raw("c").Raw(module).Raw("\n").Raw(name).Raw("\n");
  }
  PickleText& Int(std::uint32_t value) { return Raw("J").Raw(Little(value, 4)); }
  // A float32 tensor of one dimension over storage `key`.
  PickleText& Tensor(std::string_view key, std::string_view device, std::uint32_t elements);
  std::string Done() const { return bytes_ + "."; }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

// One entry as it is written; what is given replaces what would be right.
struct ZipPart {
  std::string name;
  std::string data;
  bool deflate = false;
  std::optional<std::uint64_t> claimed_size = std::nullopt;  // in the directory
  std::uint16_t flags = 0;
  std::uint16_t method_override = 0xffff;
};

struct ZipShape {
  bool zip64 = false;        // also for sizes and offsets of entries
  bool descriptors = false;  // sizes behind the data, as PyTorch writes
  std::string comment = {};
  std::optional<std::uint64_t> claimed_entries = std::nullopt;
  std::optional<std::uint64_t> claimed_directory_size = std::nullopt;
  std::optional<std::uint64_t> claimed_directory_offset = std::nullopt;
};

std::string Zip(const std::vector<ZipPart>& parts, const ZipShape& shape = {});

// A torch.save archive around a pickle.
std::string TorchZip(const std::string& pickle, std::vector<ZipPart> storages = {},
                     const ZipShape& shape = {});

std::vector<std::uint8_t> AsBytes(std::string_view text);

}  // namespace portcullis::checkpoint
