// Owns: what a warm loader does once, so that none of its children does it for its case.
// Free of LibTorch's headers, so that the rest of the loader compiles quickly.
#pragma once

namespace portcullis::loader {

// Performs cases of its own on the CPU. Does not touch CUDA, and starts no thread.
void WarmUp();

}  // namespace portcullis::loader
