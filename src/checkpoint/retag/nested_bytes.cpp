#include "src/checkpoint/retag/nested_bytes.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "src/checkpoint/latin1.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/retag/pickle_write.h"

namespace portcullis::checkpoint {
namespace {

void RequireSized(const Source& pickle, const Text& text, std::uint8_t code) {
  if (code != 'S' && code != 'V') return;
  pickle.Unsupported(text.opcode_at, "a tensor as a line of text (pickle protocol 0 or 1)",
                     "a pickle of protocol 2 or later", "load it, and save it by torch.save");
}

// The bytes of a text, which errors and tags name as the reader does.
SharedSource BytesOf(const Source& pickle, const Text& text) {
  return Window(pickle, text.offset, text.size, pickle.SpotAt(text.offset));
}

std::string AsLatin1(const Source& source) {
  std::string text;
  Cursor in(source);
  while (in.Left() > 0) {
    const std::uint8_t byte = in.U8();
    if (byte >= 0x80) text += static_cast<char>(0xc0 | byte >> 6);
    text += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
  }
  return text;
}

}  // namespace

std::vector<Edit> BytesEdits(const Source& pickle, const Text& text, const NestedEdits& nested) {
  const SharedSource bytes = BytesOf(pickle, text);
  std::vector<Edit> edits = nested(*bytes);
  if (edits.empty()) return edits;
  const std::uint8_t code = OpcodeAt(pickle, text.opcode_at);
  RequireSized(pickle, text, code);
  std::uint64_t size = text.size;
  for (Edit& edit : edits) {
    edit.at += text.offset;
    edit.inserted = Together(edit.inserted, bytes);
    size += edit.Inserted() - edit.removed;
  }
  if (size != text.size) {
    edits.push_back(
        {text.opcode_at, text.offset - text.opcode_at, TextSource(BytesOpcode(code, size))});
  }
  return edits;
}

std::vector<Edit> EncodedEdits(const Source& pickle, const Text& text, const NestedEdits& nested) {
  if (text.size > kInflatedAtMost) {
    pickle.Unsupported(text.offset,
                       fmt::format("a tensor as {} bytes of text (pickle protocol 2)", text.size),
                       fmt::format("at most {}", kInflatedAtMost),
                       "load it, and save it by torch.save or with pickle protocol 3 or later");
  }
  const SharedSource bytes = DecodeLatin1(pickle, text.offset, text.size);
  std::vector<Edit> edits = nested(*bytes);
  if (edits.empty()) return edits;
  const std::uint8_t code = OpcodeAt(pickle, text.opcode_at);
  RequireSized(pickle, text, code);
  const std::string encoded = AsLatin1(Spliced(bytes, std::move(edits)));
  return {{text.opcode_at, text.offset + text.size - text.opcode_at,
           TextSource(BytesOpcode(code, encoded.size()) + encoded)}};
}

}  // namespace portcullis::checkpoint
