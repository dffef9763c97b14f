#include "src/checkpoint/retag/text_edits.h"

#include <fmt/format.h>

#include <string>

#include "src/checkpoint/code_literals.h"

namespace portcullis::checkpoint {
namespace {

// From the opening quotes of a literal.
std::size_t StartOf(std::string_view code, std::uint64_t offset) {
  const auto at = static_cast<std::size_t>(offset);
  const std::string three(3, code[at - 1]);
  return at >= 3 && code.substr(at - 3, 3) == three ? at - 3 : at - 1;
}

void AddDevice(const JsonDevice& found, std::string_view becomes, std::vector<Edit>& edits) {
  const std::size_t colon = becomes.find(':');
  const bool has_index = colon != std::string_view::npos;
  const std::string index(has_index ? becomes.substr(colon + 1) : "null");
  edits.push_back(
      {found.type.offset, found.type.size, TextSource(std::string(becomes.substr(0, colon)))});
  if (found.index) {
    edits.push_back({found.index->offset, found.index->size, TextSource(index)});
  } else if (has_index) {
    const std::uint64_t behind_quote = found.type.offset + found.type.size + 1;
    edits.push_back({behind_quote, 0, TextSource(fmt::format(R"(, "index": {})", index))});
  }
}

}  // namespace

std::vector<Edit> CodeEdits(std::string_view code, const DeviceMapping& mapping) {
  std::vector<Edit> edits;
  for (const CodeLiteral& literal : FindDevices(code)) {
    if (!literal.is_device || !mapping.Changes(literal.text)) continue;
    const std::size_t start = StartOf(code, literal.offset);
    const std::size_t size = static_cast<std::size_t>(literal.end) - start;
    std::string becomes = fmt::format("\"{}\"", mapping.Of(literal.text));
    if (becomes.size() < size) becomes.resize(size, ' ');
    edits.push_back({start, size, TextSource(becomes)});
  }
  return edits;
}

std::vector<Edit> JsonEdits(const Source& json, const DeviceMapping& mapping,
                            bool (*wanted)(const JsonPath& path)) {
  std::vector<Edit> edits;
  JsonDevices devices([&](const JsonDevice& found) {
    if (!wanted(found.path) || !mapping.Changes(found.device)) return;
    AddDevice(found, mapping.Of(found.device), edits);
  });
  ScanJson(json, [&devices](const JsonPath& path, const JsonValue& value) {
    devices.Visit(path, value);
  });
  devices.Flush();
  return edits;
}

}  // namespace portcullis::checkpoint
