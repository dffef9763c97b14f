// Owns: going through the values of a pickle from its root, and the names that this gives them.
//
// Names are as loaders give them: keys of mappings, indices of sequences and attributes of objects
// joined by dots; a module's own parameters, then its own buffers, then its children; "." for the
// root itself. Two names for one value are two names.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/torch_calls.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

class Walk {
 public:
  // Called for every value that is not entered: tensors, storages, strings, numbers, ….
  using Leaf = std::function<void(Ref ref, const std::string& name)>;
  // Says of a value that it is to be a leaf, whatever it holds.
  using IsLeaf = std::function<bool(Ref ref)>;

  Walk(const Values& values, const TorchCalls& calls, IsLeaf is_leaf, Leaf leaf);

  void From(Ref root, const std::string& prefix);

  // Not everything has been named: nested too deep, or too many names for the same values.
  bool cut_short() const { return cut_short_; }

 private:
  enum class Names { kIndices, kPairs, kListOfPairs };
  struct Frame {
    Ref ref = kNoRef;  // what is being gone through
    ItemPosition at;
    Names names = Names::kIndices;
    std::uint32_t index = 0;
    std::size_t name_size = 0;  // of the path down to here
  };

  void Visit(Ref ref);
  void Enter(Ref ref);
  void EnterObject(Ref ref);
  void EnterModule(Ref parameters, Ref buffers, Ref modules);
  void PushFrame(Ref ref, Names names);
  void Step();
  void AppendKey(Ref key);
  void AppendName(std::string_view name);

  const Values& values_;
  const TorchCalls& calls_;
  IsLeaf is_leaf_;
  Leaf leaf_;
  std::vector<Frame> frames_;
  std::vector<bool> on_path_;
  std::vector<bool> seen_;
  std::uint64_t visits_left_;
  std::string path_;
  bool cut_short_ = false;
};

}  // namespace portcullis::checkpoint
