#include "src/simcuda/core/host_file.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "src/simcuda/core/say.h"

namespace portcullis::simcuda {
namespace {

const char* WhatIsWrong(const HostDescription& host) {
  if (host.magic != kHostMagic) return "it does not start like a host description";
  if (host.version != kHostVersion) return "it is of another version";
  if (host.device_count > kMaxDevices) return "it has more devices than there may be";
  if (host.fault_count > kMaxFaultRules) return "it has more faults than there may be";
  return nullptr;
}

}  // namespace

std::optional<HostDescription> ReadHost() {
  const char* path = std::getenv(kHostVariable);
  if (!path) return std::nullopt;
  HostDescription host = {};
  std::ifstream file(path, std::ios::binary);
  const char* wrong = nullptr;
  if (!file) {
    wrong = "it cannot be opened";
  } else if (!file.read(reinterpret_cast<char*>(&host), sizeof host)) {
    wrong = "it is too short";
  } else {
    wrong = WhatIsWrong(host);
  }
  if (!wrong) return host;
  Say(std::string("host description '") + path + "' (" + kHostVariable + "): " + wrong +
      "; there is no driver");
  return std::nullopt;
}

}  // namespace portcullis::simcuda
