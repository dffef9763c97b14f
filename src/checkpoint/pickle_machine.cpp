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

void PickleMachine::Damaged(std::string_view found, std::string_view expected) const {
  in_.source().Damaged(opcode_at_, fmt::format("{} {}", name_, found), std::string(expected));
}

std::uint32_t PickleMachine::LastMark() const {
  if (marks_.empty()) Damaged("without a MARK before it", "a MARK");
  return floor_;
}

void PickleMachine::DropMark() {
  marks_.pop_back();
  floor_ = marks_.empty() ? 0 : marks_.back();
}

void PickleMachine::TellOfString(Ref ref) {
  sites_->String(stack_.size() - 1, {opcode_at_, in_.Offset(), ref}, values_.TextOf(ref).text);
}

void PickleMachine::TellOfRecall(std::uint64_t index) {
  sites_->Recall(index, stack_.size() - 1, {opcode_at_, in_.Offset(), stack_.back()});
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

void PickleMachine::PopValueOrMark() {
  if (!marks_.empty() && floor_ == stack_.size()) {
    DropMark();
  } else {
    Pop();
  }
}

Ref PickleMachine::CollectMarked(Kind kind) {
  const std::uint32_t mark = LastMark();
  DropMark();
  if (kind == Kind::kTuple) return MakeTuple(mark);
  const Ref made = values_.AddEmpty(kind);
  values_.AddItems(made, stack_, mark, stack_.size());
  if (kind == Kind::kDict && (stack_.size() - mark) % 2 != 0) {
    Damaged("with a key that has no value", "pairs");
  }
  stack_.truncate(mark);
  return made;
}

// Of what is on the stack from `first` on, which is taken from it.
Ref PickleMachine::MakeTuple(std::uint32_t first) {
  const Ref made = values_.AddTuple(stack_, first, stack_.size());
  if (sites_ != nullptr) sites_->Items(made, first, stack_.size());
  stack_.truncate(first);
  return made;
}

void PickleMachine::RequireContainer(Ref ref, bool pairs) const {
  const Kind kind = values_.KindOf(ref);
  const bool fits = kind == Kind::kObject || kind == Kind::kPersistent ||
                    (pairs ? kind == Kind::kDict : kind == Kind::kList || kind == Kind::kSet);
  if (!fits) Damaged("on a value that holds no items", pairs ? "a dict" : "a list or a set");
}

void PickleMachine::Fill(Ref object, bool pairs) {
  values_.ObjectOf(object).pairs = pairs;
  values_.NoteFilled(object, opcode_at_);
}

void PickleMachine::ExtendMarked(bool pairs) {
  const std::uint32_t mark = LastMark();
  const std::uint32_t end = stack_.size();
  DropMark();
  stack_.truncate(mark);
  const Ref target = Top();
  RequireContainer(target, pairs);
  if (pairs && (end - mark) % 2 != 0) Damaged("with a key that has no value", "pairs");
  if (values_.KindOf(target) == Kind::kPersistent) return;
  if (values_.KindOf(target) == Kind::kObject) Fill(target, pairs);
  // truncate() keeps the memory: what was above the mark is still there.
  values_.AddItems(target, stack_, mark, end);
}

void PickleMachine::AddTo(Ref target, Ref key, Ref value) {
  RequireContainer(target, key != kNoRef);
  if (values_.KindOf(target) == Kind::kPersistent) return;
  if (values_.KindOf(target) == Kind::kObject) Fill(target, key != kNoRef);
  if (key != kNoRef) values_.AddItem(target, key);
  values_.AddItem(target, value);
}

void PickleMachine::DropMarked() {
  stack_.truncate(LastMark());
  DropMark();
}

void PickleMachine::RememberOutOfOrder(std::uint64_t index, Ref ref) {
  constexpr std::uint32_t kLargestGap = 1024;
  if (index > memo_.size() + std::uint64_t{kLargestGap}) {
    budget_.Take(64);
    far_memo_[index] = ref;
    return;
  }
  while (memo_.size() <= index) memo_.push_back(kNoRef);
  memo_[static_cast<std::uint32_t>(index)] = ref;
}

Ref PickleMachine::RecallFar(std::uint64_t index) const {
  const auto far = far_memo_.find(index);
  if (far != far_memo_.end()) return far->second;
  Damaged(fmt::format("of memo entry {}", index), "an entry that was put there before");
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
  if (stack_.size() - floor_ < count) {
    Damaged("with too few values", fmt::format("{} values", count));
  }
  Push(MakeTuple(stack_.size() - count));
}

void PickleMachine::Build() {
  const Ref state = Pop();
  const Ref target = Top();
  if (values_.KindOf(target) != Kind::kObject) return;
  values_.NoteFilled(target, opcode_at_);
  Object& object = values_.ObjectOf(target);
  if (object.state == kNoRef) object.state = state;
}

}  // namespace portcullis::checkpoint
