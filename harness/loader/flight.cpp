#include "harness/loader/flight.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "harness/loader/request.h"

namespace portcullis::loader {
namespace {

simcuda::FlightRecord* MapRecord(const char* variable, const char* path) {
  const auto refuse = [&](const std::string& reason) {
    return BadRequest(std::string(variable) + ": cannot map '" + path + "': " + reason);
  };
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) throw refuse(std::strerror(errno));  // NOLINT: this program has one thread
  struct stat status {};
  const bool large_enough =
      fstat(fd, &status) == 0 && static_cast<std::size_t>(status.st_size) >= simcuda::kRecordBytes;
  void* mapped = !large_enough ? MAP_FAILED
                               : mmap(nullptr, simcuda::kRecordBytes, PROT_READ | PROT_WRITE,
                                      MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) throw refuse("expected a flight record");
  return static_cast<simcuda::FlightRecord*>(mapped);
}

}  // namespace

Clock::Clock() {
  for (const char* variable : {simcuda::kRecordVariable, simcuda::kHardwareRecordVariable}) {
    const char* path = std::getenv(variable);  // NOLINT: one thread
    if (path == nullptr || *path == 0) continue;
    record_ = MapRecord(variable, path);
    return;
  }
}

Clock::~Clock() {
  if (record_ != nullptr) munmap(record_, simcuda::kRecordBytes);
}

void Clock::Enter(Phase phase) {
  Stop();
  phase_ = phase;
  if (record_ != nullptr) record_->phase.store(static_cast<std::uint32_t>(phase));
  running_ = true;
  since_ = std::chrono::steady_clock::now();
}

void Clock::Stop() {
  if (!running_) return;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - since_;
  seconds_.at(static_cast<std::size_t>(phase_)) += spent.count();
  running_ = false;
}

}  // namespace portcullis::loader
