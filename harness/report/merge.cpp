#include "harness/report/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <unordered_set>

#include "harness/report/json_text.h"
#include "harness/report/results_reader.h"
#include "src/base/error.h"

namespace portcullis::report {
namespace {

using nlohmann::json;

// What all shards of one run have in common.
constexpr std::array kCommon{"portcullis", "runtimes", "list", "repeat", "shuffle"};

// One file, read in step with the others.
struct Part {
  std::string file;
  std::unique_ptr<ResultsReader> reader;
  std::size_t number = 0, of = 0, cases = 0, list_cases = 0;
};

std::size_t Count(const Part& part, std::initializer_list<const char*> path) {
  const json* value = &part.reader->header();
  for (const char* key : path) {
    const auto found = value->is_object() ? value->find(key) : value->end();
    if (found == value->end()) {
      part.reader->Fail(fmt::format("no '{}'", fmt::join(path, ".")), "the header of a shard");
    }
    value = &*found;
  }
  if (!value->is_number_unsigned()) part.reader->Fail(value->dump(), "a number");
  return value->get<std::size_t>();
}

Part Open(const std::string& file) {
  Part part;
  part.file = file;
  part.reader = std::make_unique<ResultsReader>(file);
  part.number = Count(part, {"shard", "number"});
  part.of = Count(part, {"shard", "of"});
  part.cases = Count(part, {"cases"});
  part.list_cases = Count(part, {"list", "cases"});
  if (part.number < 1 || part.number > part.of) {
    part.reader->Fail(fmt::format("shard {}/{}", part.number, part.of), "I/N with 1 ≤ I ≤ N");
  }
  // Shard I of N has the cases I-1, I-1+N, … of the list.
  const std::size_t share = (part.list_cases + part.of - part.number) / part.of;
  if (part.cases != share) {
    part.reader->Fail(fmt::format("{} planned cases", part.cases),
                      fmt::format("{}: its share of {}", share, part.list_cases));
  }
  return part;
}

void RequireCommon(const Part& first, const Part& part) {
  const json& header = first.reader->header();
  for (const char* key : kCommon) {
    if (header.value(key, json()) == part.reader->header().value(key, json())) continue;
    throw UsageError(fmt::format(
        "{} and {} are not of one run: '{}' is {} and {}; run the shards with the same program, "
        "runtimes and choice of cases",
        first.file, part.file, key, header.value(key, json()).dump(),
        part.reader->header().value(key, json()).dump()));
  }
  if (first.of != part.of) {
    throw UsageError(fmt::format("{} is one of {} shards and {} one of {}", first.file, first.of,
                                 part.file, part.of));
  }
}

// All parts in the order of their numbers, each once.
std::vector<Part> OpenAll(const std::vector<std::string>& files) {
  std::map<std::size_t, Part> parts;
  for (const std::string& file : files) {
    Part part = Open(file);
    if (!parts.empty()) RequireCommon(parts.begin()->second, part);
    const auto [there, is_new] = parts.try_emplace(part.number);
    if (!is_new) {
      throw UsageError(fmt::format("shard {}/{} stands twice: {} and {}", part.number, part.of,
                                   there->second.file, file));
    }
    there->second = std::move(part);
  }
  const std::size_t of = parts.begin()->second.of;
  std::vector<std::size_t> missing;
  for (std::size_t number = 1; number <= of && missing.size() < 20; ++number) {
    if (!parts.contains(number)) missing.push_back(number);
  }
  if (!missing.empty()) {
    throw UsageError(fmt::format("of {} shards these are missing: {}; run each with --shard I/{}",
                                 of, fmt::join(missing, ", "), of));
  }
  std::vector<Part> in_order;
  for (auto& [number, part] : parts) in_order.push_back(std::move(part));
  return in_order;
}

verdict::Verdict VerdictOf(const Part& part, const json& line) {
  const std::string name = part.reader->Text(line, "verdict");
  for (const auto verdict : {verdict::Verdict::kAsExpected, verdict::Verdict::kNotAsExpected,
                             verdict::Verdict::kError, verdict::Verdict::kSkipped}) {
    if (VerdictName(verdict) == name) return verdict;
  }
  part.reader->Fail(fmt::format("verdict '{}'", name), "one of the four");
}

json HeaderOf(const std::vector<Part>& parts, const std::vector<std::string>& arguments) {
  json header = parts.front().reader->header();
  for (const Part& part : parts) {  // ISO 8601 sorts as text
    header["started"] = std::min(part.reader->Text(header, "started"),
                                 part.reader->Text(part.reader->header(), "started"));
  }
  header["arguments"] = arguments;
  header["cases"] = parts.front().list_cases;
  header["shard"] = {{"number", 1}, {"of", 1}};
  return header;
}

void RequireComplete(const Part& part) {
  if (part.reader->footer().value("complete", json()) == true) return;
  part.reader->Fail("an incomplete run", "a whole one: run this shard again");
}

[[noreturn]] void TooFew(const Part& part, std::size_t cases) {
  RequireComplete(part);
  part.reader->Fail(fmt::format("{} cases", cases), fmt::format("the planned {}", part.cases));
}

}  // namespace

Totals MergeResults(const std::vector<std::string>& files, const std::filesystem::path& out,
                    const std::vector<std::string>& arguments) {
  const std::vector<Part> parts = OpenAll(files);
  WholeFile file(out);
  file.Write(LineOf(HeaderOf(parts, arguments)));
  Totals totals;
  std::unordered_set<std::string> ids;
  // One line of each part in turn is the order of the list.
  for (std::size_t round = 0; totals.All() < parts.front().list_cases; ++round) {
    for (const Part& part : parts) {
      if (totals.All() == part.list_cases) break;
      const auto line = part.reader->Next();
      if (!line) TooFew(part, round);
      const std::string id = part.reader->Text(*line, "id");
      if (!ids.insert(id).second) {
        part.reader->Fail(fmt::format("the case {} again", id), "each case once");
      }
      totals.Add(VerdictOf(part, *line));
      file.Write(LineOf(*line));
    }
  }
  for (const Part& part : parts) {
    if (part.reader->Next()) part.reader->Fail("a case", "the footer behind the planned ones");
    RequireComplete(part);
  }
  file.Write(LineOf(FooterJson(totals, true)));
  file.Finish();
  return totals;
}

}  // namespace portcullis::report
