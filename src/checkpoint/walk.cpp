#include "src/checkpoint/walk.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "src/checkpoint/device_map.h"
#include "src/checkpoint/limits.h"

namespace portcullis::checkpoint {

// A container may be gone through once for each name it has, as long as all that together stays in
// proportion to the pickle; [[a, a], [a, a]] nested thirty deep has a billion names.
Walk::Walk(const Values& values, const TorchCalls& calls, IsLeaf is_leaf, Leaf leaf)
    : values_(values),
      calls_(calls),
      is_leaf_(std::move(is_leaf)),
      leaf_(std::move(leaf)),
      on_path_(values.size()),
      seen_(values.size()),
      visits_left_(4 * std::uint64_t{values.size()} + 1000) {}

void Walk::From(Ref root, const std::string& prefix) {
  path_ = prefix;
  Visit(root);
  while (!frames_.empty()) Step();
}

void Walk::Visit(Ref ref) {
  if (is_leaf_(ref) || !values_.HasItems(calls_.Unwrap(ref))) {
    leaf_(ref, path_.empty() ? std::string(kNoName) : path_);
    return;
  }
  ref = calls_.Unwrap(ref);
  if (on_path_[ref]) return;  // a container inside itself: named once
  const bool again = seen_[ref];
  if ((again && visits_left_ == 0) || frames_.size() >= kDeepestNamed) {
    cut_short_ = true;
    return;
  }
  if (visits_left_ > 0) --visits_left_;
  seen_[ref] = true;
  Enter(ref);
}

void Walk::Enter(Ref ref) {
  switch (values_.KindOf(ref)) {
    case Kind::kTuple:
    case Kind::kList:
      return PushFrame(ref, Names::kIndices);
    case Kind::kDict:
      return PushFrame(ref, Names::kPairs);
    case Kind::kObject:
      return EnterObject(ref);
    default:  // a set's items have no names
      return;
  }
}

void Walk::EnterObject(Ref ref) {
  const Object& object = values_.ObjectOf(ref);
  const Call call = calls_.Of(ref);
  if (call == Call::kUnlisted) return;
  if (object.first != kNoRef) {
    return PushFrame(ref, object.pairs ? Names::kPairs : Names::kIndices);
  }
  if (call == Call::kMapping) {  // Python 2 gives the pairs as an argument
    const Ref pairs = calls_.Argument(ref, 0);
    if (pairs != kNoRef && values_.KindOf(pairs) == Kind::kList) {
      PushFrame(pairs, Names::kListOfPairs);
    }
    return;
  }
  Ref state = object.state;
  if (state != kNoRef && values_.KindOf(state) == Kind::kTuple) state = values_.Item(state, 0);
  if (state != kNoRef && values_.KindOf(state) == Kind::kDict) {
    const Ref parameters = values_.Attribute(state, "_parameters");
    const Ref modules = values_.Attribute(state, "_modules");
    if (parameters == kNoRef || modules == kNoRef) return PushFrame(state, Names::kPairs);
    return EnterModule(parameters, values_.Attribute(state, "_buffers"), modules);
  }
  if (object.arguments != kNoRef && values_.KindOf(object.arguments) == Kind::kTuple) {
    PushFrame(object.arguments, Names::kIndices);  // a named tuple
  }
}

void Walk::EnterModule(Ref parameters, Ref buffers, Ref modules) {
  // The frame on top is gone through first.
  for (const Ref part : {modules, buffers, parameters}) {
    if (part == kNoRef || on_path_[part]) continue;
    const bool is_dict = values_.KindOf(part) == Kind::kDict;
    if (is_dict || calls_.Of(part) == Call::kMapping) PushFrame(part, Names::kPairs);
  }
}

void Walk::PushFrame(Ref ref, Names names) {
  if (on_path_[ref]) return;
  on_path_[ref] = true;
  frames_.push_back({ref, values_.Begin(ref), names, 0, path_.size()});
}

void Walk::Step() {
  Frame& frame = frames_.back();
  path_.resize(frame.name_size);
  Ref key = kNoRef;
  Ref item = values_.Next(frame.at);
  if (frame.names == Names::kPairs && item != kNoRef) {
    key = item;
    item = values_.Next(frame.at);
  } else if (frame.names == Names::kListOfPairs && item != kNoRef) {
    const Ref pair = item;
    key = values_.Item(pair, 0);
    item = values_.Item(pair, 1);
    if (key == kNoRef || item == kNoRef) return;
  }
  if (item == kNoRef) {
    on_path_[frame.ref] = false;
    frames_.pop_back();
    return;
  }
  const std::uint32_t index = frame.index++;
  if (key == kNoRef) {
    AppendName(fmt::to_string(index));
  } else {
    AppendKey(key);
  }
  Visit(item);
}

void Walk::AppendKey(Ref key) {
  switch (values_.KindOf(key)) {
    case Kind::kString:
      return AppendName(values_.TextOf(key).text);
    case Kind::kInt:
      return AppendName(fmt::to_string(values_.Int(key)));
    case Kind::kBool:
      return AppendName(key == values_.Bool(true) ? "True" : "False");
    case Kind::kNone:
      return AppendName("None");
    default:  // a tuple, an enumerator, …: no loader's name for it is known without running it
      return AppendName("?");
  }
}

void Walk::AppendName(std::string_view name) {
  constexpr std::string_view kEllipsis = "…";
  if (path_.size() + name.size() > kLongestName) {
    if (!path_.ends_with(kEllipsis)) path_ += kEllipsis;
    return;
  }
  if (!path_.empty()) path_ += '.';
  path_ += name;
}

}  // namespace portcullis::checkpoint
