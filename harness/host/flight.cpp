#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "harness/host/child_host.h"
#include "src/base/error.h"

namespace portcullis::host {
namespace {

using simcuda::DeviceCounters;
using simcuda::FlightRecord;
using simcuda::kRecordBytes;

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // shared between processes

std::uint64_t Load(const std::atomic<std::uint64_t>& value) {
  return value.load(std::memory_order_relaxed);
}

Counts Copy(const DeviceCounters& from) {
  Counts to;
  to.host_to_device_bytes = Load(from.host_to_device_bytes);
  to.host_to_device_calls = Load(from.host_to_device_calls);
  to.device_to_host_bytes = Load(from.device_to_host_bytes);
  to.device_to_host_calls = Load(from.device_to_host_calls);
  to.device_to_device_bytes = Load(from.device_to_device_bytes);
  to.device_to_device_calls = Load(from.device_to_device_calls);
  to.allocations = Load(from.allocations);
  to.peak_bytes = Load(from.peak_bytes);
  to.kernels_launched = Load(from.kernels_launched);
  return to;
}

std::vector<std::string> RefusedNames(const FlightRecord& record) {
  const std::size_t kept =
      std::min<std::size_t>(record.refused_kept.load(), simcuda::kRefusedNames);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kept; ++i) {
    const char* name = record.refused_names[i];
    names.emplace_back(name, strnlen(name, simcuda::kRefusedNameBytes));
  }
  return names;
}

// Reserves the blocks: on a full disk this fails here and not in the child, as SIGBUS.
int CreateRecord(const std::filesystem::path& file) {
  const std::string doing = fmt::format("cannot create the flight record {}", file.string());
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) throw CannotRun(SystemError(doing));
  const std::uint32_t head[] = {simcuda::kRecordMagic, simcuda::kRecordVersion};
  errno = posix_fallocate(descriptor, 0, static_cast<off_t>(kRecordBytes));
  if (errno == 0 && pwrite(descriptor, head, sizeof(head), 0) == sizeof(head)) return descriptor;
  const CannotRun error(SystemError(doing));
  close(descriptor);
  unlink(file.c_str());
  throw CannotRun(error);
}

void Add(Counts& sum, const Counts& more) {
  sum.host_to_device_bytes += more.host_to_device_bytes;
  sum.host_to_device_calls += more.host_to_device_calls;
  sum.device_to_host_bytes += more.device_to_host_bytes;
  sum.device_to_host_calls += more.device_to_host_calls;
  sum.device_to_device_bytes += more.device_to_device_bytes;
  sum.device_to_device_calls += more.device_to_device_calls;
  sum.allocations += more.allocations;
  sum.kernels_launched += more.kernels_launched;
}

bool InCourse(const FlightEvent& event) {
  constexpr std::array kWhats{"malloc", "free", "h2d", "d2h", "d2d"};
  const bool phase = event.phase == simcuda::Phase::kLoad || event.phase == simcuda::Phase::kMove;
  return phase && event.gpu && event.result == 0 &&
         std::find(kWhats.begin(), kWhats.end(), event.point) != kWhats.end();
}

std::vector<CourseStep> CourseOf(const FlightLog& log) {
  std::vector<CourseStep> course;
  if (log.begun > log.events.size()) return course;
  for (const FlightEvent& event : log.events) {
    if (!InCourse(event)) continue;
    const bool goes_on = !course.empty() && course.back().phase == event.phase &&
                         course.back().what == event.point && course.back().gpu == *event.gpu;
    if (!goes_on) course.push_back({event.phase, std::string(event.point), *event.gpu});
    ++course.back().calls;
    course.back().bytes += event.bytes;
  }
  return course;
}

}  // namespace

Counts Flight::LoadAndMove() const {
  Counts sum;
  for (const auto& phases : devices) {
    const Counts& load = phases[static_cast<std::size_t>(simcuda::Phase::kLoad)];
    const Counts& move = phases[static_cast<std::size_t>(simcuda::Phase::kMove)];
    Add(sum, load);
    Add(sum, move);
    sum.peak_bytes += std::max(load.peak_bytes, move.peak_bytes);
  }
  return sum;
}

FlightLog ReadLogOf(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const auto record = std::make_unique<FlightRecord>();
  const auto host = std::make_unique<simcuda::HostDescription>();
  stream.read(reinterpret_cast<char*>(record.get()), kRecordBytes);
  stream.read(reinterpret_cast<char*>(host.get()), sizeof(*host));
  if (!stream || record->magic != simcuda::kRecordMagic ||
      record->version != simcuda::kRecordVersion || host->version != simcuda::kHostVersion ||
      host->fault_count > simcuda::kMaxFaultRules) {
    throw UsageError(
        fmt::format("{}: found no flight record of version {} with its host behind it; "
                    "make it again with portcullis exec --record",
                    file.string(), simcuda::kRecordVersion));
  }
  return CopyLog(*record, std::span(host->faults).first(host->fault_count));
}

bool IsFlightRecord(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::uint32_t magic = 0;
  stream.read(reinterpret_cast<char*>(&magic), sizeof(magic));
  return stream.good() && magic == simcuda::kRecordMagic;
}

FlightFile::FlightFile(const std::filesystem::path& file, bool keep)
    : file_(file), keep_(keep), descriptor_(CreateRecord(file)) {
  void* mapping = mmap(nullptr, kRecordBytes, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (mapping == MAP_FAILED) {
    const CannotRun error(
        SystemError(fmt::format("cannot map the flight record {}", file.string())));
    close(descriptor_);
    unlink(file.c_str());
    throw CannotRun(error);
  }
  record_ = static_cast<const FlightRecord*>(mapping);
}

FlightFile::~FlightFile() {
  munmap(const_cast<FlightRecord*>(record_), kRecordBytes);
  close(descriptor_);
  if (!keep_) unlink(file_.c_str());
}

void FlightFile::CheckWhole() const {
  struct stat status {};
  const bool whole =
      fstat(descriptor_, &status) == 0 && static_cast<std::size_t>(status.st_size) >= kRecordBytes;
  if (!whole || record_->magic != simcuda::kRecordMagic ||
      record_->version != simcuda::kRecordVersion) {
    throw CannotRun(
        fmt::format("{}: the child damaged its flight record: found {} bytes, expected "
                    "{} that begin with its magic and version {}",
                    file_.string(), status.st_size, kRecordBytes, simcuda::kRecordVersion));
  }
}

FlightLog FlightFile::ReadLog(std::span<const simcuda::FaultRule> faults) const {
  CheckWhole();
  return CopyLog(*record_, faults);
}

Flight FlightFile::Read(std::size_t devices, std::span<const simcuda::FaultRule> faults) const {
  CheckWhole();
  Flight flight;
  flight.attached = record_->attached.load() > 0;
  flight.refused_calls = record_->refused.load();
  flight.refused = RefusedNames(*record_);
  for (std::size_t i = 0; i < std::min<std::size_t>(faults.size(), simcuda::kMaxFaultRules); ++i) {
    const simcuda::RuleState& state = record_->rules[i];
    flight.faults.push_back({TextOf(faults[i]), Load(state.calls), Load(state.fired)});
  }
  flight.devices.resize(std::min<std::size_t>(devices, simcuda::kMaxDevices));
  for (std::size_t device = 0; device < flight.devices.size(); ++device) {
    flight.in_use.push_back(Load(record_->bytes_in_use[device]));
    for (std::size_t phase = 0; phase < simcuda::kPhases; ++phase) {
      flight.devices[device][phase] = Copy(record_->counters[phase][device]);
    }
  }
  flight.course = CourseOf(CopyLog(*record_, faults));
  return flight;
}

}  // namespace portcullis::host
