#include "harness/suite/schedule.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace portcullis::suite {
namespace {

constexpr double kUnmeasured = 0.01;  // seconds of a case, before one of its kind has ended

// Fisher-Yates by hand: what std::shuffle does with a generator differs between libraries.
void Shuffle(std::vector<std::uint32_t>& cases, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t left = cases.size(); left > 1; --left) {
    std::swap(cases[left - 1], cases[random() % left]);
  }
}

}  // namespace

Schedule::Schedule(std::vector<Kind> kinds, const std::vector<std::uint32_t>& kind_of,
                   std::size_t lanes, std::optional<std::uint64_t> seed)
    : kind_of_lane_(lanes) {
  const bool any_waits =
      std::any_of(kinds.begin(), kinds.end(), [](const Kind& kind) { return kind.waits; });
  if (any_waits) {
    waiting_lane_ = lanes;
    kind_of_lane_.resize(lanes + 1);
  }
  for (Kind& kind : kinds) queues_.push_back({std::move(kind), {}, 0, 0, 0});
  std::vector<std::uint32_t> order(kind_of.size());
  std::iota(order.begin(), order.end(), 0U);
  if (seed) Shuffle(order, *seed);
  for (const std::uint32_t number : order) queues_[kind_of[number]].cases.push_back(number);
}

std::optional<std::size_t> Schedule::Next(std::size_t lane) {
  if (const auto kind = kind_of_lane_[lane]; !kind || IsEmpty(*kind)) {
    Leave(lane);
    Join(lane);
  }
  const auto kind = kind_of_lane_[lane];
  if (!kind) return std::nullopt;
  const std::uint32_t next = queues_[*kind].cases.front();
  queues_[*kind].cases.pop_front();
  return next;
}

void Schedule::Took(std::size_t kind, double seconds) {
  Queue& queue = queues_[kind];
  ++queue.measured;
  queue.mean_seconds += (seconds - queue.mean_seconds) / static_cast<double>(queue.measured);
}

void Schedule::Close() {
  for (Queue& queue : queues_) queue.cases.clear();
}

double Schedule::WorkPerLane(const Queue& queue) const {
  const double seconds = queue.measured == 0 ? kUnmeasured : queue.mean_seconds;
  return seconds * static_cast<double>(queue.cases.size()) / static_cast<double>(queue.lanes + 1);
}

bool Schedule::MayJoin(std::size_t lane, const Queue& queue) const {
  if (queue.cases.empty()) return false;
  if (waiting_lane_ && queue.kind.waits != (lane == *waiting_lane_)) return false;
  const auto& resource = queue.kind.resource;
  const bool taken =
      !resource.empty() && std::any_of(queues_.begin(), queues_.end(), [&](const Queue& other) {
        return other.kind.resource == resource && other.lanes > 0;
      });
  if (taken) return false;
  return queue.lanes == 0 || !queue.kind.warm || queue.cases.size() >= kCasesWorthALoader ||
         static_cast<double>(queue.cases.size()) * queue.mean_seconds >= kSecondsWorthALoader;
}

void Schedule::Leave(std::size_t lane) {
  if (auto& kind = kind_of_lane_[lane]) --queues_[*std::exchange(kind, std::nullopt)].lanes;
}

void Schedule::Join(std::size_t lane) {
  double most = -1;
  for (std::size_t kind = 0; kind < queues_.size(); ++kind) {
    if (!MayJoin(lane, queues_[kind])) continue;
    const double work = WorkPerLane(queues_[kind]);
    if (work <= most) continue;
    most = work;
    kind_of_lane_[lane] = kind;
  }
  if (const auto& kind = kind_of_lane_[lane]) ++queues_[*kind].lanes;
}

}  // namespace portcullis::suite
