// Owns: the files of this folder that stand in the program itself (ci/cmake/Embed.cmake).
#pragma once

#include <string_view>

namespace portcullis::repro {

// The whole text of a file by its name; "" if there is none of that name.
std::string_view EmbeddedFile(std::string_view name);

}  // namespace portcullis::repro
