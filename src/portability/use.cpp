#include "src/portability/use.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "src/base/error.h"
#include "src/base/names.h"
#include "src/portability/strategy.h"

namespace portcullis::portability {
namespace {

constexpr std::array kTable{
    UseRow{UseKind::kLoadInto, "load-into", true, "load-into=cuda:0",
           "load_state_dict into a module on the device"},
    UseRow{UseKind::kTrain, "train", true, "train=cuda:0",
           "model to the device, then its optimizer with its state; one step, held against the "
           "CPU's"},
    UseRow{UseKind::kTrainFused, "train-fused", true, "train-fused=cuda:0",
           "the same with a fused optimizer"},
    UseRow{UseKind::kTrainMoved, "train-moved", true, "train-moved=cuda:0",
           "the model moves when the optimizer has its state already"},
    UseRow{UseKind::kTrainAssigned, "train-assigned", true, "train-assigned=cuda:0",
           "a fused optimizer whose state is assigned, not given to load_state_dict"},
    UseRow{UseKind::kResume, "resume", true, "resume=cuda:0",
           "as train, with the RNG states set as they were loaded"},
    UseRow{UseKind::kResumeCounted, "resume-counted", true, "resume-counted=cuda:0",
           "as resume, with RNG states on the CPU and no more of them than GPUs"},
    UseRow{UseKind::kDataParallel, "data-parallel", true, "data-parallel=cuda:0",
           "the model on the device, in DataParallel over all GPUs, called"},
    UseRow{UseKind::kStoredDevice, "stored-device", false, "stored-device",
           "the model goes to the torch.device that the checkpoint stores"},
    UseRow{UseKind::kCall, "call", true, "call=cuda:0",
           "a TorchScript module or an exported program, called with an input on the device"},
    UseRow{UseKind::kMoveAndCall, "move-and-call", true, "move-and-call=cuda:0",
           "the same after .to(device)"},
    UseRow{UseKind::kMoveProgramAndCall, "move-program-and-call", true,
           "move-program-and-call=cuda:0",
           "an exported program, called after move_to_device_pass, which moves its graph too"},
};

const UseRow* FindRow(UseKind kind) {
  const auto* found = std::find_if(kTable.begin(), kTable.end(),
                                   [&](const UseRow& row) { return row.kind == kind; });
  return found == kTable.end() ? nullptr : found;
}

}  // namespace

std::span<const UseRow> UseTable() { return kTable; }

std::string_view Use::Name() const {
  const UseRow* row = FindRow(kind);
  return row == nullptr ? std::string_view() : row->name;
}

std::string Use::Text() const {
  const std::string name(Name());
  return device.empty() ? name : name + "=" + device;
}

Use ParseUse(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto* row =
      std::find_if(kTable.begin(), kTable.end(), [&](const UseRow& r) { return r.name == name; });
  if (row == kTable.end()) {
    std::vector<std::string> known;
    known.reserve(kTable.size());
    for (const UseRow& r : kTable) known.emplace_back(r.name);
    throw UsageError(UnknownName("use", name, known));
  }
  const bool given = equals != std::string_view::npos;
  const std::string device(given ? text.substr(equals + 1) : std::string_view());
  if (given != row->takes_device || (given && !IsDevice(device))) {
    throw UsageError(fmt::format("use '{}': found {}, expected {}, as in '{}'", text,
                                 given ? "'" + device + "'" : "nothing behind the name",
                                 row->takes_device ? "a device" : "nothing behind the name",
                                 row->example));
  }
  return {row->kind, device};
}

}  // namespace portcullis::portability
