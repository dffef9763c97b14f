// Owns: errors as people see them, on standard error.
#pragma once

#include <string_view>

namespace portcullis::cli {

// "portcullis: TEXT". Names of files may be any bytes: what could steer a terminal is written as
// \xNN, all but the ends of lines.
void PrintError(std::string_view text);

}  // namespace portcullis::cli
