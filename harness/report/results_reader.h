// Owns: reading results.ndjson line by line, whatever its size: header, cases, footer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::report {

// Every function throws UsageError, with file and line, for what is no report of this schema: a
// line that is not JSON, no header, a kind of line out of place, no footer.
class ResultsReader {
 public:
  explicit ResultsReader(const std::filesystem::path& file);

  const nlohmann::json& header() const { return header_; }
  // The next case; nothing when the footer has been read, and nothing is behind it.
  std::optional<nlohmann::json> Next();
  // Once Next() has given nothing.
  const nlohmann::json& footer() const { return footer_; }
  // "results.ndjson:12", of the line read last.
  std::string Where() const;
  // A field of that line.
  std::string Text(const nlohmann::json& line, const std::string& key) const;
  // "FILE:LINE: found …, expected …", of the line read last.
  [[noreturn]] void Fail(const std::string& found, const std::string& expected) const;

 private:
  std::optional<nlohmann::json> ReadLine();

  std::filesystem::path file_;
  std::ifstream stream_;
  std::size_t line_ = 0;
  nlohmann::json header_, footer_;
};

// The ids of the cases that were not as expected, or errors.
std::vector<std::string> FailedCases(const std::filesystem::path& file);

}  // namespace portcullis::report
