#include "src/checkpoint/pickle_text.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace portcullis::checkpoint {
namespace {

void AppendUtf8(std::string& text, std::uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const unsigned more = c < 0x800 ? 1 : (c < 0x10000 ? 2 : 3);
  constexpr std::uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kLead[more] | c >> (6 * more));
  for (unsigned i = more; i-- > 0;) text += static_cast<char>(0x80 | (c >> (6 * i) & 0x3f));
}

void AppendCharacter(std::string& text, char c, TextForm form) {
  if (form == TextForm::kRawUnicode) {
    AppendUtf8(text, static_cast<std::uint8_t>(c));
  } else {
    text += c;
  }
}

// One row for each escape of a fixed number of hexadecimal digits.
struct HexEscape {
  char letter;
  std::size_t digits;
  TextForm form;
};
constexpr HexEscape kHexEscapes[] = {
    {'x', 2, TextForm::kQuoted},
    {'u', 4, TextForm::kRawUnicode},
    {'U', 8, TextForm::kRawUnicode},
};

struct CharEscape {
  char letter, stands_for;
};
constexpr CharEscape kCharEscapes[] = {{'n', '\n'},  {'t', '\t'},  {'r', '\r'},
                                       {'\\', '\\'}, {'\'', '\''}, {'"', '"'}};

// Decodes the escape at the start of `rest` (after its backslash). Returns how many characters it
// takes, 0 if it is none.
std::size_t DecodeEscape(std::string_view rest, TextForm form, std::string& text) {
  if (rest.empty()) return 0;
  for (const HexEscape& escape : kHexEscapes) {
    if (escape.letter != rest[0] || escape.form != form || rest.size() <= escape.digits) continue;
    std::uint32_t value = 0;
    const char* end = rest.data() + 1 + escape.digits;
    if (std::from_chars(rest.data() + 1, end, value, 16).ptr != end) return 0;
    AppendUtf8(text, value & 0x1fffff);
    return 1 + escape.digits;
  }
  if (form != TextForm::kQuoted) return 0;
  for (const CharEscape& escape : kCharEscapes) {
    if (escape.letter != rest[0]) continue;
    text += escape.stands_for;
    return 1;
  }
  return 0;
}

}  // namespace

std::string DecodeText(std::string_view line, TextForm form) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escape = line[i] == '\\' && form != TextForm::kPlain;
    if (escape) {
      if (const std::size_t taken = DecodeEscape(line.substr(i + 1), form, text); taken > 0) {
        i += taken;
        continue;
      }
    }
    AppendCharacter(text, line[i], form);
    // Python takes a backslash and what follows it together: the second of two begins no escape.
    if (escape && i + 1 < line.size()) AppendCharacter(text, line[++i], form);
  }
  return text;
}

void PushTextLine(PickleMachine& machine, TextForm form) {
  Text text;
  text.opcode_at = machine.opcode_at();
  text.offset = machine.in().Offset();
  std::string_view line = machine.in().Line();
  if (form == TextForm::kQuoted) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.size() < 2 || line.front() != line.back() || (line[0] != '\'' && line[0] != '"')) {
      machine.Damaged("without quotes", "'text' or \"text\"");
    }
    line = line.substr(1, line.size() - 2);
    text.offset += 1;
  }
  text.size = line.size();
  const std::string decoded = DecodeText(line.substr(0, Values::kTextKept), form);
  text.text = decoded;
  machine.PushString(machine.values().AddString(text));
}

}  // namespace portcullis::checkpoint
