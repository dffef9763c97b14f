// Owns: element types: what each format calls them, and their sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace portcullis::checkpoint {

struct Dtype {
  std::string_view name;         // "float32"
  std::uint64_t bytes = 1;       // of one element
  std::string_view storage;      // "FloatStorage"; "" if there is no such class
  int scalar_type = -1;          // in .pt2: torch._export.serde.schema.ScalarType
  std::string_view safetensors;  // "F32"; "" if it has no name there
};

// Null for names that are not in the table.
const Dtype* DtypeByName(std::string_view name);
const Dtype* DtypeByStorage(std::string_view class_name);
const Dtype* DtypeByScalarType(std::int64_t number);
const Dtype* DtypeBySafetensors(std::string_view name);

// Bytes of all elements; an unknown dtype counts one each. None if a dimension is negative or the
// product does not fit 63 bits.
std::optional<std::uint64_t> BytesOf(std::span<const std::int64_t> shape, const Dtype* dtype);

}  // namespace portcullis::checkpoint
