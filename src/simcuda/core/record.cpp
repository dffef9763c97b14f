#include "src/simcuda/core/record.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "src/simcuda/core/say.h"
#include "src/simcuda/interface/entry_names.h"

namespace portcullis::simcuda {
namespace {

FlightRecord* MapFile(const char* path) {
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  struct stat status = {};
  void* memory = MAP_FAILED;
  if (fstat(file, &status) == 0 && status.st_size >= static_cast<off_t>(kRecordBytes)) {
    memory = mmap(nullptr, kRecordBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  close(file);
  if (memory == MAP_FAILED) return nullptr;
  auto* record = static_cast<FlightRecord*>(memory);
  if (record->magic == kRecordMagic && record->version == kRecordVersion) return record;
  munmap(memory, kRecordBytes);
  return nullptr;
}

FlightRecord& OpenRecord(const char* variable) {
  if (const char* path = std::getenv(variable)) {
    if (FlightRecord* record = MapFile(path)) {
      record->attached.fetch_add(1);
      return *record;
    }
    Say(std::string("flight record '") + path + "' (" + variable +
        "): it is no flight record of this version; nothing is recorded");
  }
  static FlightRecord unread = {};
  return unread;
}

// The record of this process. Never destroyed, because it is used during exit; dropped in a forked
// child, which opens the one that its own environment names.
std::atomic<Record*> current = nullptr;
std::mutex opening;

thread_local std::uint32_t thread_id = 0;
std::atomic<std::uint32_t> process_id = 0;

void ForgetAfterFork() {
  current = nullptr;
  thread_id = 0;
  process_id = 0;
  new (&opening) std::mutex;
}

// Several processes of one case name things in one record. A name is there when its first letter
// is, which is written last.
bool IsNamed(FlightRecord& record, std::uint64_t number) {
  return std::atomic_ref(record.other_names[number][0]).load(std::memory_order_acquire) != 0;
}

void WriteName(char* to, const std::string& name) {
  if (name.empty()) return;
  std::memcpy(to + 1, name.c_str() + 1, name.size());
  std::atomic_ref(*to).store(name.front(), std::memory_order_release);
}

// The number of a name; kOtherNames if it is not there.
std::uint64_t FindName(FlightRecord& record, const std::string& name) {
  const std::uint64_t kept = std::min<std::uint64_t>(record.others_kept, kOtherNames);
  for (std::uint64_t number = 0; number < kept; ++number) {
    if (IsNamed(record, number) && name == record.other_names[number]) return number;
  }
  return kOtherNames;
}

}  // namespace

std::uint32_t ProcessId() {
  std::uint32_t id = process_id.load(std::memory_order_relaxed);
  if (id == 0) process_id = id = static_cast<std::uint32_t>(getpid());
  return id;
}

std::uint32_t ThreadId() {
  if (thread_id == 0) thread_id = static_cast<std::uint32_t>(gettid());
  return thread_id;
}

Record& Record::Get(const char* variable) {
  if (Record* record = current.load(std::memory_order_acquire)) return *record;
  const std::lock_guard lock(opening);
  if (Record* record = current.load()) return *record;
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, ForgetAfterFork);
  auto* record = new Record(OpenRecord(variable));
  current.store(record, std::memory_order_release);
  return *record;
}

void Record::Forget() { delete current.exchange(nullptr); }

DeviceCounters& Record::Counters(std::uint32_t device) {
  const std::uint32_t phase = record_.phase.load(std::memory_order_relaxed);
  return record_.counters[std::min<std::size_t>(phase, kPhases - 1)][device];
}

void Record::RaisePeak(std::uint32_t device, std::uint64_t in_use) {
  std::atomic<std::uint64_t>& peak = Counters(device).peak_bytes;
  std::uint64_t known = peak.load(std::memory_order_relaxed);
  while (known < in_use && !peak.compare_exchange_weak(known, in_use, std::memory_order_relaxed)) {
  }
}

void Record::CountCopy(std::uint32_t device, FaultPoint direction, std::uint64_t bytes) {
  DeviceCounters& counters = Counters(device);
  const auto add = [bytes](std::atomic<std::uint64_t>& sum, std::atomic<std::uint64_t>& calls) {
    sum.fetch_add(bytes, std::memory_order_relaxed);
    calls.fetch_add(1, std::memory_order_relaxed);
  };
  switch (direction) {
    case FaultPoint::kHostToDevice:
      add(counters.host_to_device_bytes, counters.host_to_device_calls);
      break;
    case FaultPoint::kDeviceToHost:
      add(counters.device_to_host_bytes, counters.device_to_host_calls);
      break;
    case FaultPoint::kDeviceToDevice:
      add(counters.device_to_device_bytes, counters.device_to_device_calls);
      break;
    default:
      break;
  }
  RaisePeak(device, record_.bytes_in_use[device].load(std::memory_order_relaxed));
}

void Record::CountKernel(std::uint32_t device) {
  Counters(device).kernels_launched.fetch_add(1, std::memory_order_relaxed);
}

void Record::CountAllocation(std::uint32_t device, std::uint64_t bytes) {
  Counters(device).allocations.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t before =
      record_.bytes_in_use[device].fetch_add(bytes, std::memory_order_relaxed);
  RaisePeak(device, before + bytes);
}

void Record::CountFree(std::uint32_t device, std::uint64_t bytes) {
  RaisePeak(device, record_.bytes_in_use[device].fetch_sub(bytes, std::memory_order_relaxed));
}

void Record::KeepName(const std::string& name) {
  std::uint32_t kept = record_.refused_kept.load();
  do {
    if (kept >= kRefusedNames) return;
  } while (!record_.refused_kept.compare_exchange_weak(kept, kept + 1));
  std::strncpy(record_.refused_names[kept], name.c_str(), kRefusedNameBytes - 1);
}

std::uint16_t Record::OtherEntry(std::string_view name) {
  const std::string short_name(name.substr(0, kOtherNameBytes - 1));
  const std::lock_guard lock(names_mutex_);
  std::uint64_t number = FindName(record_, short_name);
  if (number == kOtherNames) number = record_.others_kept.fetch_add(1);
  if (number >= kOtherNames) {
    record_.others_kept = kOtherNames;
    return kNoEntry;
  }
  if (!IsNamed(record_, number)) WriteName(record_.other_names[number], short_name);
  return static_cast<std::uint16_t>(kFirstOtherName + number);
}

void Record::Refuse(std::string_view library, std::string_view function, std::string_view why) {
  record_.refused.fetch_add(1, std::memory_order_relaxed);
  std::string name(library);
  name.append(": ").append(function);
  const std::lock_guard lock(names_mutex_);
  if (!names_.insert(name).second) return;
  KeepName(name);
  Say(name.append(" refused: ").append(why));
}

}  // namespace portcullis::simcuda
