// Owns: changed bytes as a source: pieces of other sources one behind the other, copied only when
// they are read. What a retagged checkpoint will be can so be read, and checked, before it is
// written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

using SharedSource = std::shared_ptr<const Source>;

// A source that somebody else keeps.
SharedSource Borrow(const Source& source);
SharedSource TextSource(const std::string& text, Spot origin = {});

// `shown`, which reads from `needed`: both live as long as what is returned.
SharedSource Together(SharedSource shown, SharedSource needed);

// Instead of the `removed` bytes at `at` stand those of `inserted` (null: none).
struct Edit {
  std::uint64_t at = 0, removed = 0;
  SharedSource inserted;
  std::uint64_t Inserted() const { return inserted == nullptr ? 0 : inserted->Size(); }
};

class Spliced : public Source {
 public:
  struct Piece {
    SharedSource source;
    std::uint64_t offset = 0, size = 0;  // in `source`
    std::uint64_t at = 0;                // in the whole
  };

  // The pieces in this order; `at` is set here.
  Spliced(Spot origin, std::vector<Piece> pieces);
  // `base` after the edits, sorted here. Throws CheckpointError if they overlap.
  Spliced(SharedSource base, std::vector<Edit> edits);

  const std::vector<Piece>& pieces() const { return pieces_; }
  // What was edited; null if this is put together from pieces.
  const SharedSource& base() const { return base_; }

 private:
  void DoRead(std::uint64_t offset, std::span<std::uint8_t> into) const override;

  SharedSource base_;
  std::vector<Piece> pieces_;
};

// A piece that is all of a source.
Spliced::Piece Whole(SharedSource source);

}  // namespace portcullis::checkpoint
