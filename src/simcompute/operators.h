// Owns: which operators of the CUDA key are computed, and how.
#pragma once

namespace portcullis::simcompute {

// Puts our kernels behind the CUDA key of every operator that has one there. Call once, when all of
// PyTorch's libraries are loaded.
void TakeOverOperators();

}  // namespace portcullis::simcompute
