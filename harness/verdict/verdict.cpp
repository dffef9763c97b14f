#include "harness/verdict/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/verdict/tensors.h"
#include "src/portability/error_catalog.h"
#include "src/portability/readers.h"

namespace portcullis::verdict {
namespace {

using scenario::Expectation;

constexpr const char* kTheRules = "the rules (src/portability)";

std::uint64_t BytesOf(const scenario::Amount& amount, const checkpoints::Reference& reference) {
  switch (amount.of) {
    case scenario::Amount::Of::kBytes:
      return amount.times;
    case scenario::Amount::Of::kStorages:
      return amount.times * reference.StorageBytes(amount.tag);
    case scenario::Amount::Of::kTensors:
      return amount.times * reference.TensorBytes(amount.tag);
  }
  return 0;
}

void CompareAmount(const char* direction, const std::optional<scenario::Amount>& expected,
                   std::uint64_t seen, const checkpoints::Reference& reference,
                   std::vector<std::string>& differences) {
  if (!expected) return;
  const std::uint64_t bytes = BytesOf(*expected, reference);
  if (bytes == seen) return;
  differences.push_back(fmt::format("expected {} ({} bytes) copied {}, observed {} bytes",
                                    expected->Text(), bytes, direction, seen));
}

void CompareMoved(const scenario::Moved& moved, const checkpoints::Reference& reference,
                  const Observation& observation, std::vector<std::string>& differences) {
  const host::Counts counts = observation.flight.LoadAndMove();
  CompareAmount("host→device", moved.host_to_device, counts.host_to_device_bytes, reference,
                differences);
  CompareAmount("device→host", moved.device_to_host, counts.device_to_host_bytes, reference,
                differences);
  CompareAmount("device→device", moved.device_to_device, counts.device_to_device_bytes, reference,
                differences);
}

void CompareError(const Expectation& expectation, const Observation& observation,
                  std::vector<std::string>& differences) {
  const auto* expected = portability::FindErrorClass(expectation.raises);
  if (expected == nullptr || !portability::Matches(*expected, observation.error_whole)) {
    differences.push_back(fmt::format("expected the error {}, observed: {}", expectation.raises,
                                      observation.error_short));
  }
  if (observation.phase != expectation.phase) {
    differences.push_back(fmt::format("expected it to raise in {}, observed in {}",
                                      expectation.phase, observation.phase));
  }
}

// Loaded without an error, every tensor in its place, and the bytes of at least one not the right
// ones.
void CompareWrongBytes(const Expectation& expectation, const checkpoints::Reference& reference,
                       const Observation& observation, std::vector<std::string>& differences) {
  std::vector<std::string> found =
      TensorDifferences(*expectation.wrong_bytes, reference, observation.tensors);
  const auto is_bytes = [](const std::string& difference) {
    return difference.find(kWrongBytes) != std::string::npos;
  };
  const bool any = std::any_of(found.begin(), found.end(), is_bytes);
  std::erase_if(found, is_bytes);
  if (!any) found.emplace_back("expected wrong bytes in some tensor, observed none");
  differences.insert(differences.end(), found.begin(), found.end());
}

Outcome OutcomeOf(const Expectation& expectation) {
  if (expectation.loads || expectation.wrong_bytes) return Outcome::kLoaded;
  if (expectation.crashes != 0) return Outcome::kCrashed;
  return expectation.times_out.count() != 0 ? Outcome::kTimedOut : Outcome::kRaised;
}

void CompareExpectation(const Expectation& expectation, const checkpoints::Reference& reference,
                        const Observation& observation, std::vector<std::string>& differences) {
  const bool other_signal =
      expectation.crashes != 0 && observation.signal.value_or(0) != expectation.crashes;
  if (observation.outcome != OutcomeOf(expectation) || other_signal) {
    differences.push_back(
        fmt::format("expected {}, observed {}", expectation.Text(), observation.Text()));
    return;
  }
  if (expectation.loads && !reference.unknown.empty()) return;
  if (expectation.loads) {
    CompareTensors(*expectation.loads, reference, observation.tensors, differences);
  } else if (expectation.wrong_bytes) {
    CompareWrongBytes(expectation, reference, observation, differences);
  } else if (!expectation.raises.empty()) {
    CompareError(expectation, observation, differences);
  }
  CompareMoved(expectation.moved, reference, observation, differences);
}

bool Agree(const portability::Prediction& prediction, const Observation& observation) {
  if (!prediction.supported) return observation.outcome == Outcome::kUnsupported;
  if (prediction.loads) return observation.outcome == Outcome::kLoaded;
  if (observation.outcome != Outcome::kRaised) return false;
  const auto* error = portability::FindErrorClass(prediction.error);
  return error != nullptr && portability::Matches(*error, observation.error_whole) &&
         observation.phase == prediction.phase;
}

void ComparePrediction(const portability::Prediction& prediction, const Observation& observation,
                       std::vector<std::string>& differences) {
  if (Agree(prediction, observation)) return;
  differences.push_back(fmt::format("predicted: {} ({}); observed {}", prediction.Text(),
                                    prediction.reason, observation.Text()));
}

// Faults that were armed and never fired: the case shows nothing about them.
void CompareFaults(const Expectation& expectation, const Observation& observation,
                   std::vector<std::string>& differences) {
  for (const host::FaultCounts& fault : observation.flight.faults) {
    if ((fault.fired == 0) == expectation.fault_idle) continue;
    differences.push_back(
        fault.fired == 0
            ? fmt::format("the fault {} was armed and never fired ({} calls came to its place)",
                          fault.text, fault.calls)
            : fmt::format("the fault {} was to stay idle and fired {} times", fault.text,
                          fault.fired));
  }
}

// After an error that the loader lived through, and once it has dropped what it had.
void CompareMemory(const Expectation& expectation, const Observation& observation,
                   std::vector<std::string>& differences) {
  if (observation.outcome != Outcome::kRaised) return;
  std::uint64_t held = 0;
  for (const std::uint64_t bytes : observation.flight.in_use) held += bytes;
  if ((held > 0) == expectation.memory_held) return;
  differences.push_back(
      held > 0 ? fmt::format("{} bytes of GPU memory were not given back after the error", held)
               : "GPU memory was to be held after the error, and was given back");
}

// A file that was not written to its end must be refused by everybody who reads it.
void CompareLeftover(const Expectation& expectation, const Observation& observation,
                     std::vector<std::string>& differences) {
  const Leftover left = observation.left.value_or(Leftover{});
  std::string seen = "nothing";
  if (left.bytes > 0) seen = left.loads && left.refusal.empty() ? "whole" : "partial";
  if (seen != expectation.leaves) {
    differences.push_back(fmt::format("expected {} left on the disk, observed {} ({} bytes)",
                                      expectation.leaves, seen, left.bytes));
  }
  if (seen != "partial") return;
  if (left.refusal.empty()) {
    differences.emplace_back("static reading reads the file that was not written to its end");
  }
  if (left.loads) {
    differences.push_back(
        fmt::format("the file that was not written to its end loads: {}", left.load));
  }
}

bool LoadedRight(const checkpoints::Reference& reference, const Observation& observation) {
  if (observation.outcome != Outcome::kLoaded) return false;
  return std::all_of(reference.tensors.begin(), reference.tensors.end(), [&](const auto& expected) {
    return std::any_of(observation.tensors.begin(), observation.tensors.end(),
                       [&](const SeenTensor& seen) {
                         return seen.name == expected.name && seen.sha256 == expected.sha256;
                       });
  });
}

void CompareReader(const Expectation& expectation, const checkpoints::Reference& reference,
                   const Observation& observation, const Trouble& trouble,
                   std::vector<std::string>& differences) {
  if (trouble.refusal.empty() && expectation.reader_refuses) {
    differences.emplace_back("static reading was to refuse the checkpoint, and reads it");
  } else if (!trouble.refusal.empty() && !expectation.reader_refuses) {
    differences.push_back(
        fmt::format("static reading refuses the checkpoint: {}", trouble.refusal));
  }
  const bool stated = expectation.loads && expectation.reader_refuses;
  if (!trouble.refusal.empty() && !stated && LoadedRight(reference, observation)) {
    differences.push_back(
        fmt::format("static reading refuses what loads whole: {}", trouble.refusal));
  }
}

// See Judge.
void CompareTroubledPrediction(const portability::Prediction& prediction,
                               std::vector<std::string>& differences) {
  if (prediction.supported && prediction.loads) return;
  differences.push_back(fmt::format("it would not load without fault and damage either ({}: {})",
                                    prediction.Text(), prediction.reason));
}

// What says nothing about the checkpoint: the machinery failed.
bool IsMachineryTrouble(Outcome outcome) {
  return outcome == Outcome::kProtocolError || outcome == Outcome::kNotStarted ||
         outcome == Outcome::kExited || outcome == Outcome::kStopped;
}

}  // namespace

std::string VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAsExpected:
      return "as expected";
    case Verdict::kNotAsExpected:
      return "not as expected";
    case Verdict::kError:
      return "error";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "";
}

Judgement Judge(const Expectation& expectation, const checkpoints::Reference& reference,
                const std::optional<portability::Prediction>& prediction,
                const Observation& observation, const Trouble& trouble) {
  Judgement judgement;
  if (IsMachineryTrouble(observation.outcome)) {
    judgement.differences.push_back(observation.Text());
    return judgement;
  }
  // An expectation that is the prediction would say the same twice, and without the reason.
  const bool troubled = trouble.fault || trouble.damage;
  const bool told_below =
      !troubled && expectation.where == kTheRules && prediction && !Agree(*prediction, observation);
  if (!told_below) {
    CompareExpectation(expectation, reference, observation, judgement.differences);
  }
  if (!expectation.leaves.empty() || observation.left) {
    CompareLeftover(expectation, observation, judgement.differences);
  }
  if (troubled) {
    CompareFaults(expectation, observation, judgement.differences);
    CompareMemory(expectation, observation, judgement.differences);
    CompareReader(expectation, reference, observation, trouble, judgement.differences);
    if (prediction) CompareTroubledPrediction(*prediction, judgement.differences);
  } else if (prediction) {
    ComparePrediction(*prediction, observation, judgement.differences);
  }
  judgement.verdict =
      judgement.differences.empty() ? Verdict::kAsExpected : Verdict::kNotAsExpected;
  return judgement;
}

Expectation FromPrediction(const portability::Prediction& prediction,
                           const checkpoints::Reference& reference,
                           const portability::Strategy& strategy) {
  Expectation expectation;
  expectation.where = kTheRules;
  if (!prediction.loads) {
    expectation.raises = prediction.error;
    expectation.phase = prediction.phase;
    return expectation;
  }
  expectation.loads = scenario::Devices{};
  const bool spreads = strategy.kind == portability::StrategyKind::kRankMap ||
                       strategy.kind == portability::StrategyKind::kGpuRanks ||
                       strategy.kind == portability::StrategyKind::kMapFirst;
  if (strategy.use || spreads) {  // not by tag alone
    expectation.loads->anywhere = true;
    return expectation;
  }
  if (strategy.kind == portability::StrategyKind::kParts) {
    expectation.loads->any_of = portability::PartDevices(strategy);
    return expectation;
  }
  const bool ignores_tags = !reference.format.empty() &&
                            portability::IgnoresTags(checkpoint::ParseFormat(reference.format));
  for (const auto& tensor : reference.tensors) {
    const std::string& tag = tensor.device;
    expectation.loads->by_tag[tag] = portability::Destination(ignores_tags ? "" : tag, strategy);
  }
  return expectation;
}

}  // namespace portcullis::verdict
