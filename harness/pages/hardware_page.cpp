// The page of what was recorded on hardware: what it confirms, how long transfers took, masks and
// manners.
#include <fmt/format.h>

#include <array>
#include <map>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "src/base/size.h"

namespace portcullis::pages {
namespace {

using verdict::Result;

// A way of loading that is timed, and the case of the matrix whose bytes were counted.
struct Way {
  const char* name;
  const char* code;
  const char* counted;
};
constexpr std::array kWays{
    Way{"load-then-to=cpu", "torch.load(f).to('cpu')", "matrix/{}/as-saved-then-to=cpu"},
    Way{"map-location=cpu", "torch.load(f, map_location='cpu')", "matrix/{}/map-location=cpu"},
    Way{"cpu-then-to=cuda:0", "torch.load(f, map_location='cpu').to('cuda:0')",
        "matrix/{}/cpu-then-to=cuda:0"},
    Way{"map-location=cuda:0", "torch.load(f, map_location='cuda:0')",
        "matrix/{}/map-location=cuda:0"},
    Way{"load-then-to=cuda:1", "torch.load(f).to('cuda:1')",
        "c4-another-gpu/{}/as-saved-then-to=cuda:1"},
    Way{"map-location=cuda:1", "torch.load(f, map_location='cuda:1')",
        "c4-another-gpu/{}/map-location=cuda:1"}};
constexpr const char* kCounted = "state-dict-cuda0/2xh200/python";

std::string CountedBytes(const Reference& reference, const Way& way) {
  for (const Result* result :
       reference.InEveryVersion(fmt::format(fmt::runtime(way.counted), kCounted))) {
    if (result == nullptr) continue;
    const auto counts = result->observation.flight.LoadAndMove();
    return fmt::format("{} | {} | {}", Grouped(counts.host_to_device_bytes),
                       Grouped(counts.device_to_host_bytes),
                       Grouped(counts.device_to_device_bytes));
  }
  return " | | ";
}

std::string Seconds(const std::map<std::string, double>& by_cache, const char* cache) {
  const auto found = by_cache.find(cache);
  return found == by_cache.end() ? std::string(" ") : fmt::format("{:.4f}", found->second);
}

std::string Times(const Reference& reference, const Hardware& hardware) {
  if (hardware.times.empty()) return {};
  std::string text = fmt::format(
      "### How long loads take\n\nSeconds of a load, median; cold: the file is not in the page "
      "cache. They are of this {} and "
      "of no\nother machine. Beside them the bytes that the same way of loading copied where they "
      "were counted\n(`{}`): up to GPUs, back, and between GPUs.\n\n"
      "| weights | way of loading | cold | warm | counted: up | back | between |\n"
      "| ---: | --- | ---: | ---: | ---: | ---: | ---: |\n",
      hardware.device, kCounted);
  std::map<std::pair<std::uint64_t, std::string>, std::map<std::string, double>> rows;
  for (const Timed& timed : hardware.times) {
    rows[{timed.bytes, timed.way}][timed.cache] = timed.seconds;
  }
  std::uint64_t last = 0;
  for (const auto& [key, ignored] : rows) {
    if (key.first == last) continue;
    last = key.first;
    for (const Way& way : kWays) {
      const auto row = rows.find({last, way.name});
      if (row == rows.end()) continue;
      text += fmt::format("| {} | `{}` | {} | {} | {} |\n", SizeText(last), way.code,
                          Seconds(row->second, "cold"), Seconds(row->second, "warm"),
                          CountedBytes(reference, way));
    }
  }
  return text + "\n";
}

// White space at an end of a mask, and in it, is part of it, and would not be seen.
std::string Code(const std::string& mask) {
  std::string text;
  for (const char c : mask) {
    if (c == '\t') {
      text += "\\t";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == ' ') {
      text += "␣";
    } else {
      text += c;
    }
  }
  return "`" + text + "`";
}

std::string Masks(const Hardware& hardware) {
  std::string text =
      "### What a mask leaves visible\n\n`{0}` stands for the UUID of GPU 0, `{0:8}` for its first "
      "eight digits, ␣ for a space.\n\n| CUDA_VISIBLE_DEVICES | visible |\n| --- | --- |\n";
  for (const auto& [mask, visible] : hardware.masks) {
    text += fmt::format("| {} | {} |\n", Code(mask), visible);
  }
  return text + "\n";
}

std::string Manners(const Hardware& hardware) {
  std::string text =
      "### What the CUDA runtime answers\n\n"
      "Each question is asked in a process of its own; a number is the `cudaError_t` that the call "
      "returned.\n\n"
      "| question | calls and answers |\n| --- | --- |\n";
  for (const auto& [question, answer] : hardware.behaviour) {
    text += fmt::format("| {} | {} |\n", question, answer);
  }
  return text + "\n";
}

std::string Differences(const Hardware& hardware) {
  if (hardware.differences.empty()) return {};
  std::string text =
      "### Where the simulation differs\n\n"
      "Everything else that was recorded it answers alike.\n\n"
      "| what | | why |\n| --- | --- | --- |\n";
  for (const hardware::Explained& known : hardware.differences) {
    text += fmt::format("| {} | {} | {} |\n", known.aspect, known.subject, known.why);
  }
  return text + "\n";
}

// The kept results of a version that ran on hardware, counted; and those that came out otherwise,
// by name.
struct Counted {
  std::size_t all = 0, same = 0;
  std::string otherwise;
};

Counted CountOf(const Reference& reference, const std::vector<Result>& results) {
  Counted counted;
  for (const Result& result : results) {
    const OnHardware said = reference.recordings.Of(result);
    ++counted.all;
    if (said == OnHardware::kTheSame) ++counted.same;
    if (said != OnHardware::kOtherwise) continue;
    counted.otherwise +=
        fmt::format("- `{}` by {}: {}; simulated: {}\n", result.c.id, result.runtime_id,
                    reference.recordings.Words(result), result.observation.Text());
  }
  return counted;
}

std::string Confirmed(const Reference& reference) {
  std::string text;
  std::string otherwise;
  for (const auto& version : reference.versions) {
    const Counted counted = CountOf(reference, reference.results.at(version));
    otherwise += counted.otherwise;
    if (counted.same == 0 && counted.otherwise.empty()) continue;
    text += fmt::format(
        "Of the {} loads with PyTorch {} behind these pages {} came out the same on hardware: the "
        "same outcome\nin the same phase, with the same error. ",
        Grouped(counted.all), version, Grouped(counted.same));
  }
  if (!otherwise.empty()) return text + "These came out otherwise:\n\n" + otherwise + "\n";
  return text +
         "None came out otherwise. The others need more GPUs, another driver or a\nfault, and were "
         "not run there.\n\n";
}

}  // namespace

std::string HardwarePage(const Reference& reference) {
  std::string text =
      "# On hardware\n\nWhat real GPUs did, as `ci/calibrate` recorded it. `portcullis agree` "
      "holds "
      "the simulation against\nevery recording, and CI fails when they part.\n\n" +
      Confirmed(reference);
  for (const Hardware& hardware : reference.recordings.all()) {
    text += fmt::format("## {}\n\nRecorded {} with {}: {} cases ran there.\n\n{}", hardware.device,
                        hardware.recorded, hardware.runtime, Grouped(hardware.results.size()),
                        Times(reference, hardware)) +
            Masks(hardware) + Manners(hardware) + Differences(hardware);
  }
  text.pop_back();
  return text;
}

}  // namespace portcullis::pages
