// Owns: the YAML of a profile and of a host.
//
// A profile:
//   name: Tesla T4
//   memory: 15843721216   (bytes, or a size like 15 GiB)
//   compute: "7.5"
//   multiprocessors: 40
//   threads_per_multiprocessor: 1024
//   l2: 4 MiB
//   clock: 1590 MHz
//   memory_clock: 5001 MHz
//   memory_bus: 256 bits
// A host:
//   about: "A T4, and another one with less memory"
//   driver: "13.0"        (or absent)
//   gpus: [t4, {profile: t4, memory: 4 GiB, uuid: GPU-8a3f01c2-0000-4000-8000-000000000000}]
//   mask: "0"             (may be missing: unset)
//   start_error: system-driver-mismatch    (may be missing: what starting CUDA fails with)
//   faults: ["oom@malloc:2"]               (may be missing: fault_text.h)
// A GPU may also have
//   state: busy           (exclusive, prohibited, lost; host_description.h; missing: healthy)
//   used: 3 GiB           (of its memory, by other processes)
#pragma once

#include <filesystem>
#include <string>

#include "harness/host/host.h"

namespace portcullis::host {

// Both throw UsageError "file:line:column: found …, expected …".
Profile ReadProfile(const std::filesystem::path& file);
Host ReadHost(const std::filesystem::path& file, const Profiles& profiles);

// The UUID of GPU `index` of a host that does not name one: always the same, unlike that of any
// other index in its first two hexadecimal digits, so that short prefixes tell GPUs apart.
std::string DerivedUuid(const std::string& host, std::size_t index);

}  // namespace portcullis::host
