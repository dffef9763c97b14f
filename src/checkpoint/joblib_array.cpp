#include "src/checkpoint/joblib_array.h"

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace portcullis::checkpoint {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

bool IsWrapper(const Values& values, Ref ref) {
  if (values.KindOf(ref) != Kind::kObject) return false;
  const Ref callee = values.ObjectOf(ref).callee;
  if (callee == kNoRef || values.KindOf(callee) != Kind::kGlobal) return false;
  const Global& global = values.GlobalOf(callee);
  // Also "sklearn.externals.joblib.numpy_pickle", of scikit-learn before 0.21.
  return global.name == "NumpyArrayWrapper" && global.module.ends_with("joblib.numpy_pickle");
}

// The code of numpy.dtype('f8', …): a kind, and its size in bytes, or in characters of 4 bytes.
std::string_view DtypeCode(const Values& values, Ref dtype) {
  if (dtype == kNoRef || values.KindOf(dtype) != Kind::kObject) return {};
  const Ref arguments = values.ObjectOf(dtype).arguments;
  const Ref code = arguments == kNoRef ? kNoRef : values.Item(arguments, 0);
  return values.IsString(code) ? values.TextOf(code).text : std::string_view();
}

std::optional<std::uint64_t> ElementSize(std::string_view code) {
  constexpr std::uint64_t kBytesOfCharacter = 4;
  std::uint64_t size = 0;
  if (code.size() < 2) return {};
  const char* const end = code.data() + code.size();
  const auto [stop, error] = std::from_chars(code.data() + 1, end, size);
  if (error != std::errc() || stop != end || size > kMost / kBytesOfCharacter) return {};
  return code[0] == 'U' ? kBytesOfCharacter * size : size;
}

std::optional<std::uint64_t> ArraySize(const Values& values, Ref shape, std::string_view code) {
  auto size = ElementSize(code);
  if (!size || shape == kNoRef || values.KindOf(shape) != Kind::kTuple) return {};
  ItemPosition at = values.Begin(shape);
  for (Ref item = values.Next(at); item != kNoRef; item = values.Next(at)) {
    if (!values.IsInt(item) || values.Int(item) < 0) return {};
    const auto count = static_cast<std::uint64_t>(values.Int(item));
    if (count != 0 && *size > kMost / count) return {};
    *size *= count;
  }
  return size;
}

}  // namespace

void SkipJoblibArray(PickleMachine& machine) {
  const Values& values = machine.values();
  const Ref wrapper = machine.Top();
  if (!IsWrapper(values, wrapper)) return;
  const Ref state = values.ObjectOf(wrapper).state;
  const std::string_view code = DtypeCode(values, values.Attribute(state, "dtype"));
  if (code.starts_with('O')) {
    machine.in().source().Unsupported(
        machine.opcode_at(), "a numpy array of objects, which joblib pickles in between",
        "arrays of numbers and texts", "keep tensors outside of numpy arrays, or use torch.save");
  }
  const auto size = ArraySize(values, values.Attribute(state, "shape"), code);
  if (!size) machine.Damaged("of joblib's wrapper of an array", "a shape and a dtype");
  // Since joblib 1.2: a byte that says how many there are to the next multiple of the alignment.
  if (values.IsInt(values.Attribute(state, "numpy_array_alignment_bytes"))) {
    machine.in().Skip(machine.in().U8());
  }
  machine.in().source().Require(machine.in().Offset(), *size, "numpy array");
  machine.in().Skip(*size);
}

}  // namespace portcullis::checkpoint
