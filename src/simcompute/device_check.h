// Owns: refusing tensors on different devices, in PyTorch's own words.
//
// Real CUDA kernels check in two places: in wrappers that PyTorch generates around most operators,
// which name the argument, and in TensorIterator, which does not. The CPU's kernels, which run here
// instead, see tensors of one device only, so both checks are made before.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <c10/util/ArrayRef.h>

#include <cstdint>
#include <string>
#include <vector>

namespace portcullis::simcompute {

class DeviceCheck {
 public:
  explicit DeviceCheck(const c10::FunctionSchema& schema);

  // Throws if the tensors among `arguments` may not meet in this operator.
  void operator()(c10::ArrayRef<c10::IValue> arguments) const;

 private:
  // An argument that holds tensors, in the order in which PyTorch looks at it.
  struct Argument {
    std::size_t position;
    std::string name;
    bool is_output;
  };

  void CheckAsWrapper(c10::ArrayRef<c10::IValue> arguments) const;
  void CheckAsIterator(c10::ArrayRef<c10::IValue> arguments) const;

  std::string wrapper_;  // name of the generated wrapper, "" if it makes no check
  std::vector<Argument> arguments_;
};

// The devices of the tensors among `arguments`: calls visit(tensor) for each that is defined.
template <class Visit>
void ForEachTensor(const c10::IValue& argument, Visit&& visit) {
  if (argument.isTensor()) {
    if (argument.toTensor().defined()) visit(argument.toTensor());
  } else if (argument.isList()) {
    for (const c10::IValue& element : argument.toListRef()) {
      if (element.isTensor() && element.toTensor().defined()) visit(element.toTensor());
    }
  }
}

}  // namespace portcullis::simcompute
