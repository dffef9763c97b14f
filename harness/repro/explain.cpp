#include "harness/repro/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "src/base/size.h"

namespace portcullis::repro {
namespace {

using checkpoint::Format;
using suite::Checked;
using suite::Forecast;

struct FormatWords {
  Format format;
  const char* words;
};
constexpr std::array kFormats{
    FormatWords{Format::kZip, "a zip checkpoint, as torch.save writes them since PyTorch 1.6"},
    FormatWords{Format::kLegacy,
                "a legacy checkpoint, as torch.save wrote them before PyTorch 1.6"},
    FormatWords{Format::kTorchScript,
                "a TorchScript module, for torch.jit.load or torch::jit::load"},
    FormatWords{Format::kArchive, "a C++ archive, as torch::save writes them"},
    FormatWords{Format::kPickleSave, "a file of C++ torch::pickle_save"},
    FormatWords{Format::kPackage, "a torch.package archive"},
    FormatWords{Format::kExportedProgram, "an exported program, for torch.export.load"},
    FormatWords{Format::kSafetensors, "a safetensors file, which names no devices"},
    FormatWords{Format::kShardedIndex, "an index that names the shards of a checkpoint"},
    FormatWords{Format::kDistributed, "a distributed checkpoint"},
    FormatWords{Format::kPlainPickle, "a plain pickle with tensors inside"}};

const char* Words(Format format) {
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const FormatWords& row) { return row.format == format; });
  return found == kFormats.end() ? "a checkpoint" : found->words;
}

std::string Paragraph(const std::string& text, const report::Style& style) {
  std::string lines;
  for (const std::string& line : report::Wrap(text, style.width())) lines += line + "\n";
  return lines + "\n";
}

// With a capital, unless it begins with code.
std::string Sentence(std::string text) {
  const std::string first = text.substr(0, text.find(' '));
  const bool word =
      std::all_of(first.begin(), first.end(), [](unsigned char c) { return std::islower(c) != 0; });
  if (word && !text.empty()) text.front() = static_cast<char>(std::toupper(text.front()));
  return text.ends_with('.') ? text : text + ".";
}

std::string WhatItIs(const Checked& checked) {
  const suite::MapSummary& map = *checked.map;
  std::string text = fmt::format("{} is {}. It holds {} {}, {}", checked.file.filename().string(),
                                 Words(map.format), map.tensors,
                                 map.tensors == 1 ? "tensor" : "tensors", SizeText(map.bytes));
  const bool named = std::any_of(map.by_tag.begin(), map.by_tag.end(),
                                 [](const auto& row) { return !row.first.empty(); });
  if (!named) return text + ", and no device is named for them.";
  if (map.by_tag.size() == 1) {
    return text + fmt::format(", all saved from {}.", map.by_tag.begin()->first);
  }
  text += ": ";
  const char* comma = "";
  for (const auto& [tag, bytes] : map.by_tag) {
    text += fmt::format("{}{} saved from {}", comma, SizeText(bytes), tag);
    comma = ", ";
  }
  return text + ".";
}

std::string OnHost(const Forecast& plain, const Forecast& mapped) {
  std::string text = fmt::format("On {} a plain load ", plain.host);
  if (plain.prediction.loads) return text + "works.";
  if (!plain.prediction.supported) {
    return text + fmt::format("is not possible: {}.", plain.prediction.reason);
  }
  text += fmt::format("fails in the {} ({}): {}. ", plain.prediction.phase, plain.prediction.error,
                      plain.prediction.reason);
  if (mapped.prediction.loads) return text + "With a map to the CPU it works.";
  return mapped.prediction.supported ? text + fmt::format("With a map to the CPU it fails too: {}.",
                                                          mapped.prediction.reason)
                                     : text + "There is no way to give it a map.";
}

std::string NextStep(const Checked& checked) {
  for (const auto& forecast : checked.forecasts) {
    const auto& said = forecast.prediction;
    if (said.loads || said.remedy.empty()) continue;
    std::string text = fmt::format("Next: {}.", said.remedy);
    if (!said.error.empty()) {
      text += fmt::format(" Why, and a reproduction: portcullis repro {}.", said.error);
    }
    return text;
  }
  return fmt::format("Next: nothing; load it. To see it happen: portcullis run --checkpoint {}.",
                     checked.file.string());
}

}  // namespace

std::string Explain(const Checked& checked, const report::Style& style) {
  if (!checked.map) return "This cannot be read: " + checked.findings.front().text + "\n";
  std::string text = Paragraph(WhatItIs(checked), style);
  for (const auto& finding : checked.findings) {
    if (finding.rule->id == "does-not-load") continue;  // told by host below
    text += Paragraph(Sentence(finding.text), style);
  }
  for (const Forecast& plain : checked.forecasts) {
    if (plain.strategy != "as-saved") continue;
    const auto mapped = std::find_if(
        checked.forecasts.begin(), checked.forecasts.end(), [&](const Forecast& other) {
          return other.host == plain.host && other.strategy == "map-location=cpu";
        });
    if (mapped != checked.forecasts.end()) text += Paragraph(OnHost(plain, *mapped), style);
  }
  text += Paragraph(NextStep(checked), style);
  text.pop_back();
  return text;
}

}  // namespace portcullis::repro
