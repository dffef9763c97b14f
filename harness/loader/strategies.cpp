#include "harness/loader/strategies.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>
#include <cxxabi.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/version.h>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
#include <c10/core/CachingDeviceAllocator.h>
#define PORTCULLIS_HAS_DEVICE_ALLOCATOR 1
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <typeinfo>

#include "harness/loader/dtypes.h"
#include "harness/loader/protocol.h"
#include "harness/loader/saving.h"
#include "harness/loader/walk.h"

namespace portcullis::loader {
namespace {

// A loaded checkpoint: its tensors, and the module if it is one (which moves as a whole).
struct Loaded {
  Leaves leaves;
  std::optional<torch::jit::Module> module;
};

Loaded LoadModule(const std::string& path, std::optional<c10::Device> device) {
  torch::jit::Module module = device ? torch::jit::load(path, *device) : torch::jit::load(path);
  return {Walk(module), module};
}

Loaded LoadArchive(const std::string& path, std::optional<c10::Device> device) {
  torch::serialize::InputArchive archive;
  device ? archive.load_from(path, *device) : archive.load_from(path);
  return {Walk(archive), std::nullopt};
}

Loaded LoadPickle(const std::string& path, std::optional<c10::Device> device) {
  if (device) throw Unsupported("torch::pickle_load takes no device");
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const c10::IValue value = torch::jit::pickle_load(bytes);
  if (value.isNone()) {
    throw Unsupported(
        "torch::pickle_load gave None: it reads dictionaries, not the OrderedDict of a state_dict");
  }
  return {Walk(value), std::nullopt};
}

Loaded LoadLegacy(const std::string& path, std::optional<c10::Device> device) {
  static_cast<void>(path);
  static_cast<void>(device);
  throw Unsupported("LibTorch has no function that reads legacy checkpoints");
}

// The checkpoint's format picks the function.
struct FormatRow {
  std::string_view format;
  Loaded (*load)(const std::string& path, std::optional<c10::Device> device);
};
constexpr std::array kFormats = {
    FormatRow{"zip", LoadPickle},         FormatRow{"pickle-save", LoadPickle},
    FormatRow{"legacy", LoadLegacy},      FormatRow{"archive", LoadArchive},
    FormatRow{"torchscript", LoadModule},
};

Loaded Load(const Request& request, std::optional<c10::Device> device) {
  for (const FormatRow& row : kFormats) {
    if (row.format == request.format) return row.load(request.checkpoint, device);
  }
  throw BadRequest("unknown format '" + request.format + "'");
}

void MoveAll(Loaded& loaded, c10::Device device) {
  if (loaded.module) {
    loaded.module->to(device);
    loaded.leaves = Walk(*loaded.module);
    return;
  }
  for (NamedTensor& named : loaded.leaves.tensors) named.tensor = named.tensor.to(device);
}

std::string Part(const NamedTensor& named) { return named.name.substr(0, named.name.find('.')); }

// A part is the tensors whose names share the first component. Parts stay in order, in as many
// contiguous groups as devices, as equal as they can be.
void MoveParts(Loaded& loaded, const std::vector<c10::Device>& devices) {
  std::vector<std::string> parts;
  for (const NamedTensor& named : loaded.leaves.tensors) {
    if (std::find(parts.begin(), parts.end(), Part(named)) == parts.end()) {
      parts.push_back(Part(named));
    }
  }
  for (NamedTensor& named : loaded.leaves.tensors) {
    const auto part = std::find(parts.begin(), parts.end(), Part(named)) - parts.begin();
    const c10::Device device =
        devices[static_cast<std::size_t>(part) * devices.size() / parts.size()];
    if (loaded.module) {
      named.tensor.set_data(named.tensor.detach().to(device));  // as jit::Module::to does
    } else {
      named.tensor = named.tensor.to(device);
    }
  }
}

Loaded AsSaved(const Request& request, Clock& clock) {
  static_cast<void>(clock);
  return Load(request, std::nullopt);
}

Loaded AsSavedThenTo(const Request& request, Clock& clock) {
  Loaded loaded = Load(request, std::nullopt);
  clock.Enter(Phase::kMove);
  MoveAll(loaded, c10::Device(request.argument));
  return loaded;
}

Loaded MapLocation(const Request& request, Clock& clock) {
  static_cast<void>(clock);
  return Load(request, c10::Device(request.argument));
}

Loaded CpuThenTo(const Request& request, Clock& clock) {
  Loaded loaded = Load(request, c10::Device(c10::kCPU));
  clock.Enter(Phase::kMove);
  MoveAll(loaded, c10::Device(request.argument));
  return loaded;
}

Loaded Parts(const Request& request, Clock& clock) {
  Loaded loaded = Load(request, c10::Device(c10::kCPU));
  clock.Enter(Phase::kMove);
  std::vector<c10::Device> devices;
  std::istringstream list(request.argument);
  for (std::string device; std::getline(list, device, ',');) devices.emplace_back(device);
  MoveParts(loaded, devices);
  return loaded;
}

Loaded Remap(const Request&, Clock&) {
  throw Unsupported("the C++ load functions take one device, not a dictionary of devices");
}

Loaded Callable(const Request&, Clock&) {
  throw Unsupported("the C++ load functions take one device, not a function");
}

Loaded Mmap(const Request&, Clock&) { throw Unsupported("the C++ load functions have no mmap"); }

// Made on the CPU: a simulated GPU has no kernel to fill memory with.
at::Tensor Zeros(const Example& example) {
  const auto dtype = FindDtype(example.dtype);
  if (!dtype) {
    throw Unsupported("the example's dtype is " + example.dtype + ", which LibTorch does not have");
  }
  return at::zeros(example.shape, *dtype);
}

Loaded Forward(const Request& request, Clock& clock) {
  if (request.format != "torchscript") {
    throw Unsupported("only a TorchScript module can be called; this is " + request.format);
  }
  if (!request.example) throw Unsupported("no example input to call the module with is known");
  std::optional<c10::Device> device;
  if (!request.argument.empty()) device.emplace(request.argument);
  Loaded loaded = Load(request, device);
  clock.Enter(Phase::kUse);
  loaded.module->eval();
  const c10::NoGradGuard no_grad;
  loaded.module->forward({Zeros(*request.example).to(device.value_or(c10::kCPU))});
  return loaded;
}

Loaded Save(const Request& request, Clock& clock) {
  Loaded loaded = Load(request, c10::Device(c10::kCPU));
  if (!loaded.module) throw Unsupported("this loader saves TorchScript modules alone");
  clock.Enter(Phase::kUse);
  PrepareSaving(request.argument);
  loaded.module->save(std::string(protocol::kSavedFile));
  return loaded;
}

Loaded InPythonOnly(const Request& request, Clock&) {
  throw Unsupported("the C++ load functions have no such way as " + request.strategy);
}

struct StrategyRow {
  std::string_view name;
  Loaded (*perform)(const Request& request, Clock& clock);
};
constexpr std::array kStrategies = {
    StrategyRow{"as-saved", AsSaved},
    StrategyRow{"as-saved-then-to", AsSavedThenTo},
    StrategyRow{"map-location", MapLocation},
    StrategyRow{"remap", Remap},
    StrategyRow{"callable", Callable},
    StrategyRow{"cpu-then-to", CpuThenTo},
    StrategyRow{"parts", Parts},
    StrategyRow{"mmap", Mmap},
    StrategyRow{"forward", Forward},
    StrategyRow{"save", Save},
    StrategyRow{"torch-load", InPythonOnly},
    StrategyRow{"unpickle", InPythonOnly},
    StrategyRow{"map-first", InPythonOnly},
    StrategyRow{"bad-map", InPythonOnly},
    StrategyRow{"current", InPythonOnly},
    StrategyRow{"ranks", InPythonOnly},
    StrategyRow{"rank-map", InPythonOnly},
    StrategyRow{"cpu-ranks", InPythonOnly},
    StrategyRow{"mmap-ranks", InPythonOnly},
    StrategyRow{"gpu-ranks", InPythonOnly},
    StrategyRow{"late-mask", InPythonOnly},
};

Loaded PerformStrategy(const Request& request, Clock& clock) {
  if (!request.use.empty()) throw Unsupported("the C++ loader loads and does no more");
  for (const StrategyRow& row : kStrategies) {
    if (row.name == request.strategy) return row.perform(request, clock);
  }
  throw BadRequest("unknown strategy '" + request.strategy + "'");
}

std::string TypeName(const std::exception& error) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, nullptr), std::free);
  return name ? name.get() : typeid(error).name();
}

// After an error: what the load had allocated goes back to the GPUs; whatever is in use by the
// flight record then was not given back. LibTorch has one interface for that since 2.9
// (c10/core/CachingDeviceAllocator.h).
void GiveBack() {
#if PORTCULLIS_HAS_DEVICE_ALLOCATOR
  try {
    auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::kCUDA));
    if (allocator != nullptr && allocator->initialized()) allocator->emptyCache();
  } catch (const std::exception&) {  // NOLINT: a build without CUDA, or a context that has ended
  }
#endif
}

}  // namespace

Answer Perform(const Request& request, Clock& clock) {
  Answer answer;
  answer.torch = TORCH_VERSION;
  const auto fail = [&](std::string_view outcome, const std::string& type, const char* text) {
    answer.outcome = outcome;
    answer.error_type = type;
    answer.error_text = text;
    answer.tensors.clear();
    answer.values.clear();
  };
  try {
    clock.Enter(Phase::kLoad);
    const Loaded loaded = PerformStrategy(request, clock);
    clock.Enter(Phase::kReadBack);
    for (const NamedTensor& named : loaded.leaves.tensors) {
      answer.tensors.push_back(Describe(named));
    }
    answer.values = loaded.leaves.values;
    answer.outcome = protocol::kLoaded;
  } catch (const BadRequest&) {
    throw;
  } catch (const Unsupported& reason) {
    fail(protocol::kUnsupported, "Unsupported", reason.what());
  } catch (const std::exception& error) {
    fail(protocol::kRaised, TypeName(error), error.what());
  }
  clock.Stop();
  if (answer.outcome == protocol::kRaised) GiveBack();
  return answer;
}

}  // namespace portcullis::loader
