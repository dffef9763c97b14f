#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/report/terminal.h"

namespace portcullis::report {
namespace {

constexpr std::size_t kUsualWidth = 80;

std::size_t WidthOf(std::FILE* stream) {
  winsize size{};
  const bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsualWidth;
}

}  // namespace

Style::Style(std::FILE* stream) : terminal_(isatty(fileno(stream)) == 1), width_(WidthOf(stream)) {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  colour_ = terminal_ && !refused;
}

std::string Style::Paint(const char* code, std::string_view text) const {
  if (!colour_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::size_t Columns(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    columns += continues ? 0 : 1;
  }
  return columns;
}

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && Columns(line) + 1 + Columns(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string Paragraph(std::string_view text, std::size_t indent, const Style& style) {
  constexpr std::size_t kLeast = 40;
  std::string paragraph;
  std::size_t blank = indent;
  for (const std::string& line : Wrap(text, std::max(style.width(), kLeast) - indent - 2)) {
    paragraph += std::string(blank, ' ') + line + "\n";
    blank = indent + 2;
  }
  return paragraph;
}

}  // namespace portcullis::report
