#include "harness/loader/warm_up.h"

#include <ATen/ops/zeros.h>
#include <sys/mman.h>
#include <torch/csrc/api/include/torch/serialize/output-archive.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/builtin_functions.h>
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "harness/loader/answer.h"
#include "harness/loader/strategies.h"

namespace portcullis::loader {
namespace {

// A file in memory, with a path for as long as this object lives.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("portcullis-warm-up", MFD_CLOEXEC)) {}
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  int descriptor() const { return descriptor_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

torch::jit::Module SmallModule() {
  torch::jit::Module module("Small");
  module.register_parameter("weight", at::zeros({2}), /*is_buffer=*/false);
  module.define("def forward(self, x):\n    return x + self.weight\n");
  return module;
}

void SaveModule(const std::string& path) { SmallModule().save(path); }

void SaveArchive(const std::string& path) {
  torch::serialize::OutputArchive archive;
  archive.write("weight", at::zeros({2}));
  archive.write("device", c10::IValue("cpu"));
  archive.save_to(path);
}

void SavePickle(const std::string& path) {
  c10::Dict<std::string, at::Tensor> tensors;
  tensors.insert("weight", at::zeros({2}));
  const std::vector<char> bytes = torch::jit::pickle_save(tensors);
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void SaveNothing(const std::string&) {}

struct WarmUpRow {
  const char* format;
  void (*save)(const std::string& path);
};
constexpr WarmUpRow kWarmUps[] = {
    {"torchscript", SaveModule},
    {"archive", SaveArchive},
    {"pickle-save", SavePickle},
    {"torchscript", SaveNothing},  // and an error
};

void PerformOnce(const WarmUpRow& row) {
  const MemoryFile file, nobody;
  row.save(file.path());
  Request request;
  request.checkpoint = file.path();
  request.format = row.format;
  request.strategy = "map-location";
  request.argument = "cpu";
  Clock clock;
  const Answer answer = Perform(request, clock);
  WriteAnswer(nobody.descriptor(), request, answer, clock);
}

}  // namespace

void WarmUp() {
  // The first look-up of an operator files thousands of them under their names, and the first of a
  // built-in function compiles all of those (registerPendingOperators in
  // torch/csrc/jit/runtime/operator.cpp, BuiltinFunctionRegistry in
  // torch/csrc/jit/frontend/builtin_functions.cpp, 2.11).
  const c10::Symbol any = c10::Symbol::aten("add");
  torch::jit::getAllOperatorsFor(any);
  torch::jit::getAllBuiltinFunctionsFor(any);
  for (const WarmUpRow& row : kWarmUps) PerformOnce(row);
}

}  // namespace portcullis::loader
