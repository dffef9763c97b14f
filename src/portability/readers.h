// Owns: which function reads which format in each language, as one table. The rules ask it what a
// load can be told, remedies and documents how it is written.
#pragma once

#include <string>
#include <string_view>

#include "src/checkpoint/device_map.h"

namespace portcullis::portability {

// What may be said of the device at the load.
enum class MapArgument {
  kNone,    // nothing: where tensors go is the file's business
  kDevice,  // one device
  kAny,     // a device, a dict or a callable (torch.load's map_location)
};

// Who puts storages where they are tagged.
enum class RestoredBy {
  kTorchLoad,  // torch.serialization, which asks torch.cuda.is_available() first
  kAten,       // ATen, which initialises CUDA
  kNobody,     // they stay on the CPU, whatever the file says
};

struct Reader {
  checkpoint::Format format;
  bool python;            // else C++
  std::string_view call;  // "torch.load(path{})"; {} is where the map stands
  std::string_view map;   // ", map_location={}"; "" if there is none
  MapArgument map_argument;
  RestoredBy restored_by;
  bool mmap;          // has an argument mmap
  bool weights_only;  // refuses globals that are not known to be harmless
  bool runs_code;     // runs what the file says, with no way to refuse
};

// Null: that language has no function for it.
const Reader* FindReader(checkpoint::Format format, bool python);

// The call as somebody writes it: onto `device`, or as saved if that is "".
std::string CallText(const Reader& reader, std::string_view device);

// True if the load puts no storage on the device that it is tagged with.
bool IgnoresTags(checkpoint::Format format);

}  // namespace portcullis::portability
