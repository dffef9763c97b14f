// A loader's answer is read strictly, and what is wrong with it is said precisely.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/runner/answer.h"

namespace portcullis::runner {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kLoaded[] =
    R"({"protocol":1,"case":"c3/1",)"
    R"("runtime":{"language":"python","torch":"2.11.0+cu130","cuda":"13.0"},)"
    R"("outcome":"loaded","phase":"read-back",)"
    R"("tensors":[{"name":"0.weight","dtype":"float32","shape":[8,4],"device":"cuda:0",)"
    R"("bytes":128,"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},)"
    R"({"name":"scale","dtype":"float64","shape":[],"device":"meta","bytes":8,"sha256":""}],)"
    R"("values":[{"name":"config.device","type":"str","text":"cuda"}],)"
    R"("error":null,"seconds":{"load":0.5,"move":0,"use":0.125,"read-back":0.25}})"
    "\n";

AnswerOrError Read(const std::string& bytes) { return ReadAnswer(bytes, false, "c3/1"); }

TEST(Answer, Loaded) {
  const AnswerOrError read = Read(kLoaded);
  ASSERT_TRUE(read.answer.has_value()) << read.protocol_error;
  EXPECT_THAT(read.protocol_error, IsEmpty());
  const Answer& answer = *read.answer;
  EXPECT_EQ(answer.outcome, Outcome::kLoaded);
  EXPECT_EQ(answer.phase, LoadPhase::kReadBack);
  EXPECT_EQ(answer.language, "python");
  EXPECT_EQ(answer.torch, "2.11.0+cu130");
  EXPECT_EQ(answer.cuda, "13.0");
  EXPECT_THAT(
      answer.tensors,
      ElementsAre(FoundTensor{"0.weight",
                              "float32",
                              {8, 4},
                              "cuda:0",
                              128,
                              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
                  FoundTensor{"scale", "float64", {}, "meta", 8, ""}));
  EXPECT_THAT(answer.values, ElementsAre(FoundValue{"config.device", "str", "cuda"}));
  EXPECT_THAT(answer.error_type, IsEmpty());
  EXPECT_DOUBLE_EQ(answer.load_seconds, 0.5);
  EXPECT_DOUBLE_EQ(answer.move_seconds, 0);
  EXPECT_DOUBLE_EQ(answer.use_seconds, 0.125);
  EXPECT_DOUBLE_EQ(answer.read_back_seconds, 0.25);
}

json Raised() {
  json message = json::parse(kLoaded);
  message["outcome"] = "raised";
  message["phase"] = "move";
  message["tensors"] = json::array();
  message["error"] = {{"type", "RuntimeError"},
                      {"text", "Found no NVIDIA driver\non your system."}};
  return message;
}

TEST(Answer, RaisedKeepsTheWholeError) {
  const AnswerOrError read = Read(Raised().dump() + "\n");
  ASSERT_TRUE(read.answer.has_value()) << read.protocol_error;
  EXPECT_EQ(read.answer->outcome, Outcome::kRaised);
  EXPECT_EQ(read.answer->phase, LoadPhase::kMove);
  EXPECT_EQ(read.answer->error_type, "RuntimeError");
  EXPECT_EQ(read.answer->error_text, "Found no NVIDIA driver\non your system.");
}

TEST(Answer, Unsupported) {
  json message = Raised();
  message["outcome"] = "unsupported";
  message["phase"] = "load";
  const AnswerOrError read = Read(message.dump() + "\n");
  ASSERT_TRUE(read.answer.has_value()) << read.protocol_error;
  EXPECT_EQ(read.answer->outcome, Outcome::kUnsupported);
  EXPECT_EQ(read.answer->phase, LoadPhase::kLoad);
}

TEST(Answer, IsExactlyOneWholeLine) {
  const std::string whole = kLoaded;
  EXPECT_THAT(Read("").protocol_error, StartsWith("no answer"));
  EXPECT_EQ(Read(whole.substr(0, 40)).protocol_error, "half a message: no newline after 40 bytes");
  EXPECT_EQ(Read(whole.substr(0, whole.size() - 1)).protocol_error,
            "half a message: no newline after " + std::to_string(whole.size() - 1) + " bytes");
  EXPECT_EQ(Read(whole + whole).protocol_error, "answered twice: " + std::to_string(whole.size()) +
                                                    " more bytes follow at byte " +
                                                    std::to_string(whole.size()));
  EXPECT_THAT(Read(whole + "x").protocol_error, StartsWith("answered twice: 1 more bytes"));
  EXPECT_EQ(ReadAnswer(whole, true, "c3/1").protocol_error,
            "the answer is longer than 67108864 bytes");
}

TEST(Answer, IsJson) {
  EXPECT_THAT(Read("hello\n").protocol_error, StartsWith("not JSON at byte 1: "));
  EXPECT_THAT(Read("\n").protocol_error, StartsWith("not JSON at byte 1: "));
  EXPECT_THAT(Read("{\"protocol\":1,}\n").protocol_error, StartsWith("not JSON at byte 15: "));
  EXPECT_THAT(Read("{\"a\":\"\xff\"}\n").protocol_error, StartsWith("not JSON at byte 7: "));
  EXPECT_EQ(Read("[1]\n").protocol_error, "answer: found array, expected an object");
}

TEST(Answer, ADeepOneIsRefused) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(Read(deep + std::string(deep.size(), ']') + "\n").protocol_error,
              HasSubstr("found array, expected an object"));
}

// Another version may have other fields: its number is looked at first.
TEST(Answer, IsOfThisProtocolAndCase) {
  EXPECT_EQ(Read("{\"protocol\":2,\"case\":\"c3/1\",\"new\":0}\n").protocol_error,
            "protocol 2, expected 1");
  EXPECT_EQ(ReadAnswer(kLoaded, false, "c3/2").protocol_error,
            "another case: found 'c3/1', expected 'c3/2'");
}

struct Change {
  const char* name;
  const char* pointer;  // JSON pointer to what is changed
  const char* value;    // JSON; "" takes it away
  const char* error;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }
class ChangedAnswer : public ::testing::TestWithParam<Change> {};

TEST_P(ChangedAnswer, IsRefusedPrecisely) {
  json message = json::parse(kLoaded);
  const json::json_pointer pointer(GetParam().pointer);
  if (*GetParam().value == '\0') {
    message.at(pointer.parent_pointer()).erase(pointer.back());
  } else {
    message[pointer] = json::parse(GetParam().value);
  }
  const AnswerOrError read = Read(message.dump() + "\n");
  EXPECT_FALSE(read.answer.has_value());
  EXPECT_THAT(read.protocol_error, StartsWith(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ChangedAnswer,
    ::testing::Values(
        Change{"NoProtocol", "/protocol", "", "protocol: found nothing"},
        Change{"ProtocolText", "/protocol", "\"1\"",
               "protocol: found \"1\", expected a whole number"},
        Change{"NoCase", "/case", "", "case: found nothing"},
        Change{"NoRuntime", "/runtime", "", "runtime: found nothing"},
        Change{"RuntimeText", "/runtime", "\"cpp\"", "runtime: found \"cpp\", expected an object"},
        Change{"TorchNumber", "/runtime/torch", "2.11", "runtime.torch: found 2.11, expected text"},
        Change{"UnknownField", "/outcom", "1",
               "answer: unknown field 'outcom'; did you mean 'outcome'?"},
        Change{"OutcomeWord", "/outcome", "\"ok\"",
               "outcome: found \"ok\", expected \"loaded\" or \"raised\" or \"unsupported\""},
        Change{"OutcomeNumber", "/outcome", "1", "outcome: found 1, expected \"loaded\""},
        Change{"PhaseWord", "/phase", "\"start\"",
               "phase: found \"start\", expected \"load\" or \"move\""},
        Change{"LoadedWhileLoading", "/phase", "\"load\"",
               "phase: found \"load\", expected \"read-back\", because"},
        Change{"TensorsObject", "/tensors", "{}", "tensors: found object, expected a list"},
        Change{"TensorNumber", "/tensors/1", "5", "tensors[1]: found 5, expected an object"},
        Change{"TensorField", "/tensors/1/x", "5", "tensors[1]: unknown field 'x'"},
        Change{"NoDevice", "/tensors/0/device", "", "tensors[0].device: found nothing"},
        Change{"ShapeNegative", "/tensors/0/shape/1", "-4",
               "tensors[0].shape[1]: found -4, expected a whole number of 0 or more"},
        Change{"ShapeFraction", "/tensors/0/shape/1", "4.5",
               "tensors[0].shape[1]: found 4.5, expected"},
        Change{"BytesTrue", "/tensors/0/bytes", "true",
               "tensors[0].bytes: found true, expected a whole number"},
        Change{"ShaShort", "/tensors/0/sha256", "\"00\"",
               "tensors[0].sha256: found \"00\", expected 64 hexadecimal digits"},
        Change{"ShaUpper", "/tensors/1/sha256", "\"AA\"",
               "tensors[1].sha256: found \"AA\", expected 64"},
        Change{"ValueText", "/values/0", "\"cuda\"",
               "values[0]: found \"cuda\", expected an object"},
        Change{"NoValues", "/values", "", "values: found nothing"},
        Change{"LoadedWithError", "/error", "{\"type\":\"E\",\"text\":\"t\"}",
               "error: found object, expected null, because"},
        Change{"RaisedWithoutError", "/outcome", "\"raised\"",
               "error: found null, expected an object"},
        Change{"SecondsNegative", "/seconds/load", "-1",
               "seconds.load: found -1, expected seconds of 0 or more"},
        Change{"NoReadBack", "/seconds/read-back", "", "seconds.read-back: found nothing"}),
    [](const auto& one) { return one.param.name; });

TEST(Answer, LongTextIsShortenedInErrors) {
  json message = json::parse(kLoaded);
  message["case"] = std::string(10'000, 'c');
  EXPECT_LT(Read(message.dump() + "\n").protocol_error.size(), 200U);
  message = json::parse(kLoaded);
  message["runtime"] = std::string(10'000, 'r');
  EXPECT_LT(Read(message.dump() + "\n").protocol_error.size(), 200U);
}

}  // namespace
}  // namespace portcullis::runner
