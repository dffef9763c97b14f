// Owns: element types: what each format calls them, and their sizes.
#pragma once

#include <cstdint>
#include <optional>
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

}  // namespace portcullis::checkpoint
