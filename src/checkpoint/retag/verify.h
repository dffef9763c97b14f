// Owns: the promise of retagging, held against the result before it is written: only tags differ.
#pragma once

#include "src/checkpoint/device_map.h"
#include "src/checkpoint/retag/plan.h"

namespace portcullis::checkpoint {

// True for tags in a place that is changed: loading uses it.
bool IsChangeable(const DeviceTag& tag, const RetagWish& wish);

// What a tag becomes, by its place: itself, if it stays.
std::string_view Becomes(const DeviceTag& tag, const RetagWish& wish);

// True if `after` is `before` with the tags changed as wished, and nothing else.
bool OnlyTagsDiffer(const DeviceMap& before, const DeviceMap& after, const RetagWish& wish);

}  // namespace portcullis::checkpoint
