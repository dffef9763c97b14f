// Owns: plain pickles (pickle.dump, joblib and the like) with tensors inside. Each tensor's storage
// is a whole checkpoint of its own within the pickle, which unpickling passes to torch.load
// without any map_location (torch/storage.py, _load_from_bytes).
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "src/checkpoint/format.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/word.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint8_t kNewestProtocol = 5;

// Takes a line that may name a module or a class from the front.
bool TakeName(std::string_view& head) {
  const std::size_t end = head.find('\n');
  if (end == std::string_view::npos || !IsWordStart(head[0])) return false;
  const bool is_name = std::all_of(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(end),
                                   [](char c) { return IsWordStart(c) || IsDigit(c) || c == '.'; });
  head.remove_prefix(end + 1);
  return is_name;
}

// GLOBAL or INST, and what picklers let follow: its place in the memo or its arguments.
bool StartsWithGlobal(std::string_view head) {
  if (!head.starts_with('c') && !head.starts_with('i')) return false;
  head.remove_prefix(1);
  if (!TakeName(head) || !TakeName(head) || head.empty()) return false;
  return head[0] == 'q' || head[0] == '(' || head[0] == ')' ||
         (head[0] == 'p' && head.size() > 1 && IsDigit(head[1]));
}

// Protocols 0 and 1 have no opcode that says so: what their picklers begin a dict, a list or an
// object with, maybe within tuples (Lib/pickle.py of Python 3.13).
bool StartsAsOldPickle(const Source& source) {
  constexpr std::uint64_t kLook = 256;
  std::string start(static_cast<std::size_t>(std::min(kLook, source.Size())), '\0');
  source.Read(0, {reinterpret_cast<std::uint8_t*>(start.data()), start.size()});
  std::string_view head = start;
  head.remove_prefix(std::min(head.find_first_not_of('('), head.size()));
  const bool in_mark = head.size() < start.size();
  if (head.starts_with("}q") || head.starts_with("]q")) return true;
  if (StartsWithGlobal(head)) return true;
  return in_mark && (head.starts_with("dp") || head.starts_with("lp")) && head.size() > 2 &&
         IsDigit(head[2]);
}

}  // namespace

bool StartsAsPickle(const Source& source) {
  if (source.Size() < 3 || !Starts(source, 0, "\x80")) return false;
  Cursor in(source, 1);
  return in.U8() <= kNewestProtocol;
}

bool IsPlainPickle(const Candidate& candidate) {
  return candidate.zip == nullptr &&
         (StartsAsPickle(candidate.source) || StartsAsOldPickle(candidate.source));
}

DeviceMap ReadPlainPickle(const Candidate& candidate) {
  const Source& source = candidate.source;
  MapBuilder builder(source.Origin().file, Format::kPlainPickle, source.Size());
  Cursor in(source);
  CollectPickle(candidate, in, ContextOf(candidate, source), builder);
  const DeviceMap& map = builder.map();
  if (map.tensors.empty() && map.tags.empty()) {
    const std::string of =
        map.globals.empty() ? "" : fmt::format(" (of {})", map.globals.front().name);
    throw CheckpointError(Problem::kNotACheckpoint, source.SpotAt(0),
                          "a pickle without tensors or devices" + of,
                          "a checkpoint that PyTorch or LibTorch saved",
                          "name a file that torch.save or torch.jit.save wrote");
  }
  return builder.Take();
}

}  // namespace portcullis::checkpoint
