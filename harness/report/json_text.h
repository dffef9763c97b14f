// Owns: JSON as text, whatever names of files and tensors are in it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace portcullis::report {

// Bytes that are no UTF-8 are replaced by U+FFFD: a name of a file may be any bytes. On one line,
// or indented.
std::string JsonText(const nlohmann::json& value, int indent = -1);
// With the end of the line.
std::string LineOf(const nlohmann::json& value);

}  // namespace portcullis::report
