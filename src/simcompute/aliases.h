// Owns: CPU tensors over the memory of device tensors, for the time of one operator, and the device
// tensors that its results become.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/SmallVector.h>

namespace portcullis::simcompute {

class Aliases {
 public:
  // `operator_name`, for messages, outlives this.
  Aliases(c10::DeviceIndex device, const char* operator_name)
      : device_(device), operator_name_(operator_name) {}

  // A CPU tensor with the same bytes, sizes and strides. A tensor that is not on a GPU is returned
  // as it is. `written`: the operator may write to it or resize it.
  at::Tensor Of(const at::Tensor& tensor, bool written);

  // After the operator: gives the originals of written tensors the size and the memory that their
  // aliases have now.
  void FinishWrites();

  // What a result of the operator is on the device: the original, if it is an alias; a view of an
  // original's memory, if it is a view of an alias; else a tensor of its own, made without a copy
  // if its memory is the device's. Throws NotImplementedError for sparse, quantized and nested
  // results.
  at::Tensor Back(const at::Tensor& result);

 private:
  struct Pair {
    at::Tensor original;
    at::Tensor alias;
    bool written;
  };
  struct StoragePair {
    c10::Storage device;
    c10::Storage host;
  };

  const c10::Storage& HostStorage(const c10::Storage& device);
  c10::Storage DeviceStorage(const at::Tensor& result);

  c10::DeviceIndex device_;
  const char* operator_name_;
  c10::SmallVector<Pair, 8> tensors_;
  c10::SmallVector<StoragePair, 8> storages_;
};

}  // namespace portcullis::simcompute
