// Arrays that joblib writes between the opcodes: how many bytes are passed over, and what is said
// of wrong ones. A pickle that joblib itself wrote is among the golden checkpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/unit/checkpoint/build.h"
#include "tests/unit/checkpoint/errors.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;

struct Array {
  std::string code = "f8";
  std::string shape = "K\x03\x85";  // (3,)
  std::string raw = std::string(24, '.');
  std::optional<int> padding = std::nullopt;  // none: as joblib before 1.2 wrote
};

// [the array, a torch.device]: the device is found only if the array is passed over.
std::string Pickle(const Array& array) {
  PickleText text;
  text.Raw("](").Global("joblib.numpy_pickle", "NumpyArrayWrapper").Raw(")\x81}(");
  text.Text("shape").Raw(array.shape);
  text.Text("dtype").Global("numpy", "dtype").Text(array.code).Raw("\x89\x88\x87R");
  text.Text("numpy_array_alignment_bytes").Raw(array.padding ? "K\x10" : "N").Raw("ub");
  if (array.padding) {
    text.Raw(std::string(1, static_cast<char>(*array.padding)));
    text.Raw(std::string(static_cast<std::size_t>(*array.padding), '\xff'));
  }
  text.Raw(array.raw);
  return text.Global("torch", "device").Text("cuda:7").Raw("\x85Re").Done();
}

std::string Read(const Array& array) {
  const std::string error = ErrorOf(Pickle(array));
  if (error != "no error") return error;
  const DeviceMap map = ReadDeviceMap(AsBytes(Pickle(array)), "x.pt");
  return map.tags.empty() ? "no tag" : map.tags.front().device;
}

TEST(JoblibArray, IsPassedOver) {
  EXPECT_EQ(Read({}), "cuda:7");
  EXPECT_EQ(Read({"f8", "K\x03\x85", std::string(24, '.'), 5}), "cuda:7");
  EXPECT_EQ(Read({"U5", "K\x02K\x03\x86", std::string(120, '.'), 1}), "cuda:7");
  EXPECT_EQ(Read({"b1", ")", "b", 3}), "cuda:7");  // of no dimensions: one element
  EXPECT_EQ(Read({"f8", std::string("K\0\x85", 3), ""}), "cuda:7");
}

TEST(JoblibArray, OfObjectsIsRefused) {
  EXPECT_THAT(Read({"O8", "K\x03\x85", ""}),
              HasSubstr("found a numpy array of objects, which joblib pickles in between"));
}

TEST(JoblibArray, LongerThanTheFileIsDamaged) {
  EXPECT_THAT(Read({"f8", "J\xff\xff\xff\x7f\x85", ""}),
              HasSubstr("bytes left, expected 17179869176 bytes of numpy array"));
}

TEST(JoblibArray, WithoutShapeOrSizeIsDamaged) {
  const std::string large = "J\xff\xff\xff\x7f";
  const Array wrong[] = {{"f8", "N", ""},
                         {"f8", "J\xff\xff\xff\xff\x85", ""},         // -1 elements
                         {"f8", large + large + large + "\x87", ""},  // beyond 2^63 bytes
                         {"f", "K\x03\x85", ""},
                         {"fx", "K\x03\x85", ""},
                         {"f99999999999999999999", "K\x03\x85", ""},
                         {"", "K\x03\x85", ""}};
  for (const Array& array : wrong) {
    EXPECT_THAT(Read(array), HasSubstr("BUILD of joblib's wrapper of an array, expected a shape "
                                       "and a dtype"))
        << array.code;
  }
}

}  // namespace
}  // namespace portcullis::checkpoint
