// Owns: cutting a list of cases into shards for several machines, and naming the list, so that
// shards of different lists are never joined.
#pragma once

#include <cstddef>
#include <string>

#include "harness/scenario/case_list.h"

namespace portcullis::suite {

// "2/4": the second of four. Shard I of N has the cases I-1, I-1+N, I-1+2N, … of the list: each
// gets its part of every scenario.
struct Shard {
  std::size_t number = 1, of = 1;
};
// Throws UsageError unless 1 ≤ I ≤ N ≤ 100000.
Shard ParseShard(const std::string& text);
scenario::CaseList CasesOf(const Shard& shard, const scenario::CaseList& cases);

// SHA-256 of the ids of a list and of what its scenarios expect, in hexadecimal.
std::string DigestOf(const scenario::CaseList& cases);

}  // namespace portcullis::suite
