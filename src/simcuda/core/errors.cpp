#include "src/simcuda/core/errors.h"

#include <algorithm>
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

}  // namespace

const ErrorText& FindError(int code) {
  const auto* row =
      std::lower_bound(std::begin(kErrors), std::end(kErrors), code,
                       [](const ErrorText& error, int wanted) { return error.code < wanted; });
  return row != std::end(kErrors) && row->code == code ? *row : kUnknown;
}

}  // namespace portcullis::simcuda
