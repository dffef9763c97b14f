#include "src/checkpoint/pickle_machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace portcullis::checkpoint {

PickleMachine::PickleMachine(Cursor& in, Budget& budget, Values& values, StringSites* sites)
    : in_(in),
      values_(values),
      stack_(budget),
      marks_(budget),
      memo_(budget),
      budget_(budget),
      sites_(sites) {}

std::uint8_t PickleMachine::NextOpcode() {
  opcode_at_ = in_.Offset();
  return in_.U8();
}

void PickleMachine::Damaged(const std::string& found, const std::string& expected) const {
  in_.source().Damaged(opcode_at_, fmt::format("{} {}", name_, found), expected);
}

std::uint32_t PickleMachine::LastMark() const {
  if (marks_.empty()) Damaged("without a MARK before it", "a MARK");
  return marks_[marks_.size() - 1];
}

Ref PickleMachine::Top() {
  const std::uint32_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) Damaged("with nothing to work on", "a value on the stack");
  return stack_.back();
}

Ref PickleMachine::Pop() {
  const Ref top = Top();
  stack_.truncate(stack_.size() - 1);
  return top;
}

void PickleMachine::PushString(Ref ref) {
  Push(ref);
  if (sites_ != nullptr) {
    sites_->String(stack_.size() - 1, {opcode_at_, in_.Offset(), ref}, values_.TextOf(ref).text);
  }
}

void PickleMachine::Duplicate() {
  const Ref top = Top();
  Push(top);
  if (sites_ != nullptr) sites_->Duplicate(stack_.size() - 1, {opcode_at_, in_.Offset(), top});
}

void PickleMachine::EnterFrame(std::uint64_t size) {
  in_.source().Require(in_.Offset(), size, "frame");
  if (sites_ != nullptr) sites_->Frame(in_.Offset(), size);
}

void PickleMachine::PushMark() { marks_.push_back(stack_.size()); }

void PickleMachine::PopValueOrMark() {
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.truncate(marks_.size() - 1);
  } else {
    Pop();
  }
}

Ref PickleMachine::CollectMarked(Kind kind) {
  const std::uint32_t mark = LastMark();
  const Ref made = values_.AddEmpty(kind);
  values_.AddItems(made, stack_, mark, stack_.size());
  if (sites_ != nullptr && kind == Kind::kTuple) sites_->Items(made, mark, stack_.size());
  if (kind == Kind::kDict && (stack_.size() - mark) % 2 != 0) {
    Damaged("with a key that has no value", "pairs");
  }
  stack_.truncate(mark);
  marks_.truncate(marks_.size() - 1);
  return made;
}

void PickleMachine::RequireContainer(Ref ref, bool pairs) const {
  const Kind kind = values_.KindOf(ref);
  const bool fits = kind == Kind::kObject || kind == Kind::kPersistent ||
                    (pairs ? kind == Kind::kDict : kind == Kind::kList || kind == Kind::kSet);
  if (!fits) Damaged("on a value that holds no items", pairs ? "a dict" : "a list or a set");
}

void PickleMachine::ExtendMarked(bool pairs) {
  const std::uint32_t mark = LastMark();
  const std::uint32_t end = stack_.size();
  marks_.truncate(marks_.size() - 1);
  stack_.truncate(mark);
  const Ref target = Top();
  RequireContainer(target, pairs);
  if (pairs && (end - mark) % 2 != 0) Damaged("with a key that has no value", "pairs");
  if (values_.KindOf(target) == Kind::kPersistent) return;
  if (values_.KindOf(target) == Kind::kObject) values_.ObjectOf(target).pairs = pairs;
  // truncate() keeps the memory: what was above the mark is still there.
  values_.AddItems(target, stack_, mark, end);
}

void PickleMachine::AddTo(Ref target, Ref key, Ref value) {
  RequireContainer(target, key != kNoRef);
  if (values_.KindOf(target) == Kind::kPersistent) return;
  if (values_.KindOf(target) == Kind::kObject) values_.ObjectOf(target).pairs = key != kNoRef;
  if (key != kNoRef) values_.AddItem(target, key);
  values_.AddItem(target, value);
}

void PickleMachine::DropMarked() {
  stack_.truncate(LastMark());
  marks_.truncate(marks_.size() - 1);
}

void PickleMachine::Remember(std::uint64_t index, Ref ref) {
  if (sites_ != nullptr) sites_->Remember(index, stack_.size() - 1);
  constexpr std::uint32_t kLargestGap = 1024;
  if (index > memo_.size() + std::uint64_t{kLargestGap}) {
    budget_.Take(64);
    far_memo_[index] = ref;
    return;
  }
  while (memo_.size() <= index) memo_.push_back(kNoRef);
  memo_[static_cast<std::uint32_t>(index)] = ref;
}

void PickleMachine::Recall(std::uint64_t index) {
  Ref found = kNoRef;
  if (index < memo_.size()) found = memo_[static_cast<std::uint32_t>(index)];
  if (found == kNoRef && !far_memo_.empty()) {
    const auto far = far_memo_.find(index);
    if (far != far_memo_.end()) found = far->second;
  }
  if (found == kNoRef) {
    Damaged(fmt::format("of memo entry {}", index), "an entry that was put there before");
  }
  Push(found);
  if (sites_ != nullptr) {
    sites_->Recall(index, stack_.size() - 1, {opcode_at_, in_.Offset(), found});
  }
}

void PickleMachine::PushText(Kind kind, std::uint64_t size) {
  if (size > in_.Left()) in_.source().Require(in_.Offset(), size, std::string(name_));
  Text text;
  text.size = size;
  text.offset = in_.Offset();
  text.opcode_at = opcode_at_;
  const std::uint64_t kept = kind == Kind::kString ? std::min(size, Values::kTextKept) : 0;
  text.text = in_.Text(kept);
  if (kind == Kind::kString) {
    PushString(values_.AddString(text));
  } else {
    Push(values_.AddBytes(text));
  }
  if (kept < size) in_.Skip(size - kept);
}

void PickleMachine::PushTuple(unsigned count) {
  if (stack_.size() < count) Damaged("with too few values", fmt::format("{} values", count));
  const Ref made = values_.AddEmpty(Kind::kTuple);
  const std::uint32_t first = stack_.size() - count;
  if (!marks_.empty() && first < marks_.back()) {
    Damaged("with too few values", fmt::format("{} values", count));
  }
  values_.AddItems(made, stack_, first, stack_.size());
  if (sites_ != nullptr) sites_->Items(made, first, stack_.size());
  stack_.truncate(first);
  Push(made);
}

void PickleMachine::Reduce() {
  const Ref arguments = Pop();
  const Ref callee = Pop();
  Push(values_.AddObject(callee, arguments));
}

void PickleMachine::Build() {
  const Ref state = Pop();
  const Ref target = Top();
  if (values_.KindOf(target) != Kind::kObject) return;
  Object& object = values_.ObjectOf(target);
  if (object.state == kNoRef) object.state = state;
}

}  // namespace portcullis::checkpoint
