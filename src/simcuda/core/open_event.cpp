#include "src/simcuda/core/open_event.h"

#include "src/simcuda/core/clock.h"

namespace portcullis::simcuda {
namespace {

thread_local OpenEvent* current = nullptr;

// One writer at a time, and readers that do not mind what they see before `sequence` is there.
template <class To, class From>
void Store(std::atomic<To>& to, From from) {
  to.store(static_cast<To>(from), std::memory_order_relaxed);
}

}  // namespace

OpenEvent::OpenEvent(Record& record, std::uint16_t entry, bool quiet)
    : record_(record), outer_(current), entry_(entry) {
  current = this;
  if (!quiet) TakeSlot();
}

OpenEvent::~OpenEvent() { current = outer_; }

OpenEvent* OpenEvent::Current() { return current; }

void OpenEvent::TakeSlot() {
  sequence_ = record_.NextSequence();
  slot_ = &record_.Slot(sequence_);
  // So that the next call need not wait for its line: what is copied meanwhile drives out the rest.
  __builtin_prefetch(&record_.Slot(sequence_ + 1), 1);
  begin_ns_ = MonotonicNs();
  Store(slot_->sequence, 0);
  Store(slot_->begin_ns, begin_ns_);
  Store(slot_->duration_ns, 0);
  Store(slot_->process, ProcessId());
  Store(slot_->thread, ThreadId());
  Store(slot_->result, kNotReturned);
  Store(slot_->entry, entry_);
  Store(slot_->phase, record_.phase());
  Store(slot_->rule, 0);
  At(point_, device_, bytes_);
  slot_->sequence.store(sequence_, std::memory_order_release);
}

void OpenEvent::At(FaultPoint point, const Device* device, std::uint64_t bytes) {
  point_ = point;
  device_ = device;
  bytes_ = bytes;
  if (!slot_) return;
  Store(slot_->point, point);
  Store(slot_->device, device ? device->ordinal() : kNoDevice);
  Store(slot_->gpu, device ? static_cast<int>(device->physical()) : kNoDevice);
  Store(slot_->bytes, bytes);
}

void OpenEvent::Fired(std::size_t rule) {
  if (!slot_) TakeSlot();
  Store(slot_->rule, rule + 1);
}

cudaError_t OpenEvent::End(cudaError_t result) {
  if (!slot_ && result == cudaSuccess) return result;
  if (!slot_) TakeSlot();
  Store(slot_->duration_ns, MonotonicNs() - begin_ns_);
  slot_->result.store(result, std::memory_order_release);
  return result;
}

}  // namespace portcullis::simcuda
