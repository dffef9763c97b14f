// Owns: what a case is: one cell of a scenario's matrix, with its expectation.
#pragma once

#include <chrono>
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
  bool anywhere = false;                      // nobody says where
  std::string Text() const;
};

// What an as-expected case says about its claim.
enum class Shows { kNothing, kConfirms, kLimits, kRefutes };

// The outcome that a scenario states before anything runs.
struct Expectation {
  // Exactly one of these is set.
  std::optional<Devices> loads;            // it loads, every byte equal
  std::optional<Devices> wrong_bytes;      // it loads without an error, and some bytes are wrong
  std::string raises;                      // id of an error class
  int crashes = 0;                         // number of the signal that ends the loader
  std::chrono::milliseconds times_out{0};  // it does not end within this time, and no case has more

  std::string phase;  // with raises: "load", "move" or "use"
  Moved moved;
  // With raises: the GPUs' memory is not given back, because the fault has ended their contexts.
  bool memory_held = false;
  bool fault_idle = false;  // the fault is armed and never fires
  std::string leaves;       // with the strategy save: "nothing", "partial", "whole"; "" for others
  bool reader_refuses = false;  // static reading says that the checkpoint is damaged
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
  std::string fault;   // in the spelling of harness/host/fault_text.h; "" for none
  std::string damage;  // name in fixtures/damage/damages.yaml; "" for none
  std::optional<Expectation> expectation;  // none: the prediction is the expectation
};

// "2xh200", "2xh200@1", "2xh200@empty": a host and its mask as one word.
std::string HostAndMask(const std::string& host, const host::Mask& mask);
// The same, read: "2xh200@" is refused; say "@empty" or leave "@" away.
std::pair<std::string, host::Mask> ParseHostAndMask(const std::string& text);

// The number of a signal by its name ("SIGKILL" or "KILL"), or 0.
int SignalNumber(const std::string& name);
// "SIGKILL".
std::string SignalName(int number);

// The id of a case from its parts. Fault and damage are parts only where there is one.
std::string CaseId(const Case& c);

}  // namespace portcullis::scenario
