// Owns: the stack, the marks and the memo of a pickle, on values that nobody executes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/string_sites.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

class PickleMachine {
 public:
  // `sites`, if given, is told where strings are pushed and what becomes of them.
  PickleMachine(Cursor& in, Budget& budget, Values& values, StringSites* sites = nullptr);

  Cursor& in() { return in_; }
  Values& values() { return values_; }
  std::uint64_t opcode_at() const { return opcode_at_; }
  void StartOpcode(std::string_view name) { name_ = name; }
  std::uint8_t NextOpcode() {
    opcode_at_ = in_.Offset();
    return in_.U8();
  }

  void NoteOpcode(std::uint8_t code) { values_.NoteOpcode(code, in_.Peek(), opcode_at_); }

  void Push(Ref ref) {
    stack_.push_back(ref);
    if (sites_ != nullptr) sites_->Other(stack_.size() - 1);
  }
  // The string whose opcode has just been read.
  void PushString(Ref ref) {
    Push(ref);
    if (sites_ != nullptr) TellOfString(ref);
  }
  void Duplicate();
  Ref Top() const {
    if (stack_.size() <= floor_) Damaged("with nothing to work on", "a value on the stack");
    return stack_.back();
  }
  Ref Pop() {
    const Ref top = Top();
    stack_.pop_back();
    return top;
  }
  void PushMark() {
    floor_ = stack_.size();
    marks_.push_back(floor_);
  }
  // Makes a tuple, list, dict or set of what was pushed since the last mark, and drops both.
  Ref CollectMarked(Kind kind);
  // Adds what was pushed since the last mark to the value below it.
  void ExtendMarked(bool pairs);
  // Adds one item, or one key and its value, to a container.
  void AddTo(Ref target, Ref key, Ref value);
  void DropMarked();
  // POP also takes back a mark.
  void PopValueOrMark();

  void Remember(std::uint64_t index, Ref ref) {
    if (sites_ != nullptr) sites_->Remember(index, stack_.size() - 1);
    if (index == memo_.size()) {
      memo_.push_back(ref);
    } else {
      RememberOutOfOrder(index, ref);
    }
  }
  void Memoize() { Remember(memo_.size() + far_memo_.size(), Top()); }
  void Recall(std::uint64_t index) {
    const Ref found = index < memo_.size() ? memo_[static_cast<std::uint32_t>(index)] : kNoRef;
    Push(found != kNoRef ? found : RecallFar(index));
    if (sites_ != nullptr) TellOfRecall(index);
  }

  // The opcodes of the next `size` bytes are one frame.
  void EnterFrame(std::uint64_t size);

  // A string or bytes of `size` bytes at the cursor, which moves behind them.
  void PushText(Kind kind, std::uint64_t size);
  void PushTuple(unsigned count);
  void Reduce() {
    const Ref arguments = Pop();
    const Ref callee = Pop();
    Push(values_.AddObject(callee, arguments));
  }
  void Build();

  // Throws CheckpointError at the current opcode.
  [[noreturn]] void Damaged(std::string_view found, std::string_view expected) const;

 private:
  std::uint32_t LastMark() const;  // stack size at the last mark
  void DropMark();
  Ref MakeTuple(std::uint32_t first);
  void RememberOutOfOrder(std::uint64_t index, Ref ref);
  Ref RecallFar(std::uint64_t index) const;
  void TellOfString(Ref ref);
  void TellOfRecall(std::uint64_t index);
  void Fill(Ref object, bool pairs);
  void RequireContainer(Ref ref, bool pairs) const;

  Cursor& in_;
  Values& values_;
  Chunked<Ref> stack_;
  Chunked<std::uint32_t> marks_;
  std::uint32_t floor_ = 0;  // stack size at the last mark: what is below it is out of reach
  Chunked<Ref> memo_;        // indices 0, 1, 2, … as picklers write them
  std::unordered_map<std::uint64_t, Ref> far_memo_;  // any other index
  Budget& budget_;
  StringSites* sites_;
  std::uint64_t opcode_at_ = 0;
  std::string_view name_;
};

}  // namespace portcullis::checkpoint
