// Owns: the words of a fault (fault_text.h): names of errors, signals, actions and places.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/simcuda/interface/fault_plan.h"

namespace portcullis::host {

// What may stand behind a number, and how much it makes of it.
struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
std::span<const Unit> ByteUnits();  // none, KiB, MiB, GiB
std::span<const Unit> NoUnits();    // a bare number

// The code of an error of CUDA by any of its names ("oom", "illegal-address",
// "cudaErrorIllegalAddress"); nothing for a name that is none, and for success.
std::optional<int> FindErrorCode(std::string_view name);
// The names to suggest where it is none.
std::vector<std::string> KnownErrors();

// A word that needs nothing else: an error or a signal.
struct Happening {
  simcuda::FaultAction action;
  std::int64_t value;
};
std::optional<Happening> FindHappening(std::string_view name);

// A word that may have a value behind '='.
struct Action {
  std::string_view name;
  simcuda::FaultAction action;
  std::span<const Unit> units;  // of its value; none: takes no value
  bool needs_value;
  std::string_view expected;
};
const Action* FindAction(std::string_view name);
// Both kinds of words, to suggest.
std::vector<std::string> KnownWhats();

// A place that has a word of its own, an operator ("aten::mm") or an entry point
// ("cudaMemGetInfo"); kNone for what is none of these.
simcuda::FaultPoint FindPlace(std::string_view name);
// The places to suggest instead of `wanted`: of the entry points, of which there are hundreds, only
// the nearest, and only to somebody who means one.
std::vector<std::string> KnownPlaces(std::string_view wanted);

}  // namespace portcullis::host
