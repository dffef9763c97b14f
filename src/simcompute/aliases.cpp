#include "src/simcompute/aliases.h"

#include <c10/core/CPUAllocator.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include <cstring>

#include "src/simcompute/device_allocator.h"
#include "src/simcompute/device_view.h"

namespace portcullis::simcompute {
namespace {

namespace cuda = c10::cuda::CUDACachingAllocator;

void Nothing(void*) {}

void DropStorage(void* storage) { delete static_cast<c10::Storage*>(storage); }

c10::Storage MakeStorage(c10::DataPtr&& memory, std::size_t bytes, c10::Allocator* allocator) {
  return c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), bytes,
                                               std::move(memory), allocator, /*resizable=*/true);
}

// A tensor of this key over `storage`, with everything else as in `like`.
at::Tensor MakeTensor(c10::Storage storage, c10::DispatchKey key, const at::Tensor& like) {
  at::Tensor made = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(key), like.dtype());
  c10::TensorImpl& impl = *made.unsafeGetTensorImpl();
  impl.set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  if (like.is_conj()) impl._set_conj(true);
  if (like.is_neg()) impl._set_neg(true);
  if (like.unsafeGetTensorImpl()->is_wrapped_number()) impl.set_wrapped_number(true);
  return made;
}

bool IsSame(const c10::Storage& a, const c10::Storage& b) {
  return a.unsafeGetStorageImpl() == b.unsafeGetStorageImpl();
}

bool SameGeometry(const at::Tensor& a, const at::Tensor& b) {
  return a.storage_offset() == b.storage_offset() && a.sizes() == b.sizes() &&
         a.strides() == b.strides();
}

}  // namespace

const c10::Storage& Aliases::HostStorage(const c10::Storage& device) {
  for (const StoragePair& pair : storages_) {
    if (IsSame(pair.device, device)) return pair.host;
  }
  const c10::DeviceIndex owner = device.device().index();
  void* bytes = HostView(const_cast<void*>(device.data()), owner);
  c10::DataPtr memory(bytes, nullptr, &Nothing, c10::Device(c10::DeviceType::CPU));
  storages_.push_back(
      {device, MakeStorage(std::move(memory), device.nbytes(), c10::GetCPUAllocator())});
  return storages_.back().host;
}

at::Tensor Aliases::Of(const at::Tensor& tensor, bool written) {
  if (!tensor.defined() || !tensor.is_cuda()) return tensor;
  for (Pair& pair : tensors_) {
    if (!pair.original.is_same(tensor)) continue;
    pair.written |= written;
    return pair.alias;
  }
  at::Tensor alias = MakeTensor(HostStorage(tensor.storage()), c10::DispatchKey::CPU, tensor);
  tensors_.push_back({tensor, alias, written});
  return alias;
}

void Aliases::FinishWrites() {
  for (const Pair& pair : tensors_) {
    if (!pair.written) continue;
    if (!IsSame(pair.alias.storage(), HostStorage(pair.original.storage())) ||
        pair.alias.storage().nbytes() != pair.original.storage().nbytes()) {
      // Resized: the alias has got new memory.
      c10::StorageImpl& from = *pair.alias.storage().unsafeGetStorageImpl();
      c10::StorageImpl& to = *pair.original.storage().unsafeGetStorageImpl();
      if (IsOnDevice(from.data_ptr())) {
        to.set_data_ptr_noswap(AsDeviceMemory(std::move(from.mutable_data_ptr()), device_));
      }
      to.set_nbytes(from.nbytes());
    }
    if (!SameGeometry(pair.alias, pair.original)) {
      pair.original.unsafeGetTensorImpl()->set_sizes_and_strides(
          pair.alias.sizes(), pair.alias.strides(), pair.alias.storage_offset());
    }
  }
}

c10::Storage Aliases::DeviceStorage(const at::Tensor& result) {
  const c10::Storage& host = result.storage();
  for (const StoragePair& pair : storages_) {
    if (IsSame(pair.host, host)) return pair.device;
  }
  c10::StorageImpl& made = *host.unsafeGetStorageImpl();
  const std::size_t bytes = made.nbytes();
  c10::DataPtr memory(nullptr, c10::Device(c10::DeviceType::CUDA, device_));
  if (void* view = IsOnDevice(made.data_ptr()) ? made.mutable_data() : nullptr) {
    // Another result of the operator, or whatever its kernel keeps.
    const bool is_held_elsewhere = result.use_count() > 1 || host.use_count() > 1;
    memory = AsDeviceMemory(std::move(made.mutable_data_ptr()), device_);
    c10::Storage device = MakeStorage(std::move(memory), bytes, cuda::get());
    if (is_held_elsewhere) {  // whoever holds the CPU's storage keeps the device's memory with it
      made.set_data_ptr_noswap(c10::DataPtr(view, new c10::Storage(device), &DropStorage,
                                            c10::Device(c10::DeviceType::CPU)));
      storages_.push_back({device, host});
    }
    return device;
  }
  if (bytes) {
    memory = cuda::get()->allocate(bytes);
    std::memcpy(HostView(memory.get(), device_), made.data(), bytes);
  }
  storages_.push_back({MakeStorage(std::move(memory), bytes, cuda::get()), host});
  return storages_.back().device;
}

at::Tensor Aliases::Back(const at::Tensor& result) {
  if (!result.defined()) return result;
  for (const Pair& pair : tensors_) {
    if (pair.alias.is_same(result)) return pair.original;
  }
  const bool is_plain =
      result.layout() == at::kStrided && !result.is_quantized() && !result.is_nested();
  TORCH_CHECK_NOT_IMPLEMENTED(is_plain, operator_name_,
                              " is not computed on a simulated GPU: its result is ",
                              result.layout(), result.is_quantized() ? " and quantized" : "",
                              result.is_nested() ? " and nested" : "", ", not a plain tensor");
  if (!result.is_cpu()) return result;
  return MakeTensor(DeviceStorage(result), c10::DispatchKey::CUDA, result);
}

}  // namespace portcullis::simcompute
