#include "harness/verdict/shorten_error.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace portcullis::verdict {
namespace {

constexpr std::size_t kEnough = 250;   // bytes: further sentences are left out
constexpr std::size_t kLongest = 300;  // bytes of a single sentence
constexpr auto npos = std::string_view::npos;

// What developers want and others do not: from `from` to `to` (to the end of the text if `to` is
// "" or missing) becomes `instead`.
struct Noise {
  std::string_view from;
  std::string_view to;
  std::string_view instead;
};
constexpr std::array kNoise = {
    // c10/util/Exception.cpp: the frames of c10::Error
    Noise{"\nException raised from ", "", ""},
    Noise{"\nframe #", "", ""},
    Noise{"\nC++ CapturedTraceback:", "", ""},
    Noise{"INTERNAL ASSERT FAILED at ", "please report a bug to PyTorch", "INTERNAL ASSERT FAILED"},
    // aten/src/ATen/core/dispatch/OperatorEntry.cpp: every registration of the operator
    Noise{" This could be because the operator doesn't exist for this backend", "", ""},
    // c10/cuda/CUDAException.cpp: advice on kernels
    Noise{"\nSearch for `cuda", "", ""},
    Noise{"\nCUDA kernel errors might be asynchronously reported", "", ""},
    // c10/cuda/CUDACachingAllocator.cpp: advice on fragmentation
    Noise{" If reserved but unallocated memory is large", "", ""},
    // caffe2/serialize/inline_container.cc
    Noise{" This is an internal miniz error.", "", ""},
    Noise{"[enforce fail at ", "] . ", ""},
    // torch/serialization.py: weights_only=True
    Noise{"Weights only load failed.", "WeightsUnpickler error: ", "Weights only load failed: "},
    Noise{" In PyTorch 2.6, we changed the default value", "", ""},
    Noise{"\n\nCheck the documentation of torch.load", "", ""},
};

void RemoveNoise(std::string& text) {
  for (const Noise& noise : kNoise) {
    const std::size_t from = text.find(noise.from);
    if (from == npos) continue;
    const std::size_t to = noise.to.empty() ? npos : text.find(noise.to, from + noise.from.size());
    if (!noise.to.empty() && to == npos) continue;
    text.replace(from, to == npos ? npos : to + noise.to.size() - from, noise.instead);
  }
}

// The end of a terminal's colour sequence ("\x1b[1m") that begins at `at`, or `at`.
std::size_t SkipColour(std::string_view text, std::size_t at) {
  if (text[at] != '\x1b') return at;
  const std::size_t end = text.find('m', at);
  return end == npos ? at + 1 : end + 1;
}

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool IsControl(char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }

// Python's "RuntimeError: message" is "message".
std::string_view WithoutType(std::string_view text) {
  const std::size_t colon = text.find(": ");
  const std::string_view type = text.substr(0, colon);
  const bool is_type =
      colon != npos && (type.ends_with("Error") || type.ends_with("Exception")) &&
      std::all_of(type.begin(), type.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
      });
  return is_type ? text.substr(colon + 2) : text;
}

// What a Python or TorchScript traceback leads to: the first line after its last frame that is
// not indented, and all that follows.
std::string_view WithoutTraceback(std::string_view text) {
  const std::size_t header = text.find("Traceback ");
  const std::size_t frame = text.rfind("\n  File \"");
  if (header == npos || frame == npos || frame < header) return text;
  for (std::size_t line = text.find('\n', frame + 1); line != npos;
       line = text.find('\n', line + 1)) {
    const std::string_view rest = text.substr(line + 1);
    if (!rest.empty() && !IsSpace(rest.front())) return WithoutType(rest);
  }
  return text;
}

// One line: runs of white space become one space, a line that ends without a full stop gets one
// if the next begins a sentence; control characters and colours go.
std::string OnOneLine(std::string_view text) {
  std::string line;
  bool new_line = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (const std::size_t end = SkipColour(text, i); end != i) {
      i = end;
      continue;
    }
    ++i;
    if (IsSpace(c)) {
      new_line = new_line || c == '\n';
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else if (!IsControl(c)) {
      const bool open =
          line.size() > 1 && std::isalnum(static_cast<unsigned char>(line[line.size() - 2])) != 0;
      if (new_line && open && line.back() == ' ' && IsUpper(c)) line.insert(line.size() - 1, ".");
      line += c;
      new_line = false;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// Where the sentence that begins at `start` ends: behind its full stop, or the end of the text.
std::size_t SentenceEnd(std::string_view text, std::size_t start) {
  for (std::size_t i = start; i + 2 < text.size(); ++i) {
    const bool stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    if (stop && text[i + 1] == ' ' && IsUpper(text[i + 2])) return i + 1;
  }
  return text.size();
}

// As many whole sentences as are enough, at least one.
std::string_view FirstSentences(std::string_view text) {
  std::size_t end = SentenceEnd(text, 0);
  while (end < text.size()) {
    const std::size_t next = SentenceEnd(text, end);
    if (next > kEnough) break;
    end = next;
  }
  return text.substr(0, end);
}

std::string CutTo(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return std::string(text);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (longest > 0 && continues(text[longest])) --longest;  // not inside a UTF-8 character
  return std::string(text.substr(0, longest)) + "…";
}

}  // namespace

std::string ShortenError(std::string_view whole) {
  std::string text(WithoutTraceback(whole));
  RemoveNoise(text);
  return CutTo(FirstSentences(OnOneLine(text)), kLongest);
}

std::string WithoutAddresses(std::string_view whole) {
  constexpr std::string_view kOpen = " (0x";
  constexpr std::string_view kClose = " in ";
  std::string text;
  for (std::size_t from = 0; from < whole.size();) {
    const std::size_t end = std::min(whole.find('\n', from), whole.size() - 1) + 1;
    const std::string_view line = whole.substr(from, end - from);
    const std::size_t open = line.rfind(kOpen);
    const std::size_t digits_end =
        open == npos ? npos : line.find_first_not_of("0123456789abcdef", open + kOpen.size());
    if (line.starts_with("frame #") && digits_end != npos &&
        line.substr(digits_end).starts_with(kClose)) {
      text += line.substr(0, open + 2);
      text += line.substr(digits_end + kClose.size());
    } else {
      text += line;
    }
    from = end;
  }
  return text;
}

std::string WithoutFolders(std::string_view text) {
  constexpr std::string_view kEnds = " \t\n,)'\"`";
  constexpr std::string_view kBefore = " \t\n,)'\"`({";
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = text[at] == '/' && (at == 0 || kBefore.find(text[at - 1]) != kBefore.npos);
    if (!begins) {
      plain += text[at++];
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(kEnds, at), text.size());
    const std::string_view path = text.substr(at, end - at);
    plain += path.substr(path.rfind('/') + 1);
    at = end;
  }
  return plain;
}

}  // namespace portcullis::verdict
