// Owns: the rules of those ways of loading that people reported, as mistakes or as remedies, and
// that are not plain calls of the format's own function.
#pragma once

#include <optional>
#include <string>

#include "src/portability/predict.h"

namespace portcullis::portability {

bool IsReportedWay(const Strategy& strategy);

// What such a way cannot do, or what goes wrong before a tag is looked at; nothing if the load then
// goes on as with that map.
std::optional<Prediction> ReportedFails(const checkpoint::DeviceMap& subject, const Place& place,
                                        const Build& build, const Strategy& strategy);

// The strategy as it is for one storage: the map of map-first is for those of the first file only.
Strategy ForStorage(const Strategy& strategy, const checkpoint::DeviceMap& subject,
                    const checkpoint::StorageEntry& storage);

// How often each storage is loaded onto its GPU.
std::uint64_t TimesLoaded(const Strategy& strategy);

}  // namespace portcullis::portability
