// Owns: the YAML of a profile and of a host.
//
//   profile   name: Tesla T4                       host   about: "One T4"
//             memory: 15843721216  (or 15 GiB)            driver: "13.0"       (or absent)
//             compute: "7.5"                              gpus: [t4, {profile: t4, memory: 4 GiB,
//             multiprocessors: 40                                uuid: GPU-…}]
//             threads_per_multiprocessor: 1024            mask: "0"            (may be missing:
//             unset) l2: 4 MiB clock: 1590 MHz memory_clock: 5001 MHz memory_bus: 256 bits
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/host/host.h"

namespace portcullis::host {

// Both throw UsageError "file:line:column: found …, expected …".
Profile ReadProfile(const std::filesystem::path& file);
Host ReadHost(const std::filesystem::path& file, const std::map<std::string, Profile>& profiles);

// The UUID of GPU `index` of a host that does not name one: always the same, unlike that of any
// other index in its first two hexadecimal digits, so that short prefixes tell GPUs apart.
std::string DerivedUuid(const std::string& host, std::size_t index);

}  // namespace portcullis::host
