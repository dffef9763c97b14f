// Owns: finding the name somebody meant, for "unknown host '2xh20'; did you mean '2xh200'?".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portcullis {

// Edit distance (insertions, deletions, substitutions, transpositions of neighbours).
std::size_t EditDistance(std::string_view a, std::string_view b);

// The known name nearest to `wanted`, or "" if none is close enough to be a typing mistake.
std::string NearestName(std::string_view wanted, std::span<const std::string> known);

// "unknown WHAT 'wanted'; did you mean 'near'? known: a, b, c" (all known names, sorted).
std::string UnknownName(std::string_view what, std::string_view wanted,
                        std::span<const std::string> known);

}  // namespace portcullis
