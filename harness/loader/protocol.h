// Owns: the messages between the harness and a loader, version 1. JSON, one line each; their form
// also stands in protocol.schema.json.
//
// The harness starts `LOADER` and writes one request line to its standard input, then closes it.
// The loader performs the strategy once and writes one answer line to the file descriptor named
// by PORTCULLIS_ANSWER_FD, then exits with 0. Standard output and error are the runtime's own and
// are only kept for people to read. Anything else (no answer, half a line, two lines, not JSON,
// another protocol or case) is a protocol error and says nothing about the checkpoint.
//
// request  {"protocol":1, "case":"c3/…", "checkpoint":"/path/x.pt", "format":"zip",
//           "strategy":"map-location", "argument":"cuda:1", "trust":false,
//           "example":{"dtype":"int64","shape":[4]} | null}
//                                                      the input that "forward" makes of zeros
// answer   {"protocol":1, "case":"c3/…",
//           "runtime":{"language":"python","torch":"2.11.0+cu130","cuda":"13.0"},
//                                                      cuda: "" for a CPU-only build
//           "outcome":"loaded" | "raised" | "unsupported",
//           "phase":"load" | "move" | "use" | "read-back",
//                                                      where it raised; "read-back" when loaded
//           "tensors":[{"name":"0.weight","dtype":"float32","shape":[8,4],"device":"cuda:0",
//                       "bytes":128,"sha256":"…"}],    as found after the strategy; sha256 of the
//                                                      contiguous elements, "" on meta
//           "values":[{"name":"config.device","type":"str","text":"cuda:0"}],
//                                                      data that names a device: "str" or
//                                                      "torch.device"; no map reaches it
//           "error":{"type":"RuntimeError","text":"…whole…"} | null,
//           "seconds":{"load":0.01,"move":0.0,"use":0.0,"read-back":0.002}}
//
// "unsupported": this loader has no way to do that (a dict for a C++ loader), or no way to compare
// what was loaded (a sparse tensor); "error" says why.
// A request that cannot be understood, a missing checkpoint and a missing answer pipe get no
// answer: the loader says why on standard error and exits with 2.
#pragma once

#include <string_view>

namespace portcullis::protocol {

inline constexpr int kVersion = 1;
inline constexpr std::string_view kAnswerFdVariable = "PORTCULLIS_ANSWER_FD";

inline constexpr std::string_view kLoaded = "loaded";
inline constexpr std::string_view kRaised = "raised";
inline constexpr std::string_view kUnsupported = "unsupported";

inline constexpr std::string_view kPhaseLoad = "load";
inline constexpr std::string_view kPhaseMove = "move";
inline constexpr std::string_view kPhaseUse = "use";
inline constexpr std::string_view kPhaseReadBack = "read-back";

}  // namespace portcullis::protocol
