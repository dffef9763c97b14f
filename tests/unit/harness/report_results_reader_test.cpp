// Reading results: whole reports line by line; whatever is none, with its file and line.
#include <gmock/gmock.h>

#include "harness/report/results_reader.h"
#include "src/base/error.h"
#include "tests/unit/scratch.h"

namespace portcullis::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHeader = R"({"kind":"header","schema":1})"
                                "\n";
constexpr const char* kFooter = R"({"kind":"footer","complete":true})"
                                "\n";

std::string CaseLine(const std::string& id, const std::string& verdict) {
  return R"({"kind":"case","id":")" + id + R"(","verdict":")" + verdict + "\"}\n";
}

class ResultsReaderTest : public testing::Test {
 protected:
  std::string File(const std::string& text) const { return scratch_.Write("results.ndjson", text); }

  void ExpectError(const std::string& text, const std::string& says) const {
    try {
      ResultsReader reader(File(text));
      while (reader.Next()) {
      }
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(says)) << text;
    }
  }

  Scratch scratch_;
};

TEST_F(ResultsReaderTest, HeaderCasesFooter) {
  ResultsReader reader(
      File(kHeader + CaseLine("a", "as expected") + CaseLine("b", "error") + kFooter));
  EXPECT_EQ(reader.header()["schema"], 1);
  EXPECT_EQ(reader.Next().value()["id"], "a");
  EXPECT_THAT(reader.Where(), testing::EndsWith(".ndjson:2"));
  EXPECT_EQ(reader.Next().value()["id"], "b");
  EXPECT_FALSE(reader.Next().has_value());
  EXPECT_EQ(reader.footer()["complete"], true);
}

TEST_F(ResultsReaderTest, WhatIsNoReport) {
  ExpectError("", "found nothing, expected a header");
  ExpectError("{", ".ndjson:1: found no JSON, expected a JSON object");
  ExpectError("[]\n", ".ndjson:1: found no object");
  ExpectError("{}\n", ".ndjson:1: found no 'kind'");
  ExpectError(kFooter, ".ndjson:1: found no header");
  ExpectError("{\"kind\":\"header\",\"schema\":2}\n", "found schema 2, expected schema 1");
  ExpectError("{\"kind\":\"header\"}\n", "found schema null");
  ExpectError(kHeader, "found no footer behind line 1");
  ExpectError(kHeader + CaseLine("a", "error") + "{\"kind\":\"ca", ".ndjson:3: found no JSON");
  ExpectError(std::string(kHeader) + kHeader, ".ndjson:2: found kind 'header'");
  ExpectError(std::string(kHeader) + kFooter + kFooter, "expected nothing behind the footer");
}

TEST_F(ResultsReaderTest, NoFile) { EXPECT_THROW(ResultsReader("/no/such/file"), UsageError); }

TEST_F(ResultsReaderTest, TheFailedCases) {
  const std::string file =
      File(kHeader + CaseLine("a", "as expected") + CaseLine("b", "not as expected") +
           CaseLine("c", "skipped") + CaseLine("d", "error") + kFooter);
  EXPECT_THAT(FailedCases(file), ElementsAre("b", "d"));
}

}  // namespace
}  // namespace portcullis::report
