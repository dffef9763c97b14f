// Owns: matching paths against patterns as people write them in .gitignore and CI files.
#pragma once

#include <string_view>

namespace portcullis {

// True if `path` fits `pattern` as a whole. '*' and '?' stand for anything but '/', "[a-z]" for one
// of a set, and "**" for any number of folders, none included. A backslash takes the next character
// as it is.
bool GlobMatches(std::string_view pattern, std::string_view path);

// True if the text holds a character that GlobMatches gives a meaning.
bool IsGlob(std::string_view text);

}  // namespace portcullis
