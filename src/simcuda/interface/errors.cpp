#include "src/simcuda/interface/errors.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

namespace portcullis::simcuda {
namespace {

constexpr ErrorText kErrors[] = {
#define PORTCULLIS_ERROR(code, name, text) {code, #name, text},
#include "src/simcuda/table/errors.def"
#undef PORTCULLIS_ERROR
};
constexpr ErrorText kUnknown = {-1, "unrecognized error code", "unrecognized error code"};

static_assert(std::is_sorted(std::begin(kErrors), std::end(kErrors),
                             [](const ErrorText& a, const ErrorText& b) {
                               return a.code < b.code;
                             }));

constexpr std::array kSticky = {
    214,  // cudaErrorECCUncorrectable
    220,  // cudaErrorNvlinkUncorrectable
    226,  // cudaErrorContained
    700,  // cudaErrorIllegalAddress
    702,  // cudaErrorLaunchTimeout
    710,  // cudaErrorAssert
    714,  // cudaErrorHardwareStackError
    715,  // cudaErrorIllegalInstruction
    716,  // cudaErrorMisalignedAddress
    717,  // cudaErrorInvalidAddressSpace
    718,  // cudaErrorInvalidPc
    719,  // cudaErrorLaunchFailure
    721,  // cudaErrorTensorMemoryLeak
    810,  // cudaErrorMpsClientTerminated
    911,  // cudaErrorExternalDevice
};

bool IsUpper(char letter) { return std::isupper(static_cast<unsigned char>(letter)) != 0; }

}  // namespace

std::span<const ErrorText> Errors() { return kErrors; }

const ErrorText& FindError(int code) {
  const auto* row =
      std::lower_bound(std::begin(kErrors), std::end(kErrors), code,
                       [](const ErrorText& error, int wanted) { return error.code < wanted; });
  return row != std::end(kErrors) && row->code == code ? *row : kUnknown;
}

bool IsSticky(int code) { return std::find(kSticky.begin(), kSticky.end(), code) != kSticky.end(); }

std::string ShortErrorName(const ErrorText& error) {
  std::string_view words = error.name;
  for (const std::string_view prefix : {"cudaError", "cuda"}) {
    if (!words.starts_with(prefix)) continue;
    words.remove_prefix(prefix.size());
    break;
  }
  std::string name;
  for (std::size_t i = 0; i < words.size(); ++i) {
    // A word begins at a capital after a small letter, and at the last capital of several.
    const bool begins =
        IsUpper(words[i]) && i > 0 &&
        (!IsUpper(words[i - 1]) || (i + 1 < words.size() && !IsUpper(words[i + 1])));
    if (begins) name += '-';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(words[i])));
  }
  return name;
}

}  // namespace portcullis::simcuda
