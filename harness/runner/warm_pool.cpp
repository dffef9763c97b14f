#include "harness/runner/warm_pool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace portcullis::runner {
namespace {

constexpr int kMostLostInARow = 3;

}  // namespace

std::shared_ptr<WarmLoader> WarmPool::Take(const Warm& warm) {
  Kind& kind = kinds_[warm];
  if (kind.lost_in_a_row >= kMostLostInARow) return nullptr;
  while (!kind.idle.empty()) {
    auto loader = std::move(kind.idle.back());
    kind.idle.pop_back();
    if (loader->IsAlive()) return loader;
    loader->Kill();
  }
  std::erase_if(kind.all, [](const auto& loader) { return loader->HasEnded(); });
  auto loader = std::make_shared<WarmLoader>(context_, strays_, warm,
                                             fmt::format("{}.warm.{}", getpid(), ++started_));
  loader->Start();
  kind.all.push_back(loader);
  return loader;
}

void WarmPool::GiveBack(std::shared_ptr<WarmLoader> loader, bool lost) {
  Kind& kind = kinds_[loader->warm()];
  kind.lost_in_a_row = lost ? kind.lost_in_a_row + 1 : 0;
  if (lost) return loader->Kill();
  kind.idle.push_back(std::move(loader));
}

void WarmPool::EndIdle(const Warm& warm) {
  Kind& kind = kinds_[warm];
  for (const auto& loader : kind.idle) loader->Kill();
  kind.idle.clear();
}

void WarmPool::Kill() {
  for (auto& [warm, kind] : kinds_) {
    for (const auto& loader : kind.all) loader->Kill();
  }
}

bool WarmPool::AllHaveEnded() const {
  return std::all_of(kinds_.begin(), kinds_.end(), [](const auto& kind) {
    const auto& all = kind.second.all;
    return std::all_of(all.begin(), all.end(),
                       [](const auto& loader) { return loader->HasEnded(); });
  });
}

}  // namespace portcullis::runner
