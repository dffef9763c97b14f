// Owns: amounts of bytes as people read and write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis {

// "97.8 MiB", "1.0 KiB", "12 B".
std::string SizeText(std::uint64_t bytes);

// "512", "512 MiB", "2GiB" → bytes; nothing for what is no such amount, or beyond 64 bits.
std::optional<std::uint64_t> ParseSize(std::string_view text);

}  // namespace portcullis
