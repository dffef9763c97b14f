// Owns: names of element types as Python spells them, "float32", for every version of LibTorch.
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

namespace portcullis::loader {

// "float32"; of a type that has no name there, LibTorch's own.
std::string DtypeName(c10::ScalarType type);

// The type of that name, if this LibTorch has it.
std::optional<c10::ScalarType> FindDtype(const std::string& name);

}  // namespace portcullis::loader
