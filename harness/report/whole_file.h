// Owns: writing a file so that it is there whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace portcullis::report {

// Writes NAME.partial, then renames. Throws CannotRun and removes the half file on refusal.
void WriteWholeFile(const std::filesystem::path& file, std::string_view text);

}  // namespace portcullis::report
