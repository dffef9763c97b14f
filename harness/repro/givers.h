// Owns: which hosts and ways of loading give an error, as the rules say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/host/host.h"

namespace portcullis::repro {

// One way of loading that ends in the error, on these hosts.
struct Giver {
  std::string runtime;               // family: "python", "cpp", "cpp-cpu"
  std::string strategy;              // "map-location=cuda:0"
  std::vector<std::string> formats;  // "zip", "torchscript", "legacy"
  std::vector<std::string> hosts;
};

// Asks the rules of every standard host, format and way of loading a checkpoint whose one storage
// has that tag.
std::vector<Giver> WhoGives(std::string_view error, const std::string& tag,
                            const host::HostLibrary& hosts);

}  // namespace portcullis::repro
