// Owns: which case runs next, so that all cores are busy and warm loaders few. Knows cases only by
// number, and of each its kind. Results do not depend on it, but on nothing else than time does it.
//
// Cases are run by lanes, as many as children may run at once; a lane runs one case after the
// other. Cases of one kind can be served by one warm loader. A lane stays with a kind until no case
// of it is left, then goes to the kind with the most work for each lane. To a kind that another
// lane works on it goes only if there is more work than a second loader's start would take.
//
// Cases that wait (for the end of a planned hang) would leave a core idle: one more lane runs these
// and nothing else, beside the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::suite {

// What starting a warm loader is worth, measured by tests/bench: 0.35 s against 6 ms a case in C++,
// 1.5 s against 25 ms in Python; or, where cases are slow, these seconds.
inline constexpr std::size_t kCasesWorthALoader = 60;
inline constexpr double kSecondsWorthALoader = 2;

struct Kind {
  bool warm = true;      // a lane more is a loader more
  std::string resource;  // not empty: only one lane at a time works on kinds of this resource
  bool waits = false;    // needs no processor for most of its time
  bool operator==(const Kind&) const = default;
};

class Schedule {
 public:
  // `lanes`: how many are at work at once; waiting cases may add one.
  // `kind_of` names the kind of each case by its place in `kinds`. Cases of one kind run in the
  // order of `kind_of`, or, with a seed, in an order that depends on that alone.
  Schedule(std::vector<Kind> kinds, const std::vector<std::uint32_t>& kind_of, std::size_t lanes,
           std::optional<std::uint64_t> seed);

  // All lanes: 0, 1, … up to this.
  std::size_t lanes() const { return kind_of_lane_.size(); }
  // The next case for a lane; nothing: there is no more for this lane to do.
  std::optional<std::size_t> Next(std::size_t lane);
  // Cases of the kind take this long; the estimate of what is left follows.
  void Took(std::size_t kind, double seconds);
  // True when every case of the kind has been given out.
  bool IsEmpty(std::size_t kind) const { return queues_[kind].cases.empty(); }
  // Gives out no more.
  void Close();

 private:
  struct Queue {
    Kind kind;
    std::deque<std::uint32_t> cases;
    std::size_t lanes = 0;     // that work on it
    double mean_seconds = 0;   // of a case
    std::size_t measured = 0;  // cases
  };

  double WorkPerLane(const Queue& queue) const;
  bool MayJoin(std::size_t lane, const Queue& queue) const;
  void Leave(std::size_t lane);
  void Join(std::size_t lane);

  std::vector<Queue> queues_;
  std::vector<std::optional<std::size_t>> kind_of_lane_;
  std::optional<std::size_t> waiting_lane_;  // the only one for what waits
};

}  // namespace portcullis::suite
