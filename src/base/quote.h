// Owns: words of commands that somebody can paste into a shell.
#pragma once

#include <string>
#include <string_view>

namespace portcullis {

// The word as a shell reads it: in quotes where it needs them.
std::string Quoted(std::string_view word);

}  // namespace portcullis
