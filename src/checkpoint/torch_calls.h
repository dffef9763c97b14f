// Owns: the functions and classes that PyTorch's pickles call, and what a call of one describes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/checkpoint/dtypes.h"
#include "src/checkpoint/shape.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

enum class Call : std::uint8_t {
  kUnknown,
  kTensor,           // storage, offset, size, stride, …
  kTensorWithDtype,  // the same, with the dtype as argument 6
  kNestedTensor,     // buffer, sizes, strides, offsets
  kSparseTensor,     // layout, (indices, values, size, …)
  kMetaTensor,       // dtype, size, stride, requires_grad
  kFromNumpy,        // data, dtype, device, requires_grad
  kWrapperSubclass,  // class, dtype, size, stride, offset, layout, device, requires_grad
  kWrapped,          // the value itself as argument 0
  kFromType,         // function, type, arguments, state
  kDevice,           // torch.device
  kLoadFromBytes,    // torch.load of the bytes
  kEncode,           // bytes as text: protocols before 3 have no bytes
  kMapping,          // OrderedDict, defaultdict
  kUnlisted,         // sets, whose items have no names
};

// What a global is, by module and name; kUnknown for users' own.
Call CallOf(const Global& global);

// A tensor as the pickle describes it.
struct Described {
  const Dtype* dtype = nullptr;  // null: the storage's, or not known
  Shape shape;                   // empty also where the pickle does not say
  Ref storage = kNoRef;          // the storage (kPersistent, or a kLoadFromBytes call)
  Ref device = kNoRef;           // argument that names its device, if no storage does
  bool is_meta = false;
};

class TorchCalls {
 public:
  explicit TorchCalls(const Values& values);

  // What an object calls.
  Call Of(Ref ref) const { return View(ref).call; }

  // The tensor that a value stands for, if it is one. A bare storage is not.
  std::optional<Described> Describe(Ref ref) const;

  // What restore_type_tag(value, type), Parameter(data, …) and the like stand for.
  Ref Unwrap(Ref ref) const;

  // Argument `index` of a call, or kNoRef.
  Ref Argument(Ref ref, std::uint32_t index) const;

  // Sizes given as a tuple or torch.Size; empty for anything else.
  Shape SizesOf(Ref size) const;

  // The shape of a pickled numpy array; empty for anything else.
  Shape SizesOfArray(Ref array) const;

  // The name of the class that a reference names: "FloatStorage". Empty if it is none.
  std::string_view ClassName(Ref ref) const;

 private:
  // A call and its arguments, looking through _rebuild_from_type_v2(function, type, arguments, …).
  struct CallView {
    Call call = Call::kUnknown;
    Ref arguments = kNoRef;  // a tuple
    Ref Argument(const Values& values, std::uint32_t index) const;
  };
  CallView View(Ref ref) const;
  Call CallOfGlobal(Ref ref) const;
  Described Plain(const CallView& view) const;
  std::optional<Described> Sparse(const CallView& view) const;

  const Dtype* DtypeOf(Ref ref) const { return DtypeByName(ClassName(ref)); }

  const Values& values_;
  std::vector<Call> by_global_;
};

}  // namespace portcullis::checkpoint
