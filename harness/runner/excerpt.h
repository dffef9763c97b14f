// Owns: keeping the first and the last part of a stream of any length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portcullis::runner {

class Excerpt {
 public:
  explicit Excerpt(std::size_t limit) : head_limit_(limit / 2), tail_limit_(limit - limit / 2) {}
  void Append(std::string_view bytes);
  // All of it, or its first and last bytes with "[N bytes left out]" on a line of its own between.
  std::string Text() const;

 private:
  std::size_t head_limit_, tail_limit_;
  std::size_t total_ = 0;
  std::string head_;
  std::string tail_;  // what followed the head; trimmed now and then, not at each byte
};

}  // namespace portcullis::runner
