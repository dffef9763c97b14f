#include "harness/runner/excerpt.h"

#include <fmt/format.h>

#include <algorithm>

namespace portcullis::runner {

void Excerpt::Append(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t to_head = std::min(bytes.size(), head_limit_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  tail_.append(bytes.substr(to_head));
  if (tail_.size() > 2 * tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
}

std::string Excerpt::Text() const {
  if (total_ <= head_limit_ + tail_limit_) return head_ + tail_;
  return fmt::format("{}\n[{} bytes left out]\n{}", head_, total_ - head_limit_ - tail_limit_,
                     std::string_view(tail_).substr(tail_.size() - tail_limit_));
}

}  // namespace portcullis::runner
