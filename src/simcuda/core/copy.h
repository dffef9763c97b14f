// Owns: copies and fills between host and device memory, checked on both sides.
//
// Everything is done when a call returns: streams of a simulated device are never behind.
#pragma once

#include <driver_types.h>

#include <cstddef>

namespace portcullis::simcuda {

class Process;

// One copy of `rows` rows of `width` bytes; the rows of either side lie `pitch` bytes apart.
struct CopyShape {
  std::size_t width = 0;
  std::size_t rows = 1;
  std::size_t to_pitch = 0;
  std::size_t from_pitch = 0;
};

// cudaErrorInvalidValue if a side is not wholly inside one allocation, or is not where `kind` says;
// cudaErrorInvalidMemcpyDirection if `kind` is none; cudaErrorInvalidPitchValue for a pitch shorter
// than a row. Counts the bytes.
cudaError_t Copy(Process& process, void* to, const void* from, const CopyShape& shape,
                 cudaMemcpyKind kind);

// Sets `bytes` bytes of device or pinned memory. cudaErrorInvalidValue as above.
cudaError_t Fill(Process& process, void* to, int value, std::size_t bytes);

}  // namespace portcullis::simcuda
