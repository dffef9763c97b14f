#include "src/checkpoint/string_sites.h"

#include <utility>

namespace portcullis::checkpoint {
namespace {

constexpr std::uint64_t kPerEntry = 64;  // what an entry of a map or a vector takes, about
constexpr std::uint32_t kLastItem = 15;  // no known call has its device further back

std::uint64_t ItemKey(Ref tuple, std::uint32_t index) { return std::uint64_t{tuple} << 8 | index; }

}  // namespace

StringSites::StringSites(Budget& budget, std::function<bool(std::string_view)> wanted)
    : budget_(budget), wanted_(std::move(wanted)), on_stack_(budget) {}

std::uint32_t StringSites::OfItem(Ref tuple, std::uint32_t index) const {
  const auto found = in_tuples_.find(ItemKey(tuple, index));
  return found == in_tuples_.end() ? kNoSite : found->second;
}

void StringSites::Other(std::uint32_t position) {
  while (on_stack_.size() <= position) on_stack_.push_back(kNoSite);
  on_stack_[position] = kNoSite;
}

void StringSites::Add(std::uint32_t position, StringSite site, std::uint32_t from) {
  budget_.Take(kPerEntry);
  site.from = from;
  on_stack_[position] = static_cast<std::uint32_t>(sites_.size());
  sites_.push_back(site);
}

void StringSites::String(std::uint32_t position, const StringSite& site, std::string_view text) {
  if (wanted_(text)) Add(position, site, kNoSite);
}

void StringSites::Duplicate(std::uint32_t position, const StringSite& site) {
  const std::uint32_t from = on_stack_[position - 1];
  if (from != kNoSite) Add(position, site, from);
}

void StringSites::Remember(std::uint64_t memo, std::uint32_t position) {
  const std::uint32_t site = on_stack_[position];
  if (site == kNoSite) {
    if (!in_memo_.empty()) in_memo_.erase(memo);
    return;
  }
  budget_.Take(kPerEntry);
  in_memo_[memo] = site;
}

void StringSites::Recall(std::uint64_t memo, std::uint32_t position, const StringSite& site) {
  const auto found = in_memo_.find(memo);
  if (found != in_memo_.end()) Add(position, site, found->second);
}

void StringSites::Items(Ref tuple, std::uint32_t begin, std::uint32_t end) {
  for (std::uint32_t i = begin; i < end && i - begin <= kLastItem; ++i) {
    if (on_stack_[i] == kNoSite) continue;
    budget_.Take(kPerEntry);
    in_tuples_[ItemKey(tuple, i - begin)] = on_stack_[i];
  }
}

}  // namespace portcullis::checkpoint
