#include "harness/report/flight.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/table.h"
#include "src/base/size.h"

namespace portcullis::report {
namespace {

// Of one GPU over all phases.
host::Counts AllPhases(const std::array<host::Counts, simcuda::kPhases>& phases) {
  host::Counts all;
  for (const host::Counts& counts : phases) {
    all.host_to_device_bytes += counts.host_to_device_bytes;
    all.host_to_device_calls += counts.host_to_device_calls;
    all.device_to_host_bytes += counts.device_to_host_bytes;
    all.device_to_host_calls += counts.device_to_host_calls;
    all.device_to_device_bytes += counts.device_to_device_bytes;
    all.device_to_device_calls += counts.device_to_device_calls;
    all.allocations += counts.allocations;
    all.kernels_launched += counts.kernels_launched;
    all.peak_bytes = std::max(all.peak_bytes, counts.peak_bytes);
  }
  return all;
}

// "12.0 MiB in 4", or a dash.
std::string Copied(std::uint64_t bytes, std::uint64_t calls) {
  return calls == 0 ? "-" : fmt::format("{} in {}", SizeText(bytes), calls);
}

std::string Refused(const host::Flight& flight) {
  if (flight.refused_calls == 0) return {};
  std::string text =
      fmt::format("{} calls were refused, because they are not modelled:\n", flight.refused_calls);
  for (const std::string& name : flight.refused) text += fmt::format("  {}\n", name);
  return text;
}

std::string Faults(const host::Flight& flight, const Style& style) {
  std::string text;
  for (const host::FaultCounts& fault : flight.faults) {
    text += fault.fired > 0
                ? fmt::format("fault {}: fired {} times in {} calls\n", fault.text, fault.fired,
                              fault.calls)
                : style.Odd(fmt::format("fault {}: armed and never fired; {} calls came to its "
                                        "place",
                                        fault.text, fault.calls)) +
                      "\n";
  }
  return text;
}

}  // namespace

std::string FlightSummary(const host::Host& host, const host::Flight& flight,
                          const std::string& standins, const Style& style) {
  std::string text = fmt::format("simulated host {}; stand-ins: {}\n", host.name, standins);
  if (!flight.attached) return text + "the CUDA runtime was not called\n" + Faults(flight, style);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < flight.devices.size(); ++i) {
    const host::Counts all = AllPhases(flight.devices[i]);
    rows.push_back({std::to_string(i), host.gpus[i].profile.name, SizeText(all.peak_bytes),
                    Copied(all.host_to_device_bytes, all.host_to_device_calls),
                    Copied(all.device_to_host_bytes, all.device_to_host_calls),
                    Copied(all.device_to_device_bytes, all.device_to_device_calls)});
  }
  if (!rows.empty()) {
    text += Table({{"GPU", true},
                   {"name"},
                   {"peak", true},
                   {"host→GPU", true},
                   {"GPU→host", true},
                   {"GPU→GPU", true}},
                  rows, style);
  }
  return text + Faults(flight, style) + Refused(flight);
}

}  // namespace portcullis::report
