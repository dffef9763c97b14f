#include "src/checkpoint/retag/splice.h"

#include <algorithm>
#include <utility>

namespace portcullis::checkpoint {
namespace {

std::uint64_t SizeOf(const std::vector<Spliced::Piece>& pieces) {
  std::uint64_t size = 0;
  for (const Spliced::Piece& piece : pieces) size += piece.size;
  return size;
}

std::vector<Spliced::Piece> PiecesOf(const SharedSource& base, std::vector<Edit>& edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.at < b.at; });
  std::vector<Spliced::Piece> pieces;
  std::uint64_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.at < at || edit.at > base->Size() || edit.removed > base->Size() - edit.at) {
      base->Unsupported(edit.at, "tags in places that overlap", "each tag in a place of its own",
                        "look at the file by hand: no program writes such a thing");
    }
    pieces.push_back({base, at, edit.at - at, 0});
    if (edit.inserted != nullptr) pieces.push_back(Whole(edit.inserted));
    at = edit.at + edit.removed;
  }
  pieces.push_back({base, at, base->Size() - at, 0});
  return pieces;
}

}  // namespace

SharedSource Borrow(const Source& source) {
  return SharedSource(std::shared_ptr<const Source>(), &source);
}

SharedSource TextSource(const std::string& text, Spot origin) {
  return HoldBytes({text.begin(), text.end()}, std::move(origin));
}

SharedSource Together(SharedSource shown, SharedSource needed) {
  if (shown == nullptr) return shown;
  const auto both =
      std::make_shared<std::pair<SharedSource, SharedSource>>(std::move(shown), std::move(needed));
  return SharedSource(both, both->first.get());
}

Spliced::Piece Whole(SharedSource source) {
  const std::uint64_t size = source->Size();
  return {std::move(source), 0, size, 0};
}

Spliced::Spliced(Spot origin, std::vector<Piece> pieces)
    : Source(std::move(origin), SizeOf(pieces)) {
  std::uint64_t at = 0;
  for (Piece& piece : pieces) {
    if (piece.size == 0) continue;
    piece.at = at;
    at += piece.size;
    pieces_.push_back(std::move(piece));
  }
}

Spliced::Spliced(SharedSource base, std::vector<Edit> edits)
    : Spliced(base->Origin(), PiecesOf(base, edits)) {
  base_ = std::move(base);
}

void Spliced::DoRead(std::uint64_t offset, std::span<std::uint8_t> into) const {
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                [](std::uint64_t at, const Piece& p) { return at < p.at; });
  --piece;  // the first piece is at 0
  while (!into.empty()) {
    const std::uint64_t skipped = offset - piece->at;
    const auto size = std::min<std::uint64_t>(piece->size - skipped, into.size());
    piece->source->Read(piece->offset + skipped, into.first(static_cast<std::size_t>(size)));
    into = into.subspan(static_cast<std::size_t>(size));
    offset += size;
    ++piece;
  }
}

}  // namespace portcullis::checkpoint
