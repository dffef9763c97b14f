// Owns: what a case is: one cell of a scenario's matrix, with its expectation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/host/host.h"
#include "src/portability/strategy.h"
#include "src/portability/torch_version.h"

namespace portcullis::scenario {

// An expected number of bytes: a number ("0"), or what the checkpoint holds, perhaps several times:
// "weights" is the bytes of its storages, "tensors" of its tensors (a storage that two tensors
// share counts twice), "2*weights:cuda:0" twice the bytes of the storages tagged cuda:0.
struct Amount {
  enum class Of { kBytes, kStorages, kTensors };
  Of of = Of::kBytes;
  std::uint64_t times = 0;  // the number itself with kBytes
  std::string tag;          // only of that tag; "" for all
  std::string Text() const;
  bool operator==(const Amount&) const = default;
};
// The amount that a text names, or nothing.
std::optional<Amount> ParseAmount(const std::string& text);

// Bytes that the load and the move together copy; absent ones are not checked.
struct Moved {
  std::optional<Amount> host_to_device, device_to_host, device_to_device;
};

// Where tensors must be after the load: "as-saved", one device, or a device for each tag.
struct Devices {
  bool as_saved = false;
  std::string all;                            // one device for every tensor
  std::map<std::string, std::string> by_tag;  // from saved to present device
  std::vector<std::string> any_of;            // parts: every tensor on one of these, each used
  std::string Text() const;
};

// What an as-expected case says about its claim.
enum class Shows { kNothing, kConfirms, kLimits, kRefutes };

// The outcome that a scenario states before anything runs.
struct Expectation {
  std::optional<Devices> loads;  // set: it loads, every byte equal; else it raises
  std::string raises;            // id of an error class
  std::string phase;             // with raises: "load", "move" or "use"
  Moved moved;
  Shows shows = Shows::kNothing;
  std::string note;   // what it shows, for people
  std::string where;  // file:line:column of the rule
  std::string Text() const;
};

struct Case {
  std::string id;  // "c3-gpu-gone/state-dict-cuda0/no-driver/python/map-location=cpu"
  std::string scenario;
  std::string claim;  // "C3", or "" for none
  std::string why;
  std::string checkpoint;  // name in fixtures/make/checkpoints.yaml, or a path
  std::string host;
  host::Mask mask;
  std::string runtime;                             // family or id of a runtime
  std::optional<portability::TorchVersion> torch;  // of that runtime; none if it is not here
  portability::Strategy strategy;
  std::optional<Expectation> expectation;  // none: the prediction is the expectation
};

// "2xh200", "2xh200@1", "2xh200@empty": a host and its mask as one word.
std::string HostAndMask(const std::string& host, const host::Mask& mask);
// The same, read: "2xh200@" is refused; say "@empty" or leave "@" away.
std::pair<std::string, host::Mask> ParseHostAndMask(const std::string& text);

// The id of a case from its parts.
std::string CaseId(const Case& c);

}  // namespace portcullis::scenario
