#include "harness/host/child_host.h"

#include <fmt/format.h>

#include <fstream>

#include "src/base/error.h"
#include "src/simcuda/interface/compute.h"

namespace portcullis::host {
namespace {

void Write(const Host& host, const std::filesystem::path& file, std::ios::openmode how) {
  const simcuda::HostDescription description = Describe(host);
  std::ofstream stream(file, std::ios::binary | how);
  stream.write(reinterpret_cast<const char*>(&description), sizeof(description));
  stream.close();
  if (stream) return;
  const CannotRun error(SystemError(fmt::format("cannot write the host {}", file.string())));
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  throw CannotRun(error);
}

}  // namespace

void WriteDescription(const Host& host, const std::filesystem::path& file) {
  Write(host, file, std::ios::trunc);
}

void AppendDescription(const Host& host, const std::filesystem::path& file) {
  Write(host, file, std::ios::app);
}

ChildHost::ChildHost(const Host& host, const Mask& mask, const Runtime& runtime,
                     const std::filesystem::path& folder, bool computes)
    : description_(folder / "host"),
      device_count_(host.gpus.size()),
      faults_(host.faults),
      environment_(BuildEnvironment(host, mask, runtime, folder, description_, folder / "record")),
      flight_(folder / "record") {
  WriteDescription(host, description_);
  if (computes && host.simulated && !runtime.compute.empty()) {
    environment_[simcuda::kComputeVariable] = runtime.compute.string();
  }
}

ChildHost::~ChildHost() {
  std::error_code ignored;
  std::filesystem::remove(description_, ignored);
}

}  // namespace portcullis::host
