// Owns: text of untrusted origin that may be shown to people and put into JSON.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::checkpoint {

// The text with control characters and bytes that are not UTF-8 written as \xNN, so that a
// checkpoint can neither steer a terminal nor break a report. Other text stays as it is.
std::string Printable(std::string_view text);

// The same in place; cheap for text that is printable already.
void KeepPrintable(std::string& text);

}  // namespace portcullis::checkpoint
