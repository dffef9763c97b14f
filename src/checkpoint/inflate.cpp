#include "src/checkpoint/inflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

#include "src/checkpoint/limits.h"

namespace portcullis::checkpoint {
namespace {

struct EndInflate {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

void RequireWithinLimits(const Source& stored, std::uint64_t size) {
  const std::uint64_t by_ratio = stored.Size() > kInflatedAtMost / kInflateRatio
                                     ? kInflatedAtMost
                                     : stored.Size() * kInflateRatio;
  const std::uint64_t limit = std::min(kInflatedAtMost, std::max(kInflatedAlways, by_ratio));
  if (size <= limit) return;
  stored.Unsupported(0, fmt::format("{} bytes that inflate to {}", stored.Size(), size),
                     fmt::format("at most {}", limit),
                     "store the archive's entries instead of deflating them, as torch.save does; "
                     "such an entry may also be a zip bomb");
}

}  // namespace

std::vector<std::uint8_t> Inflate(const Source& stored, std::uint64_t size) {
  RequireWithinLimits(stored, size);
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw CannotRun("zlib cannot be initialised");
  const std::unique_ptr<z_stream, EndInflate> ending(&stream);

  std::vector<std::uint8_t> out;
  std::array<std::uint8_t, 1 << 14> in = {};
  std::array<std::uint8_t, 1 << 15> piece = {};
  std::uint64_t read = 0;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0 && read < stored.Size()) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), stored.Size() - read));
      stored.Read(read, std::span(in).first(count));
      read += count;
      stream.next_in = in.data();
      stream.avail_in = static_cast<uInt>(count);
    }
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = piece.size() - stream.avail_out;
    if ((state != Z_OK && state != Z_STREAM_END) || got > size - out.size()) break;
    out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
  }
  if (state != Z_STREAM_END || out.size() != size) {
    stored.Damaged(read - stream.avail_in,
                   fmt::format("deflated data that ends or breaks after {} bytes", out.size()),
                   fmt::format("{} bytes, as the archive's directory says", size));
  }
  return out;
}

}  // namespace portcullis::checkpoint
