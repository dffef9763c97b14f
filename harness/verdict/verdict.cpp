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

void CompareExpectation(const Expectation& expectation, const checkpoints::Reference& reference,
                        const Observation& observation, std::vector<std::string>& differences) {
  const bool expects_load = expectation.loads.has_value();
  const Outcome expected = expects_load ? Outcome::kLoaded : Outcome::kRaised;
  if (observation.outcome != expected) {
    differences.push_back(
        fmt::format("expected {}, observed {}", expectation.Text(), observation.Text()));
    return;
  }
  if (expects_load) {
    CompareTensors(*expectation.loads, reference, observation.tensors, differences);
  } else {
    CompareError(expectation, observation, differences);
  }
  CompareMoved(expectation.moved, reference, observation, differences);
}

void ComparePrediction(const portability::Prediction& prediction, const Observation& observation,
                       std::vector<std::string>& differences) {
  bool agree = false;
  if (!prediction.supported) {
    agree = observation.outcome == Outcome::kUnsupported;
  } else if (prediction.loads) {
    agree = observation.outcome == Outcome::kLoaded;
  } else if (observation.outcome == Outcome::kRaised) {
    const auto* error = portability::FindErrorClass(prediction.error);
    agree = error != nullptr && portability::Matches(*error, observation.error_whole) &&
            observation.phase == prediction.phase;
  }
  if (agree) return;
  differences.push_back(fmt::format("predicted: {} ({}); observed {}", prediction.Text(),
                                    prediction.reason, observation.Text()));
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
                const Observation& observation) {
  Judgement judgement;
  if (IsMachineryTrouble(observation.outcome)) {
    judgement.differences.push_back(observation.Text());
    return judgement;
  }
  CompareExpectation(expectation, reference, observation, judgement.differences);
  if (prediction) ComparePrediction(*prediction, observation, judgement.differences);
  judgement.verdict =
      judgement.differences.empty() ? Verdict::kAsExpected : Verdict::kNotAsExpected;
  return judgement;
}

Expectation FromPrediction(const portability::Prediction& prediction,
                           const checkpoints::Reference& reference,
                           const portability::Strategy& strategy) {
  Expectation expectation;
  expectation.where = "the rules (src/portability)";
  if (!prediction.loads) {
    expectation.raises = prediction.error;
    expectation.phase = prediction.phase;
    return expectation;
  }
  expectation.loads = scenario::Devices{};
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
