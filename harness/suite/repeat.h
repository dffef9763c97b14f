// Owns: a case that runs several times: whether it was the same each time.
#pragma once

#include <string>
#include <vector>

#include "harness/verdict/result.h"

namespace portcullis::suite {

// What a run must share with the others of its case, in words: how it ended, what it moved, and
// what of that differs from its expectation (which covers every byte of every tensor).
std::string WhatHappened(const verdict::Result& result);

// Collects the runs of one case.
class Repeated {
 public:
  void Add(verdict::Result result);
  int runs() const { return static_cast<int>(happened_.size()); }
  // The first run's result; where not all were the same it is not as expected, and says which runs
  // went how.
  verdict::Result Take();

 private:
  verdict::Result first_;
  std::vector<std::string> happened_;
};

}  // namespace portcullis::suite
