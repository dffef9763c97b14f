#include "harness/repro/recognise.h"

#include <algorithm>
#include <cctype>

#include "harness/verdict/shorten_error.h"
#include "src/checkpoint/printable.h"

namespace portcullis::repro {
namespace {

// What boxes around tracebacks are drawn with (U+2500 to U+257F): E2 94 80 to E2 95 BF.
bool IsBoxDrawing(std::string_view text, std::size_t at) {
  return text.substr(at, 2) == "\xe2\x94" || text.substr(at, 2) == "\xe2\x95";
}

// The end of a colour sequence ("\x1b[1m") that begins at `at`, or `at`.
std::size_t SkipColour(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\x1b[") return at;
  const std::size_t end = text.find('m', at);
  return end == std::string_view::npos ? text.size() : end + 1;
}

// The text on one line: white space, colours and boxes become one space.
std::string OnOneLine(std::string_view text) {
  constexpr std::size_t kBoxBytes = 3;
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t coloured = SkipColour(text, i);
    if (coloured != i) {
      i = coloured;
      continue;
    }
    const bool box = IsBoxDrawing(text, i);
    const bool space = box || std::isspace(static_cast<unsigned char>(text[i])) != 0;
    if (!space) {
      line += text[i];
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
    i += box ? kBoxBytes : 1;
  }
  return line;
}

}  // namespace

std::optional<Recognised> Recognise(std::string_view text) {
  constexpr std::size_t kMessage = 2000;  // bytes of a message that may hold facts
  const std::string line = OnOneLine(text);
  const auto found = portability::FindErrors(line);
  if (found.empty()) return std::nullopt;
  const std::string message =
      checkpoint::Printable(std::string_view(line).substr(found.front().at, kMessage));
  Recognised recognised{found.front().error,
                        found.front().wording,
                        verdict::ShortenError(message),
                        ReadFacts(message),
                        {}};
  for (const auto& other : found) {
    const bool new_one = other.error != recognised.error &&
                         std::find(recognised.also.begin(), recognised.also.end(), other.error) ==
                             recognised.also.end();
    if (new_one) recognised.also.push_back(other.error);
  }
  return recognised;
}

}  // namespace portcullis::repro
