// Owns: processes that outlived the child that started them. While this object lives, they become
// children of this process (PR_SET_CHILD_SUBREAPER, prctl(2)), so that they can be found and ended.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <string>

namespace portcullis::runner {

inline constexpr char kChildVariable[] = "PORTCULLIS_CHILD";

class Strays {
 public:
  Strays();   // children that this process has now are not strays
  ~Strays();  // kills and waits for every stray, for at most a second
  Strays(const Strays&) = delete;
  Strays& operator=(const Strays&) = delete;

  // A child of the runner's own is not a stray until it has been waited for.
  void Own(pid_t child) { not_strays_.insert(child); }
  void Disown(pid_t child) { not_strays_.erase(child); }
  // Kills the strays whose environment has PORTCULLIS_CHILD=`tag`; returns how many have not died
  // yet. Call it again until there are none: what a stray started becomes one when it dies.
  std::size_t Kill(const std::string& tag);

 private:
  struct Sweep {
    std::size_t killed = 0, reaped = 0;
  };
  Sweep Once(const std::string& tag);

  int subreaper_before_ = 0;
  std::set<pid_t> not_strays_;
};

}  // namespace portcullis::runner
