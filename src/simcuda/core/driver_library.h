// Owns: the stand-in libcuda.so.1 that lies beside this library.
#pragma once

namespace portcullis::simcuda {

// Opens it, whatever the loader would find first under its name; null if it is not there. NVIDIA's
// runtime opens its driver when it starts, and PyTorch 2.6 relies on that: its allocator asks for
// libcuda.so.1 with RTLD_NOLOAD (c10/cuda/driver_api.cpp, 2.6.0). Takes no lock of ours: the
// dynamic linker's may be held by a thread that is waiting for one.
void* OpenDriverLibrary();

}  // namespace portcullis::simcuda
