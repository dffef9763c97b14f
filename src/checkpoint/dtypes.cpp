#include "src/checkpoint/dtypes.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace portcullis::checkpoint {
namespace {

// Names and sizes: torch.dtype of PyTorch 2.11. Storage classes:
// torch.storage._dtype_to_storage_type_map(), and for types that Python has no class for those that
// LibTorch's pickler names (c10/core/ScalarType.h, toString). Numbers:
// torch._export.serde.schema.ScalarType. safetensors: its Dtype enumeration, safetensors 0.8.
constexpr Dtype kDtypes[] = {
    {"float32", 4, "FloatStorage", 7, "F32"},
    {"float64", 8, "DoubleStorage", 8, "F64"},
    {"float16", 2, "HalfStorage", 6, "F16"},
    {"bfloat16", 2, "BFloat16Storage", 13, "BF16"},
    {"int64", 8, "LongStorage", 5, "I64"},
    {"int32", 4, "IntStorage", 4, "I32"},
    {"int16", 2, "ShortStorage", 3, "I16"},
    {"int8", 1, "CharStorage", 2, "I8"},
    {"uint8", 1, "ByteStorage", 1, "U8"},
    {"uint8", 1, "UntypedStorage", -1, ""},
    {"bool", 1, "BoolStorage", 12, "BOOL"},
    {"complex64", 8, "ComplexFloatStorage", 10, "C64"},
    {"complex128", 16, "ComplexDoubleStorage", 11, ""},
    {"complex32", 4, "ComplexHalfStorage", 9, ""},
    {"qint8", 1, "QInt8Storage", -1, ""},
    {"quint8", 1, "QUInt8Storage", -1, ""},
    {"qint32", 4, "QInt32Storage", -1, ""},
    {"quint4x2", 1, "QUInt4x2Storage", -1, ""},
    {"quint2x4", 1, "QUInt2x4Storage", -1, ""},
    {"uint16", 2, "UInt16Storage", 28, "U16"},
    {"uint32", 4, "UInt32Storage", -1, "U32"},
    {"uint64", 8, "UInt64Storage", -1, "U64"},
    {"float8_e4m3fn", 1, "Float8_e4m3fnStorage", 29, "F8_E4M3"},
    {"float8_e5m2", 1, "Float8_e5m2Storage", 30, "F8_E5M2"},
    {"float8_e4m3fnuz", 1, "Float8_e4m3fnuzStorage", 31, "F8_E4M3FNUZ"},
    {"float8_e5m2fnuz", 1, "Float8_e5m2fnuzStorage", 32, "F8_E5M2FNUZ"},
    {"float8_e8m0fnu", 1, "Float8_e8m0fnuStorage", -1, "F8_E8M0"},
    {"float4_e2m1fn_x2", 1, "Float4_e2m1fn_x2Storage", -1, "F4"},
    {"bits8", 1, "", -1, ""},
    {"bits16", 2, "", -1, ""},
    {"bits4x2", 1, "", -1, ""},
    {"bits2x4", 1, "", -1, ""},
    {"bits1x8", 1, "", -1, ""},
};

template <typename Matches>
const Dtype* FindRow(Matches matches) {
  const auto* row = std::find_if(std::begin(kDtypes), std::end(kDtypes), matches);
  return row == std::end(kDtypes) ? nullptr : row;
}

}  // namespace

const Dtype* DtypeByName(std::string_view name) {
  return FindRow([name](const Dtype& row) { return row.name == name; });
}

const Dtype* DtypeByStorage(std::string_view class_name) {
  if (class_name == "_UntypedStorage") class_name = "UntypedStorage";  // PyTorch 1.11 and 1.12
  return FindRow(
      [class_name](const Dtype& row) { return !row.storage.empty() && row.storage == class_name; });
}

const Dtype* DtypeByScalarType(std::int64_t number) {
  return FindRow([number](const Dtype& row) { return number >= 0 && row.scalar_type == number; });
}

const Dtype* DtypeBySafetensors(std::string_view name) {
  return FindRow([name](const Dtype& row) { return !name.empty() && row.safetensors == name; });
}

std::optional<std::uint64_t> BytesOf(std::span<const std::int64_t> shape, const Dtype* dtype) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t bytes = dtype == nullptr ? 1 : dtype->bytes;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return {};
    if (size == 0) empty = true;
    if (empty) continue;
    if (static_cast<std::uint64_t>(size) > kMost / bytes) return {};
    bytes *= static_cast<std::uint64_t>(size);
  }
  return empty ? 0 : bytes;
}

}  // namespace portcullis::checkpoint
