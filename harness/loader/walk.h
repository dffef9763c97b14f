// Owns: what a loaded object holds: every tensor by name, and values naming devices.
//
// Names are paths of dictionary keys, list indices and module attributes joined by dots
// ("model.0.weight"; "." for the object itself), unique; portcullis_loader/tensors.py names
// things the same way.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/api/include/torch/serialize/input-archive.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "harness/loader/found.h"

namespace portcullis::loader {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
struct Leaves {
  std::vector<NamedTensor> tensors;  // in the order of their containers
  std::vector<FoundValue> values;
};

// Dictionaries, lists, tuples and objects, as torch::pickle_load gives them.
Leaves Walk(const c10::IValue& value);
// Each submodule's own parameters, then its own buffers, then its children. Plain attributes are
// not listed: Python cannot enumerate those of a ScriptModule (PyTorch 2.11).
Leaves Walk(const torch::jit::Module& module);
Leaves Walk(torch::serialize::InputArchive& archive);

// Describes a tensor, reading its elements back. Throws Unsupported for sparse, quantised and
// nested tensors, which have no contiguous elements.
FoundTensor Describe(const NamedTensor& named);

}  // namespace portcullis::loader
