// Owns: where in a pickle certain strings are pushed, and which of the pushes end in which place of
// a tuple. One string may be pushed many times, from the memo; a value alone does not say by which.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/checkpoint/arena.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

inline constexpr std::uint32_t kNoSite = 0xffffffff;

// The bytes of one opcode that pushes a string.
struct StringSite {
  std::uint64_t at = 0, end = 0;  // [at, end) in the source
  Ref text = kNoRef;
  std::uint32_t from = kNoSite;  // the site whose string a GET or DUP repeats
};

// The bytes that a FRAME opcode counts.
struct PickleFrame {
  std::uint64_t start = 0, size = 0;  // its size stands in the 8 bytes before it
};

class StringSites {
 public:
  // Only strings for which `wanted` is true are followed.
  StringSites(Budget& budget, std::function<bool(std::string_view)> wanted);

  const std::vector<StringSite>& sites() const { return sites_; }  // in the order of the pickle
  const std::vector<PickleFrame>& frames() const { return frames_; }
  // The site that pushed item `index` of a tuple, or kNoSite.
  std::uint32_t OfItem(Ref tuple, std::uint32_t index) const;

  // Called by the machine; `position` is a place on its stack.
  void Other(std::uint32_t position);  // something else is pushed
  void String(std::uint32_t position, const StringSite& site, std::string_view text);
  void Duplicate(std::uint32_t position, const StringSite& site);
  void Remember(std::uint64_t memo, std::uint32_t position);
  void Recall(std::uint64_t memo, std::uint32_t position, const StringSite& site);
  void Items(Ref tuple, std::uint32_t begin, std::uint32_t end);
  void Frame(std::uint64_t start, std::uint64_t size) { frames_.push_back({start, size}); }

 private:
  void Add(std::uint32_t position, StringSite site, std::uint32_t from);

  Budget& budget_;
  std::function<bool(std::string_view)> wanted_;
  std::vector<StringSite> sites_;
  std::vector<PickleFrame> frames_;
  Chunked<std::uint32_t> on_stack_;  // the site at each position, or kNoSite
  std::unordered_map<std::uint64_t, std::uint32_t> in_memo_;
  std::unordered_map<std::uint64_t, std::uint32_t> in_tuples_;  // by tuple and index
};

}  // namespace portcullis::checkpoint
