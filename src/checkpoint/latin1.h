// Owns: bytes that pickle protocols before 3 wrote as text: each byte a character of Latin-1, all
// of it in UTF-8.
#pragma once

#include <cstdint>
#include <memory>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

// The bytes that [offset, offset + size) of `source` stand for. Errors and tags in them name the
// member "bytes@OFFSET", and offsets within the decoded bytes.
std::unique_ptr<Source> DecodeLatin1(const Source& source, std::uint64_t offset,
                                     std::uint64_t size);

}  // namespace portcullis::checkpoint
