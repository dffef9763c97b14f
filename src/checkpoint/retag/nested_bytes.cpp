#include "src/checkpoint/retag/nested_bytes.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "src/checkpoint/latin1.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/retag/pickle_write.h"

namespace portcullis::checkpoint {
namespace {

// The bytes of a text, which errors and tags name as the reader does.
SharedSource BytesOf(const Source& pickle, const Text& text) {
  return Window(pickle, text.offset, text.size, pickle.SpotAt(text.offset));
}

// The opcode like `code` that pushes `bytes` as text.
std::string TextOpcode(std::uint8_t code, const Source& bytes) {
  if (code == 'V') return "V" + AsUnicodeLine(bytes) + "\n";
  const std::string utf8 = AsUtf8(bytes);
  return BytesOpcode(code, utf8.size()) + utf8;
}

}  // namespace

std::vector<Edit> BytesEdits(const Source& pickle, const Text& text, const NestedEdits& nested) {
  if (IsWrittenAsText(pickle, text, false)) return EncodedEdits(pickle, text, nested);
  const SharedSource bytes = BytesOf(pickle, text);
  std::vector<Edit> edits = nested(*bytes);
  if (edits.empty()) return edits;
  const std::uint8_t code = OpcodeAt(pickle, text.opcode_at);
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
    pickle.Unsupported(
        text.offset,
        fmt::format("a tensor as {} bytes of text (pickle protocol 0, 1 or 2)", text.size),
        fmt::format("at most {}", kInflatedAtMost),
        "load it, and save it by torch.save or with pickle protocol 3 or later");
  }
  const SharedSource bytes = DecodeLatin1(pickle, text);
  std::vector<Edit> edits = nested(*bytes);
  if (edits.empty()) return edits;
  const std::uint8_t code = OpcodeAt(pickle, text.opcode_at);
  if (code == 'S') {
    pickle.Unsupported(text.opcode_at, "a tensor as a line of text of Python 2",
                       "a pickle of protocol 1 or later, or of Python 3",
                       "load it, and save it by torch.save");
  }
  const std::uint64_t end = text.offset + text.size + (code == 'V' ? 1 : 0);  // of the line
  return {{text.opcode_at, end - text.opcode_at,
           TextSource(TextOpcode(code, Spliced(bytes, std::move(edits))))}};
}

}  // namespace portcullis::checkpoint
