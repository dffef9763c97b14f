// The reports of check: what each says of the same findings, whatever the texts in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/report/check_report.h"
#include "harness/report/check_text.h"
#include "harness/report/device_map.h"

namespace portcullis::report {
namespace {

using suite::Checked;
using suite::FindingRuleOf;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

suite::Forecast Forecast(bool loads) {
  suite::Forecast forecast{"no-driver", "python", "as-saved", {}};
  forecast.prediction.loads = loads;
  if (!loads) {
    forecast.prediction.error = "deserialize-no-cuda";
    forecast.prediction.phase = "load";
    forecast.prediction.reason = "the tag <cuda:0>";
    forecast.prediction.remedy = "torch.load(path, map_location='cpu')";
  }
  return forecast;
}

Checked Read(const std::string& file, bool loads) {
  Checked checked;
  checked.file = file;
  checked.map = suite::MapSummary{checkpoint::Format::kZip, 7, 72, {{"cuda:0", 72}}};
  checked.forecasts = {Forecast(loads)};
  if (!loads) {
    checked.findings.push_back({&FindingRuleOf("does-not-load"), "as-saved fails: <tag>",
                                "torch.load(path, map_location='cpu')"});
  }
  return checked;
}

CheckReport Report() {
  CheckReport report;
  report.version = "1.2.3";
  report.checked = {Read("good.pt", true), Read("runs/a,b:c 1%.pt", false),
                    Read("allowed.pt", false)};
  report.checked[0].findings.push_back({&FindingRuleOf("deflated"), "7 | entries\n@you `x`", ""});
  report.checked[2].allowed = true;
  for (const Checked& checked : report.checked) report.totals.Add(checked);
  return report;
}

TEST(CheckSummary, CountsCheckpointsAndWarnings) {
  CheckTotals totals = Report().totals;
  EXPECT_EQ(CheckSummary(totals),
            "3 checkpoints: 1 passes, 1 does not, 1 allowed by the policy; 1 warning");
  totals.others = 2;
  EXPECT_THAT(CheckSummary(totals), testing::EndsWith("; 2 files are no checkpoints"));
}

TEST(CheckJson, HoldsEverything) {
  const auto json = nlohmann::json::parse(CheckJson(Report()));
  EXPECT_EQ(json["check"], 1);
  ASSERT_EQ(json["files"].size(), 3U);
  EXPECT_EQ(json["files"][1]["passes"], false);
  EXPECT_EQ(json["files"][1]["forecasts"][0]["error"], "deserialize-no-cuda");
  EXPECT_EQ(json["files"][1]["findings"][0]["rule"], "does-not-load");
  EXPECT_EQ(json["files"][2]["allowed"], true);
  EXPECT_EQ(json["totals"]["fail"], 1);
}

TEST(CheckSarif, ResultsPointAtRulesAndFiles) {
  const auto json = nlohmann::json::parse(CheckSarif(Report()));
  EXPECT_EQ(json["version"], "2.1.0");
  const auto& run = json["runs"][0];
  const auto& rules = run["tool"]["driver"]["rules"];
  EXPECT_EQ(rules.size(), suite::FindingRules().size());
  ASSERT_EQ(run["results"].size(), 3U);
  for (const auto& result : run["results"]) {
    EXPECT_EQ(rules[result["ruleIndex"].get<std::size_t>()]["id"], result["ruleId"]);
  }
  const auto& failed = run["results"][1];
  EXPECT_EQ(failed["level"], "error");
  EXPECT_EQ(failed["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "runs/a%2Cb%3Ac%201%25.pt");
  EXPECT_EQ(run["results"][2]["suppressions"][0]["kind"], "external");
}

TEST(CheckGithub, EscapesWhatEndsACommand) {
  const std::string text = CheckGithub(Report());
  EXPECT_THAT(text, HasSubstr("::error file=runs/a%2Cb%3Ac 1%25.pt,title=checkpoint does not "
                              "load::as-saved fails: <tag>%0ARemedy: torch.load"));
  EXPECT_THAT(text, HasSubstr("::warning file=good.pt,title=checkpoint has deflated entries::"
                              "7 | entries%0A@you `x`\n"));
  EXPECT_THAT(text, Not(HasSubstr("allowed.pt")));
}

TEST(CheckMarkdown, NoTextLeavesItsCell) {
  const std::string text = CheckMarkdown(Report());
  EXPECT_THAT(text, HasSubstr("1 passes, 1 does not"));
  EXPECT_THAT(text, HasSubstr("| ⚠️ | `good.pt` | 7 \\| entries \\@you \\`x\\` |"));
  EXPECT_LT(text.find("runs/"), text.find("good.pt"));  // errors first
  EXPECT_THAT(text, Not(HasSubstr("allowed.pt")));
}

TEST(CheckMarkdown, FitsAComment) {
  CheckReport report;
  for (int i = 0; i < 2000; ++i) report.checked.push_back(Read("a/long/name/of/a/model.pt", false));
  const std::string text = CheckMarkdown(report);
  EXPECT_LT(text.size(), 65'536U);
  EXPECT_THAT(text, testing::ContainsRegex("\nand [0-9]+ more\n"));
}

TEST(CheckJUnit, FailuresWarningsAndWhatIsAllowed) {
  const std::string text = CheckJUnit(Report());
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"runs/a,b:c 1%.pt\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("<failure message=\"raises deserialize-no-cuda in load\">the tag "
                              "&lt;cuda:0&gt;\nremedy: torch.load"));
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"allowed.pt\" tests=\"1\" failures=\"0\" "
                              "errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(text, HasSubstr("name=\"deflated\"><system-out>"));
}

TEST(CheckedText, OneQuestionNeedsNoGrid) {
  const std::string text = CheckedText(Read("m.pt", false), Style(false, false, 80));
  EXPECT_EQ(text,
            "fails m.pt: zip, 7 tensors, 72 B, tags: cuda:0 (72 B)\n"
            "      as-saved fails: <tag>\n"
            "        → torch.load(path, map_location='cpu')\n");
}

TEST(CheckedText, SeveralAreAGridThatFits) {
  Checked checked = Read("m.pt", false);
  for (int i = 0; i < 12; ++i) {
    checked.forecasts.push_back(Forecast(true));
    checked.forecasts.back().host = "another-host-" + std::to_string(i);
  }
  const std::string text = CheckedText(checked, Style(false, false, 80));
  EXPECT_THAT(text, AllOf(HasSubstr("as-saved  fails"), HasSubstr("another-host-11")));
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    EXPECT_LE(Columns(text.substr(start, end - start)), 80U);
    start = end + 1;
  }
}

TEST(CheckedText, NoFileNameSteersTheTerminal) {
  Checked checked = Read("a\x1b[31m.pt", true);
  EXPECT_THAT(CheckedText(checked, Style(false, false, 80)), HasSubstr("a\\x1b[31m.pt"));
}

TEST(DeviceMapTable, LongNamesAreShortenedInTheMiddle) {
  EXPECT_EQ(ShortenedName("model.layers.17.attention.weight", 20), "model.…ention.weight");
  EXPECT_EQ(ShortenedName("äöüäöüäöü", 5), "ä…äöü");
  EXPECT_EQ(ShortenedName("short", 20), "short");
  checkpoint::DeviceMap map;
  map.path = "m.pt";
  checkpoint::TensorEntry tensor;
  tensor.name = std::string(100, 'a') + ".weight";
  tensor.dtype = "float32";
  tensor.shape = {4096, 4096};
  tensor.device = "cuda:0";
  tensor.storage = "0";
  map.tensors = {tensor, tensor};
  map.tensors[1].name = "tied.weight";
  map.storages = {{"0", "cuda:0", "float32", 64 << 20}};
  const std::string text = DeviceMapTable(map, Style(false, false, 80));
  EXPECT_THAT(text, HasSubstr("a.weight  float32"));
  EXPECT_THAT(text, HasSubstr("shares aaaaa…"));
  EXPECT_THAT(text, HasSubstr("cuda:0  2 tensors  1 storages  64.0 MiB"));  // once
}

}  // namespace
}  // namespace portcullis::report
