// Owns: what a person would read of an error text that PyTorch wrote for its own developers.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::verdict {

// The first sentences of an error, as one line of printable text: without lists of dispatcher
// registrations, C++ frames, Python and TorchScript tracebacks, and advice on debugging kernels.
// At most about 300 bytes; longer ones end in "…". Texts as of PyTorch 2.11; text that is not
// known is only shortened. "" stays "".
std::string ShortenError(std::string_view whole);

// The text without the addresses of C++ frames ("frame #3: f() + 0x9d (0x7f5e… in libc10.so)"
// loses "0x7f5e… in "): they differ from process to process and say nothing without it.
std::string WithoutAddresses(std::string_view whole);

// The text with each path of this machine told by its last part: "/tmp/x/model.pt" → "model.pt".
std::string WithoutFolders(std::string_view text);

}  // namespace portcullis::verdict
