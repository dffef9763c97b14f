#include "harness/report/results_reader.h"

#include <fmt/format.h>

#include "harness/report/results_file.h"
#include "src/base/error.h"

namespace portcullis::report {

using nlohmann::json;

ResultsReader::ResultsReader(const std::filesystem::path& file)
    : file_(file), stream_(file, std::ios::binary) {
  if (!stream_) throw UsageError(SystemError(fmt::format("cannot open {}", file.string())));
  const auto first = ReadLine();
  if (!first || Text(*first, "kind") != "header") Fail(first ? "no header" : "nothing", "a header");
  header_ = *first;
  const json schema = header_.value("schema", json());
  if (schema != kResultsSchema) {
    Fail(fmt::format("schema {}", schema.dump()), fmt::format("schema {}", kResultsSchema));
  }
}

std::optional<json> ResultsReader::Next() {
  auto line = ReadLine();
  if (!line) {
    throw UsageError(fmt::format(
        "{}: found no footer behind line {}: without it this is not a report; the run that "
        "wrote it was cut off",
        file_.string(), line_));
  }
  const std::string kind = Text(*line, "kind");
  if (kind == "case") return line;
  if (kind != "footer") Fail(fmt::format("kind '{}'", kind), "a case or the footer");
  footer_ = *line;
  if (ReadLine()) Fail("a line", "nothing behind the footer");
  return std::nullopt;
}

std::string ResultsReader::Where() const { return fmt::format("{}:{}", file_.string(), line_); }

void ResultsReader::Fail(const std::string& found, const std::string& expected) const {
  throw UsageError(fmt::format("{}: found {}, expected {}", Where(), found, expected));
}

std::optional<json> ResultsReader::ReadLine() {
  std::string line;
  if (!std::getline(stream_, line)) return std::nullopt;
  ++line_;
  json value = json::parse(line, nullptr, false);
  if (!value.is_object()) Fail(value.is_discarded() ? "no JSON" : "no object", "a JSON object");
  return value;
}

std::string ResultsReader::Text(const json& line, const std::string& key) const {
  const auto found = line.find(key);
  if (found == line.end() || !found->is_string()) {
    Fail(found == line.end() ? fmt::format("no '{}'", key) : found->dump(), "a text");
  }
  return found->get<std::string>();
}

std::vector<std::string> FailedCases(const std::filesystem::path& file) {
  ResultsReader reader(file);
  std::vector<std::string> ids;
  while (const auto line = reader.Next()) {
    const std::string verdict = reader.Text(*line, "verdict");
    if (verdict == VerdictName(verdict::Verdict::kNotAsExpected) ||
        verdict == VerdictName(verdict::Verdict::kError)) {
      ids.push_back(reader.Text(*line, "id"));
    }
  }
  return ids;
}

}  // namespace portcullis::report
