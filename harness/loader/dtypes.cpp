#include "harness/loader/dtypes.h"

#include <torch/version.h>

#include <array>
#include <string_view>
#include <utility>

namespace portcullis::loader {

#if TORCH_VERSION_MAJOR >= 2

std::string DtypeName(c10::ScalarType type) { return std::string(c10::getDtypeNames(type).first); }

std::optional<c10::ScalarType> FindDtype(const std::string& name) {
  const auto& types = c10::getStringToDtypeMap();
  const auto found = types.find(name);
  return found == types.end() ? std::nullopt : std::optional(found->second);
}

#else  // only the Python half of 1.13 has the names (torch/csrc/utils/tensor_dtypes.cpp)

namespace {

constexpr std::array kTypes = {
    std::pair{c10::kByte, std::string_view("uint8")},
    std::pair{c10::kChar, std::string_view("int8")},
    std::pair{c10::kShort, std::string_view("int16")},
    std::pair{c10::kInt, std::string_view("int32")},
    std::pair{c10::kLong, std::string_view("int64")},
    std::pair{c10::kHalf, std::string_view("float16")},
    std::pair{c10::kFloat, std::string_view("float32")},
    std::pair{c10::kDouble, std::string_view("float64")},
    std::pair{c10::kComplexHalf, std::string_view("complex32")},
    std::pair{c10::kComplexFloat, std::string_view("complex64")},
    std::pair{c10::kComplexDouble, std::string_view("complex128")},
    std::pair{c10::kBool, std::string_view("bool")},
    std::pair{c10::kBFloat16, std::string_view("bfloat16")},
};

}  // namespace

std::string DtypeName(c10::ScalarType type) {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return std::string(name);
  }
  return c10::toString(type);
}

std::optional<c10::ScalarType> FindDtype(const std::string& name) {
  for (const auto& [type, known] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

#endif

}  // namespace portcullis::loader
