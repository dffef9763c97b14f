// What a person sees: lines that fit, a grid, the findings with their cap, colours only if wanted.
#include <gmock/gmock.h>

#include <regex>

#include "harness/report/findings.h"
#include "harness/report/terminal.h"
#include "tests/unit/harness/report_results.h"

namespace portcullis::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using verdict::Result;
using verdict::Verdict;

const Style kPlain(false, false, 80);
const Style kColour(true, true, 80);

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Columns, CountsSignsNotBytes) {
  EXPECT_EQ(Columns(""), 0U);
  EXPECT_EQ(Columns("abc"), 3U);
  EXPECT_EQ(Columns("a→“b”…"), 6U);
}

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_THAT(Wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("one two three", 80), ElementsAre("one two three"));
  EXPECT_THAT(Wrap("exactly seven", 7), ElementsAre("exactly", "seven"));
  EXPECT_THAT(Wrap("→→→ →→→", 7), ElementsAre("→→→ →→→"));
}

TEST(Wrap, ALongerWordStandsAlone) {
  EXPECT_THAT(Wrap("a muchtoolong b", 4), ElementsAre("a", "muchtoolong", "b"));
}

TEST(Wrap, NothingIsOneEmptyLine) { EXPECT_THAT(Wrap("", 10), ElementsAre("")); }

TEST(Style, PaintsOnlyWithColour) {
  EXPECT_EQ(kPlain.Bad("x"), "x");
  EXPECT_EQ(kColour.Bad("x"), "\x1b[31mx\x1b[0m");
}

Result With(Result result, verdict::Outcome outcome) {
  result.observation.outcome = outcome;
  return result;
}

std::string GridOf(const std::vector<Result>& results, const Style& style) {
  std::vector<Cell> cells;
  for (const Result& result : results) {
    cells.push_back({&result.c, result.observation.outcome, result.judgement.verdict});
  }
  return Grid(cells, style);
}

TEST(Grid, StrategiesDownHostsAcross) {
  const std::vector<Result> results{
      With(ResultOf("no-driver", "as-saved"), verdict::Outcome::kRaised),
      ResultOf("no-driver", "map-location=cpu"),
      ResultOf("2xh200@empty", "as-saved", Verdict::kNotAsExpected),
      ResultOf("2xh200@empty", "map-location=cpu", Verdict::kSkipped),
      With(ResultOf("1xt4", "as-saved", Verdict::kError), verdict::Outcome::kTimedOut)};
  EXPECT_THAT(Lines(GridOf(results, kPlain)),
              ElementsAre("                  no-driver  2xh200@empty  1xt4",
                          "as-saved          fails      loads !       timed out !",
                          "map-location=cpu  loads      -"));
}

TEST(Grid, HostsThatDoNotFitStandBelow) {
  std::vector<Result> results;
  for (const char* host : {"no-driver", "driver-no-gpu", "2xh200", "8xh100", "t4-h200", "1xt4"}) {
    results.push_back(ResultOf(host, "as-saved-then-to=cpu"));
  }
  const std::string text = GridOf(results, Style(false, false, 50));
  for (const std::string& line : Lines(text)) EXPECT_LE(Columns(line), 50U) << line;
  for (const Result& result : results) EXPECT_THAT(text, HasSubstr(result.c.host));
  EXPECT_EQ(Lines(text).size(), 8U) << text;  // three blocks of two lines, two empty lines
}

TEST(Grid, SeveralRuntimesHaveRowsOfTheirOwn) {
  Result cpp = With(ResultOf("no-driver", "as-saved"), verdict::Outcome::kRaised);
  cpp.c.runtime = "cpp";
  const std::vector<Result> results{ResultOf("no-driver", "as-saved"), cpp};
  EXPECT_THAT(Lines(GridOf(results, kPlain)),
              ElementsAre("                 no-driver", "python as-saved  loads",
                          "cpp as-saved     fails"));
}

std::string FindingsOf(const std::vector<Result>& results, const Style& style = kPlain) {
  Findings findings([](const Result& result) { return "again " + result.c.id; }, style);
  // The last first: the order of coming does not count.
  for (std::size_t i = results.size(); i > 0; --i) findings.Add(i - 1, results[i - 1]);
  return findings.Text();
}

TEST(Findings, WhatDiffersWhereItIsStatedAndHowToRunItAgain) {
  Result result = ResultOf("1xt4", "as-saved", Verdict::kNotAsExpected);
  result.judgement.differences = {"expected this, observed that"};
  result.c.expectation.emplace();
  result.c.expectation->where = "s.yaml:3:5";
  EXPECT_EQ(FindingsOf({ResultOf("1xt4", "mmap"), result}),
            "not as expected: s/a/1xt4/python/as-saved\n"
            "  - expected this, observed that\n"
            "    stated in s.yaml:3:5\n"
            "    run it again: again s/a/1xt4/python/as-saved\n");
}

TEST(Findings, NothingIsSaidOfWhatIsAsExpected) {
  EXPECT_EQ(FindingsOf({ResultOf("1xt4", "as-saved")}), "");
}

TEST(Findings, TwentyAreShownTheRestIsCounted) {
  const auto shown = [](std::size_t count) {
    const std::string text = FindingsOf(
        std::vector<Result>(count, ResultOf("1xt4", "as-saved", Verdict::kNotAsExpected)));
    const std::regex finding("not as expected: ");
    return std::pair{std::distance(std::sregex_iterator(text.begin(), text.end(), finding), {}),
                     text};
  };
  EXPECT_EQ(shown(20).first, 20);
  EXPECT_THAT(shown(20).second, Not(HasSubstr("more")));
  EXPECT_EQ(shown(23).first, 20);
  EXPECT_THAT(shown(23).second, HasSubstr("and 3 more; --json FILE has them all"));
}

TEST(Findings, SkippedCasesAreCountedByReason) {
  Result here = ResultOf("1xt4", "as-saved", Verdict::kSkipped);
  here.judgement.reason = "no runtime";
  Result there = here;
  there.judgement.reason = "not made";
  const std::string text = FindingsOf({here, there, here});
  EXPECT_THAT(text, HasSubstr("skipped: 2 cases: no runtime\n"));
  EXPECT_THAT(text, HasSubstr("skipped: 1 cases: not made\n"));
}

verdict::ClaimAnswer Confirmed() {
  verdict::ClaimAnswer answer;
  answer.claim = {"C1", "one sentence", "", {}};
  answer.answer = verdict::Answer::kConfirmed;
  answer.confirming = 14;
  answer.limiting = 2;
  answer.evidence = "12 bytes here and 0 there";
  return answer;
}

TEST(ClaimsTable, TheAnswerItsEvidenceItsCounts) {
  const std::vector answers{Confirmed()};
  EXPECT_THAT(
      Lines(ClaimsTable(answers, kPlain)),
      ElementsAre("C1  confirmed  one sentence", "               → 12 bytes here and 0 there",
                  "               14 confirm, 2 limit"));
}

TEST(ClaimsTable, FitsNarrowTerminals) {
  auto answer = Confirmed();
  answer.claim.says = std::string("many words ") + answer.evidence + " and " + answer.evidence;
  for (const std::string& line : Lines(ClaimsTable(std::vector{answer}, Style(false, true, 44)))) {
    EXPECT_LE(Columns(line), 44U) << line;
  }
}

TEST(Summary, CountsEveryVerdict) {
  Totals totals;
  for (const auto verdict : {Verdict::kAsExpected, Verdict::kAsExpected, Verdict::kNotAsExpected,
                             Verdict::kError, Verdict::kSkipped}) {
    totals.Add(verdict);
  }
  EXPECT_EQ(Summary(totals, 1.26, kPlain),
            "5 cases: 2 as expected, 1 not as expected, 1 errors, 1 skipped; 1.3 s\n");
  EXPECT_THAT(Summary(totals, 1, kColour), HasSubstr("\x1b[31m1 errors"));
}

}  // namespace
}  // namespace portcullis::report
