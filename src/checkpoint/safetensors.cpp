// Owns: safetensors: a length (8 bytes, little-endian), a header of JSON, the weights. It names no
// device: where tensors go is the loading program's business
// (github.com/huggingface/safetensors, README, "Format").
#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "src/checkpoint/dtypes.h"
#include "src/checkpoint/format.h"
#include "src/checkpoint/json_scan.h"
#include "src/checkpoint/looks_like.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // safetensors' own limit
constexpr std::string_view kMetadata = "__metadata__";

struct Header {
  std::vector<TensorEntry> tensors;  // in the order of the header
  std::map<std::string, std::size_t> by_name;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> data;  // [begin, end) in the weights

  std::size_t Of(const std::string& name) {
    const auto [known, is_new] = by_name.try_emplace(name, tensors.size());
    if (is_new) {
      tensors.emplace_back().name = name;
      data.emplace_back();
    }
    return known->second;
  }
};

void Visit(Header& header, const JsonPath& path, const JsonValue& value) {
  if (path.size() < 2 || path[0] == kMetadata) return;
  const std::size_t at = header.Of(path[0]);
  TensorEntry& tensor = header.tensors[at];
  const auto number = static_cast<std::uint64_t>(value.number);
  if (path.size() == 2 && path[1] == "dtype") {
    const Dtype* dtype = DtypeBySafetensors(value.text);
    tensor.dtype = dtype == nullptr ? std::string(value.text) : std::string(dtype->name);
  } else if (path.size() == 3 && path[1] == "shape") {
    tensor.shape.push_back(value.number);
  } else if (path.size() == 3 && path[1] == "data_offsets") {
    (path[2] == "0" ? header.data[at].first : header.data[at].second) = number;
  }
}

}  // namespace

bool IsSafetensors(const Candidate& candidate) {
  constexpr std::uint64_t kLengthSize = 8;
  const Source& source = candidate.source;
  if (candidate.zip != nullptr || source.Size() < kLengthSize + 2) return false;
  Cursor in(source);
  const std::uint64_t length = in.U64();
  return length <= kLongestHeader && in.U8() == '{';
}

DeviceMap ReadSafetensors(const Candidate& candidate) {
  const Source& source = candidate.source;
  MapBuilder builder(source.Origin().file, Format::kSafetensors, source.Size());
  Cursor in(source);
  const std::uint64_t length = in.U64();
  const std::uint64_t start = in.Offset();
  const auto text = Window(source, start, length, source.SpotAt(start));
  Header header;
  ScanJson(*text,
           [&header](const JsonPath& path, const JsonValue& value) { Visit(header, path, value); });
  const std::uint64_t weights = source.Size() - start - length;
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    const auto [begin, end] = header.data[i];
    TensorEntry& tensor = header.tensors[i];
    if (begin > end || end > weights) {
      source.Damaged(0, fmt::format("tensor {} at bytes {} to {}", tensor.name, begin, end),
                     fmt::format("a place within the {} bytes of weights", weights));
    }
    if (tensor.name.empty()) tensor.name = std::string(kNoName);
    tensor.bytes = end - begin;
    tensor.storage = tensor.name;
    builder.AddStorage({tensor.name, "", tensor.dtype, tensor.bytes});
    builder.AddTensor(std::move(tensor));
  }
  return builder.Take();
}

}  // namespace portcullis::checkpoint
