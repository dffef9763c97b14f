// Owns: text in XML documents.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::report {

// Escapes what XML gives a meaning, replaces what is no UTF-8 by U+FFFD, and drops the control
// characters that XML 1.0 cannot hold.
std::string Xml(std::string_view text);

}  // namespace portcullis::report
