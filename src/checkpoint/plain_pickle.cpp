// Owns: plain pickles (pickle.dump, joblib and the like) with tensors inside. Each tensor's storage
// is a whole checkpoint of its own within the pickle, which unpickling passes to torch.load
// without any map_location (torch/storage.py, _load_from_bytes).
#include <fmt/format.h>

#include "src/checkpoint/format.h"
#include "src/checkpoint/looks_like.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint8_t kNewestProtocol = 5;

}  // namespace

bool StartsAsPickle(const Source& source) {
  if (source.Size() < 3 || !Starts(source, 0, "\x80")) return false;
  Cursor in(source, 1);
  return in.U8() <= kNewestProtocol;
}

bool IsPlainPickle(const Candidate& candidate) {
  return candidate.zip == nullptr && StartsAsPickle(candidate.source);
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
