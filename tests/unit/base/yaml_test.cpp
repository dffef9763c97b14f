// Errors of our YAML files name the place.
#include "src/base/yaml.h"

#include <gmock/gmock.h>

#include <functional>

#include "src/base/error.h"

namespace portcullis {
namespace {

std::string ErrorOf(const std::function<void()>& doing) {
  try {
    doing();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Yaml, AnUnknownKeyGetsPlaceAndNearestName) {
  const auto value = YamlValue::Parse("host: a\nmatirx: b\n", "x.yaml");
  EXPECT_EQ(ErrorOf([&] {
              value.OnlyKeys({"host", "matrix"});
            }),
            "x.yaml:2:1: unknown key 'matirx'; did you mean 'matrix'?\n  known: host, matrix");
}

TEST(Yaml, AKeyThatStandsTwiceIsNamed) {
  const auto value = YamlValue::Parse("host: a\nhost: b\n", "x.yaml");
  EXPECT_EQ(ErrorOf([&] { value.OnlyKeys({"host"}); }), "x.yaml:2:1: the key 'host' stands twice");
}

TEST(Yaml, AMissingKeyIsNamed) {
  const auto value = YamlValue::Parse("host: a\n", "x.yaml");
  EXPECT_EQ(ErrorOf([&] { value.Key("why"); }), "x.yaml:1:1: the key 'why' is missing");
}

TEST(Yaml, WrongKindsSayWhatWasFound) {
  const auto value = YamlValue::Parse("a: [1, 2]\nb: 1.5\nc: {d: e}\nf: yes\n", "x.yaml");
  EXPECT_EQ(ErrorOf([&] { value.Key("a").Text(); }), "x.yaml:1:4: found a list, expected text");
  EXPECT_EQ(ErrorOf([&] { value.Key("b").Integer(); }),
            "x.yaml:2:4: found '1.5', expected a whole number");
  EXPECT_EQ(ErrorOf([&] { value.Key("c").Text(); }), "x.yaml:3:4: found a map, expected text");
  EXPECT_EQ(ErrorOf([&] { value.Key("f").Boolean(); }),
            "x.yaml:4:4: found 'yes', expected true or false");
  EXPECT_EQ(ErrorOf([&] { value.Key("b").Key("d"); }), "x.yaml:2:4: found '1.5', expected a map");
}

TEST(Yaml, SyntaxErrorsNameThePlace) {
  EXPECT_THAT(ErrorOf([] { YamlValue::Parse("a: [1\nb: 2\n", "x.yaml"); }),
              testing::StartsWith("x.yaml:2:"));
}

TEST(Yaml, MissingFilesDirectoriesAndEmptyFiles) {
  EXPECT_EQ(ErrorOf([] { YamlValue::Load("nowhere.yaml"); }),
            "cannot open nowhere.yaml: No such file or directory");
  EXPECT_EQ(ErrorOf([] { YamlValue::Load("/tmp"); }),
            "/tmp: found a directory, expected a YAML file");
  EXPECT_EQ(ErrorOf([] { YamlValue::Parse("", "x.yaml"); }),
            "x.yaml: found nothing, expected YAML");
}

TEST(Yaml, AScalarIsAListOfOne) {
  const auto value = YamlValue::Parse("a: x\nb: [y, z]\n", "x.yaml");
  EXPECT_EQ(value.Key("a").Items().size(), 1U);
  EXPECT_EQ(value.Key("b").Items()[1].Text(), "z");
}

}  // namespace
}  // namespace portcullis
