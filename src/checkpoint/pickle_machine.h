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
  std::uint8_t NextOpcode();

  void Push(Ref ref) {
    stack_.push_back(ref);
    if (sites_ != nullptr) sites_->Other(stack_.size() - 1);
  }
  // The string whose opcode has just been read.
  void PushString(Ref ref);
  void Duplicate();
  Ref Pop();
  Ref Top();
  void PushMark();
  // Makes a tuple, list, dict or set of what was pushed since the last mark, and drops both.
  Ref CollectMarked(Kind kind);
  // Adds what was pushed since the last mark to the value below it.
  void ExtendMarked(bool pairs);
  // Adds one item, or one key and its value, to a container.
  void AddTo(Ref target, Ref key, Ref value);
  void DropMarked();
  // POP also takes back a mark.
  void PopValueOrMark();

  void Remember(std::uint64_t index, Ref ref);
  void Memoize() { Remember(memo_.size() + far_memo_.size(), Top()); }
  void Recall(std::uint64_t index);

  // The opcodes of the next `size` bytes are one frame.
  void EnterFrame(std::uint64_t size);

  // A string or bytes of `size` bytes at the cursor, which moves behind them.
  void PushText(Kind kind, std::uint64_t size);
  void PushTuple(unsigned count);
  void Reduce();
  void Build();

  // Throws CheckpointError at the current opcode.
  [[noreturn]] void Damaged(const std::string& found, const std::string& expected) const;

 private:
  std::uint32_t LastMark() const;  // stack size at the last mark
  void RequireContainer(Ref ref, bool pairs) const;

  Cursor& in_;
  Values& values_;
  Chunked<Ref> stack_;
  Chunked<std::uint32_t> marks_;
  Chunked<Ref> memo_;                                // indices 0, 1, 2, … as picklers write them
  std::unordered_map<std::uint64_t, Ref> far_memo_;  // any other index
  Budget& budget_;
  StringSites* sites_;
  std::uint64_t opcode_at_ = 0;
  std::string_view name_;
};

}  // namespace portcullis::checkpoint
