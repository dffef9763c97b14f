// Owns: the warm loaders of one Run(): which there are, which are idle, and which kinds are given
// up because they keep failing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "harness/runner/runner.h"
#include "harness/runner/strays.h"
#include "harness/runner/warm_loader.h"

namespace portcullis::runner {

class WarmPool {
 public:
  WarmPool(boost::asio::io_context& context, Strays& strays) : context_(context), strays_(strays) {}

  // An idle loader, or a new one that may not be ready yet. Null if this kind has lost several
  // commands in a row: a fresh process is then quicker.
  std::shared_ptr<WarmLoader> Take(const Warm& warm);
  // When the child that it forked has ended; `lost`: it did not get that far.
  void GiveBack(std::shared_ptr<WarmLoader> loader, bool lost);
  // Those of this kind that are idle now.
  void EndIdle(const Warm& warm);
  void Kill();
  // When they were killed.
  bool AllHaveEnded() const;

 private:
  struct Kind {
    std::vector<std::shared_ptr<WarmLoader>> all, idle;
    int lost_in_a_row = 0;
  };

  boost::asio::io_context& context_;
  Strays& strays_;
  std::map<Warm, Kind> kinds_;
  std::uint64_t started_ = 0;
};

}  // namespace portcullis::runner
