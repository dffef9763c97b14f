#include "harness/loader/walk.h"

#include <ATen/ops/empty.h>

#include <map>
#include <sstream>

#include "harness/loader/dtypes.h"

namespace portcullis::loader {
namespace {

constexpr int kDeepest = 200;  // levels of nesting, as in tensors.py

std::string Join(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

std::string NameOr(const std::string& path) { return path.empty() ? "." : path; }

std::string KeyText(const c10::IValue& key) {
  if (key.isString()) return key.toStringRef();
  std::ostringstream text;
  text << key;
  return text.str();
}

class Walker {
 public:
  void Visit(const c10::IValue& value, const std::string& path, int depth) {
    if (depth > kDeepest) {
      throw Unsupported(path + ": nested more than " + std::to_string(kDeepest) + " levels deep");
    }
    if (value.isTensor()) {
      Add(NameOr(path), value.toTensor());
    } else if (value.isString() && NamesDevice(value.toStringRef())) {
      leaves_.values.push_back({NameOr(path), "str", value.toStringRef()});
    } else if (value.isDevice()) {
      leaves_.values.push_back({NameOr(path), "torch.device", value.toDevice().str()});
    } else {
      VisitContainer(value, path, depth);
    }
  }

  void VisitModule(const torch::jit::Module& module, const std::string& path) {
    for (const auto& entry : module.named_parameters(/*recurse=*/false)) {
      Add(Join(path, entry.name), entry.value);
    }
    for (const auto& entry : module.named_buffers(/*recurse=*/false)) {
      Add(Join(path, entry.name), entry.value);
    }
    for (const auto& child : module.named_children()) {
      VisitModule(child.value, Join(path, child.name));
    }
  }

  Leaves Take() { return std::move(leaves_); }

 private:
  void VisitContainer(const c10::IValue& value, const std::string& path, int depth) {
    if (value.isGenericDict()) {
      for (const auto& entry : value.toGenericDict()) {
        Visit(entry.value(), Join(path, KeyText(entry.key())), depth + 1);
      }
    } else if (value.isTuple()) {
      VisitElements(value.toTupleRef().elements().vec(), path, depth);
    } else if (value.isList()) {
      VisitElements(value.toList().vec(), path, depth);
    } else if (value.isModule()) {
      VisitModule(value.toModule(), path);
    }
  }

  void VisitElements(const std::vector<c10::IValue>& elements, const std::string& path, int depth) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      Visit(elements[i], Join(path, std::to_string(i)), depth + 1);
    }
  }

  void Add(const std::string& name, const at::Tensor& tensor) {
    const int count = ++seen_[name];  // {"a.b": …, "a": {"b": …}} names "a.b" twice
    leaves_.tensors.push_back({count == 1 ? name : name + "#" + std::to_string(count), tensor});
  }

  Leaves leaves_;
  std::map<std::string, int> seen_;
};

void RefuseUnreadable(const NamedTensor& named) {
  const at::Tensor& tensor = named.tensor;
  std::string kind;
  if (tensor.layout() != c10::kStrided) {
    std::ostringstream text;
    text << tensor.layout();
    kind = text.str();
  } else if (tensor.is_quantized()) {
    kind = "quantised";
  } else if (tensor.is_nested()) {
    kind = "nested";
  } else {
    return;
  }
  throw Unsupported(named.name + ": a " + kind + " tensor has no contiguous elements to compare");
}

// The tensor's elements, contiguous on the CPU, by plain copies only. A GPU would gather a
// non-contiguous tensor with a kernel, which a simulated GPU does not have; its whole storage is
// copied instead and gathered here.
at::Tensor OnCpu(at::Tensor tensor) {
  tensor = tensor.detach();
  if (!tensor.is_cpu() && !tensor.is_contiguous()) {
    const at::Tensor storage =
        at::empty({0}, at::device(tensor.device()).dtype(at::kByte)).set_(tensor.storage()).cpu();
    at::Tensor here =
        at::empty({0}, tensor.scalar_type())
            .set_(storage.storage(), tensor.storage_offset(), tensor.sizes(), tensor.strides());
    if (tensor.is_conj()) here = here.conj();
    tensor = tensor.is_neg() ? here.neg() : here;
  }
  return tensor.cpu().resolve_conj().resolve_neg().contiguous();
}

}  // namespace

Leaves Walk(const c10::IValue& value) {
  Walker walker;
  walker.Visit(value, "", 0);
  return walker.Take();
}

Leaves Walk(const torch::jit::Module& module) {
  Walker walker;
  walker.VisitModule(module, "");
  return walker.Take();
}

Leaves Walk(torch::serialize::InputArchive& archive) {
  Walker walker;
  for (const std::string& key : archive.keys()) {
    c10::IValue value;
    archive.read(key, value);
    walker.Visit(value, key, 1);
  }
  return walker.Take();
}

FoundTensor Describe(const NamedTensor& named) {
  RefuseUnreadable(named);
  const at::Tensor& tensor = named.tensor;
  FoundTensor found;
  found.name = named.name;
  found.dtype = DtypeName(tensor.scalar_type());
  found.shape = tensor.sizes().vec();
  found.device = tensor.device().str();
  found.bytes = tensor.nbytes();
  if (tensor.is_meta()) return found;
  const at::Tensor here = OnCpu(tensor);
  found.sha256 = Sha256(here.data_ptr(), here.nbytes());
  return found;
}

}  // namespace portcullis::loader
