#include "src/portability/strategy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis::portability {
namespace {

constexpr std::array kTable{
    StrategyRow{StrategyKind::kAsSaved, "as-saved", ArgumentKind::kNone, "as-saved",
                "load onto the devices it was saved from", "torch.load(f)", "torch::jit::load(f)"},
    StrategyRow{StrategyKind::kAsSavedThenTo, "as-saved-then-to", ArgumentKind::kDevice,
                "as-saved-then-to=cpu", "load as saved, then .to(device)",
                "torch.load(f) … .to('{}')", "torch::jit::load(f).to(\"{}\")"},
    StrategyRow{StrategyKind::kMapLocation, "map-location", ArgumentKind::kDevice,
                "map-location=cpu", "load straight onto a device",
                "torch.load(f, map_location='{}')", "torch::jit::load(f, \"{}\")"},
    StrategyRow{StrategyKind::kRemap, "remap", ArgumentKind::kDevicePairs, "remap=cuda:1>cuda:0",
                "a dict from saved to present devices", "torch.load(f, map_location={})", ""},
    StrategyRow{StrategyKind::kCallable, "callable", ArgumentKind::kCallable, "callable=keep",
                "a function of storage and tag", "torch.load(f, map_location=lambda s, l: {})", ""},
    StrategyRow{StrategyKind::kCpuThenTo, "cpu-then-to", ArgumentKind::kDevice,
                "cpu-then-to=cuda:0", "load on the CPU, then .to(device)",
                "torch.load(f, map_location='cpu') … .to('{}')",
                "torch::jit::load(f, torch::kCPU).to(\"{}\")"},
    StrategyRow{StrategyKind::kParts, "parts", ArgumentKind::kDevices, "parts=cuda:0,cuda:1",
                "load on the CPU, then move parts to different devices",
                "torch.load(f, map_location='cpu') … part.to(device) for {}",
                "torch::jit::load(f, torch::kCPU) … part.to(device) for {}"},
    StrategyRow{StrategyKind::kMmap, "mmap", ArgumentKind::kOptionalDevice, "mmap=cpu",
                "map the file into memory instead of reading it",
                "torch.load(f, mmap=True, map_location={})", ""},
    StrategyRow{StrategyKind::kForward, "forward", ArgumentKind::kOptionalDevice, "forward=cpu",
                "load a TorchScript module and call it once",
                "torch.jit.load(f, map_location={})(example)", "torch::jit::load(f, {})(example)"},
    StrategyRow{StrategyKind::kSave, "save", ArgumentKind::kSaving, "save=limit:65536",
                "load on the CPU, then save where writing fails: a file-size limit, the end "
                "of the process at that byte (kill:65536), or a full disk (full)",
                "torch.save(torch.load(f, map_location='cpu'), g)  # {}",
                "torch::jit::load(f, torch::kCPU).save(g)  // {}"},
    StrategyRow{StrategyKind::kTorchLoad, "torch-load", ArgumentKind::kDevice, "torch-load=cpu",
                "torch.load with a map, whatever wrote the file",
                "torch.load(f, map_location='{}')", ""},
    StrategyRow{StrategyKind::kUnpickle, "unpickle", ArgumentKind::kDevice, "unpickle=cpu",
                "a plain pickle, by an unpickler that gives every torch.load within a map",
                "Unpickler(f, map_location='{}').load()", ""},
    StrategyRow{StrategyKind::kMapFirst, "map-first", ArgumentKind::kDevice, "map-first=cpu",
                "the map for the first of several files only",
                "torch.load(first, map_location='{}'), torch.load(others)", ""},
    StrategyRow{StrategyKind::kBadMap, "bad-map", ArgumentKind::kWord, "bad-map=cuda1",
                "a map that is none: a number, or a word that is no device",
                "torch.load(f, map_location={})", ""},
    StrategyRow{StrategyKind::kCurrent, "current", ArgumentKind::kDevice, "current=cuda:1",
                "make a GPU the current one and map to 'cuda', without an index",
                "torch.cuda.set_device('{}'); torch.load(f, map_location='cuda')", ""},
    StrategyRow{StrategyKind::kRanks, "ranks", ArgumentKind::kCount, "ranks=4",
                "as many loads as ranks, each as saved, all kept", "torch.load(f)  # {} times", ""},
    StrategyRow{StrategyKind::kRankMap, "rank-map", ArgumentKind::kCount, "rank-map=4",
                "as many loads as ranks, each onto the rank's own GPU, all kept",
                "torch.load(f, map_location=f'cuda:{{rank}}')  # {} ranks", ""},
    StrategyRow{
        StrategyKind::kCpuRanks, "cpu-ranks", ArgumentKind::kCount, "cpu-ranks=8",
        "as many loads on the CPU as ranks, all kept, in host memory that has room for half "
        "of them",
        "torch.load(f, map_location='cpu')  # {} ranks", ""},
    StrategyRow{StrategyKind::kMmapRanks, "mmap-ranks", ArgumentKind::kCount, "mmap-ranks=8",
                "the same, the file mapped into memory by all of them",
                "torch.load(f, map_location='cpu', mmap=True)  # {} ranks", ""},
    StrategyRow{StrategyKind::kGpuRanks, "gpu-ranks", ArgumentKind::kCount, "gpu-ranks=8",
                "the same, each onto the rank's own GPU",
                "torch.load(f, map_location=f'cuda:{{rank}}')  # {} ranks", ""},
    StrategyRow{StrategyKind::kLateMask, "late-mask", ArgumentKind::kWord, "late-mask=0",
                "use CUDA, then set the mask (a number, or empty), then load as saved",
                "torch.cuda.init(); os.environ['CUDA_VISIBLE_DEVICES'] = '{}'; torch.load(f)", ""},
};

// Device types that torch.device() parses (c10/core/Device.cpp, PyTorch 2.11).
constexpr std::array kDeviceTypes{"cpu",    "cuda",          "ipu",    "xpu", "mkldnn", "opengl",
                                  "opencl", "ideep",         "hip",    "ve",  "fpga",   "maia",
                                  "xla",    "lazy",          "vulkan", "mps", "meta",   "hpu",
                                  "mtia",   "privateuseone", "npu"};

[[noreturn]] void BadArgument(std::string_view text, const StrategyRow& row, std::string_view found,
                              std::string_view expected) {
  throw UsageError(fmt::format("strategy '{}': found {}, expected {}, as in '{}'", text, found,
                               expected, row.example));
}

// Splits at a character; an empty text has one empty part.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

bool IsSaving(std::string_view argument) {
  if (argument == "full") return true;
  for (const std::string_view kind : {"limit:", "kill:"}) {
    if (!argument.starts_with(kind)) continue;
    const std::string_view bytes = argument.substr(kind.size());
    constexpr std::size_t kDigits = 15;
    return !bytes.empty() && bytes.size() <= kDigits &&
           bytes.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return false;
}

bool IsWord(std::string_view argument) {
  return argument.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") ==
         std::string_view::npos;
}

bool IsCount(std::string_view argument) {
  return argument.size() <= 2 && argument[0] != '0' &&
         argument.find_first_not_of("0123456789") == std::string_view::npos;
}

void CheckDevices(std::string_view text, const StrategyRow& row, std::string_view argument) {
  for (const std::string_view device : Split(argument, ',')) {
    if (!IsDevice(device)) BadArgument(text, row, fmt::format("'{}'", device), "a device");
  }
}

void CheckPairs(std::string_view text, const StrategyRow& row, std::string_view argument) {
  for (const std::string_view pair : Split(argument, ',')) {
    const auto sides = Split(pair, '>');
    if (sides.size() != 2 || !IsDevice(sides[0]) || !IsDevice(sides[1])) {
      BadArgument(text, row, fmt::format("'{}'", pair), "saved>present");
    }
  }
}

void CheckArgument(std::string_view text, const StrategyRow& row, std::string_view argument,
                   bool given) {
  if (row.argument == ArgumentKind::kNone) {
    if (given) BadArgument(text, row, fmt::format("'={}'", argument), "nothing behind the name");
    return;
  }
  if (!given || argument.empty()) {
    if (row.argument == ArgumentKind::kOptionalDevice && !given) return;
    BadArgument(text, row, "nothing", "an argument behind '='");
  }
  switch (row.argument) {
    case ArgumentKind::kDevice:
    case ArgumentKind::kOptionalDevice:
      if (!IsDevice(argument)) BadArgument(text, row, fmt::format("'{}'", argument), "a device");
      return;
    case ArgumentKind::kCallable:
      if (argument != "keep" && argument != "none" && !IsDevice(argument)) {
        BadArgument(text, row, fmt::format("'{}'", argument), "keep, none or a device");
      }
      return;
    case ArgumentKind::kSaving:
      if (!IsSaving(argument)) {
        BadArgument(text, row, fmt::format("'{}'", argument), "limit:BYTES, kill:BYTES or full");
      }
      return;
    case ArgumentKind::kWord:
      if (!IsWord(argument)) BadArgument(text, row, fmt::format("'{}'", argument), "a word");
      return;
    case ArgumentKind::kCount:
      if (!IsCount(argument)) BadArgument(text, row, fmt::format("'{}'", argument), "1 to 99");
      return;
    case ArgumentKind::kDevices:
      return CheckDevices(text, row, argument);
    case ArgumentKind::kDevicePairs:
      return CheckPairs(text, row, argument);
    case ArgumentKind::kNone:
      return;
  }
}

}  // namespace

std::span<const StrategyRow> StrategyTable() { return kTable; }

std::string Strategy::Text() const {
  const std::string name(Row().name);
  return fmt::format("{}{}{}{}{}", name, argument.empty() ? "" : "=", argument, use ? "+" : "",
                     use.Text());
}

const StrategyRow& Strategy::Row() const {
  return *std::find_if(kTable.begin(), kTable.end(),
                       [this](const StrategyRow& row) { return row.kind == kind; });
}

Strategy ParseStrategy(std::string_view whole) {
  const std::size_t plus = whole.find('+');
  const std::string_view text = whole.substr(0, plus);
  const Use use = plus == std::string_view::npos ? Use{} : ParseUse(whole.substr(plus + 1));
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto* row = std::find_if(kTable.begin(), kTable.end(),
                                 [&](const StrategyRow& r) { return r.name == name; });
  if (row == kTable.end()) {
    std::vector<std::string> known;
    known.reserve(kTable.size());
    for (const StrategyRow& r : kTable) known.emplace_back(r.name);
    throw UsageError(UnknownName("strategy", name, known));
  }
  const bool given = equals != std::string_view::npos;
  const std::string_view argument = given ? text.substr(equals + 1) : std::string_view{};
  CheckArgument(text, *row, argument, given);
  return {row->kind, std::string(argument), use};
}

bool IsDevice(std::string_view text) {
  const auto parts = Split(text, ':');
  if (parts.size() > 2) return false;
  if (std::find(kDeviceTypes.begin(), kDeviceTypes.end(), parts[0]) == kDeviceTypes.end()) {
    return false;
  }
  if (parts.size() == 1) return true;
  constexpr std::size_t kMostDigits = 3;
  return !parts[1].empty() && parts[1].size() <= kMostDigits &&
         (parts[1] == "0" || parts[1][0] != '0') &&
         std::all_of(parts[1].begin(), parts[1].end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<DevicePair> RemapPairs(const Strategy& strategy) {
  std::vector<DevicePair> pairs;
  for (const std::string_view pair : Split(strategy.argument, ',')) {
    const auto sides = Split(pair, '>');
    if (sides.size() == 2) pairs.push_back({std::string(sides[0]), std::string(sides[1])});
  }
  return pairs;
}

}  // namespace portcullis::portability
