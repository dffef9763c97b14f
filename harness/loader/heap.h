// Owns: the heap of a warm loader, as its children find it.
#pragma once

namespace portcullis::loader {

// A child pays for every page of the heap that it writes to: copied if the parent had written to
// it, new if not. Fills the holes among what the parent keeps and moves the end of the heap to a
// page of its own, so that children allocate behind it, in few large pages, and give back nothing
// to the kernel. Call it before forking, with nothing more to allocate.
void SetHeapAside();

}  // namespace portcullis::loader
