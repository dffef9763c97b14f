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
//           "example":{"dtype":"int64","shape":[4]} | null,
//                                                      the input that "forward" makes of zeros
//           "use":"train", "use_argument":"cuda:0"}    what is done with it in phase "use"; both
//                                                      may be absent or ""
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
// Warm loaders. `LOADER --serve` loads its runtime once, without touching CUDA, and then forks for
// each case, one at a time; it never performs one itself. It talks over the SOCK_SEQPACKET socket
// named by PORTCULLIS_SERVE_FD, in packets of text:
//
// A case that will import what takes the runtime seconds says so by PORTCULLIS_IMPORTS_MUCH=1 in
// its environment; the loader may import that before it forks.
//
//   loader    ready              once
//   harness   NAME=value…        the whole environment of the case, each entry ended by a NUL; with
//                                five descriptors: standard input, output, error, the answer pipe
//                                (which takes the place of the socket), the working folder
//   loader    forked PID         the child leads a process group of its own and dies with its
//   loader loader    exited CODE        how the child ended. The loader waits for it for good when
//   it gets
//          or killed SIGNAL      the next case: till then its number, the group's, stays its own
//
// The child takes all that on and is then a loader as above: it reads a request, answers, exits. A
// loader ends when the harness closes the socket. What must be there before a program starts, such
// as LD_PRELOAD, is the loader's own; it must be the same for all its cases.
//
// "save" loads on the CPU and then, in phase "use", saves to kSavedFile in its working folder,
// which is the harness's to look at afterwards, whatever became of the loader.
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

inline constexpr std::string_view kServe = "--serve";
inline constexpr std::string_view kServeFdVariable = "PORTCULLIS_SERVE_FD";
inline constexpr std::string_view kImportsMuchVariable = "PORTCULLIS_IMPORTS_MUCH";
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kForked = "forked";
inline constexpr std::string_view kExited = "exited";
inline constexpr std::string_view kKilled = "killed";

inline constexpr std::string_view kSavedFile = "saved.pt";

inline constexpr std::string_view kLoaded = "loaded";
inline constexpr std::string_view kRaised = "raised";
inline constexpr std::string_view kUnsupported = "unsupported";

inline constexpr std::string_view kPhaseLoad = "load";
inline constexpr std::string_view kPhaseMove = "move";
inline constexpr std::string_view kPhaseUse = "use";
inline constexpr std::string_view kPhaseReadBack = "read-back";

}  // namespace portcullis::protocol
