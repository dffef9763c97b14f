// Real error texts find their class.
#include "src/portability/error_catalog.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

namespace portcullis::portability {
namespace {

std::string_view IdOf(std::string_view text) {
  const ErrorClass* found = ClassifyError(text);
  return found == nullptr ? "none" : found->id;
}

TEST(ErrorCatalog, IdsAreUniqueAndFound) {
  std::set<std::string_view> ids;
  for (const ErrorClass& error : ErrorCatalog()) {
    EXPECT_TRUE(ids.insert(error.id).second) << error.id;
    EXPECT_EQ(FindErrorClass(error.id), &error);
    EXPECT_FALSE(error.first.empty()) << error.id;
  }
  EXPECT_EQ(FindErrorClass("nothing"), nullptr);
}

TEST(ErrorCatalog, RealTexts) {
  EXPECT_EQ(IdOf("Attempting to deserialize object on a CUDA device but torch.cuda.is_available() "
                 "is False. If you are running on a CPU-only machine, please use torch.load with "
                 "map_location=torch.device('cpu') to map your storages to the CPU."),
            "deserialize-no-cuda");
  EXPECT_EQ(IdOf("Attempting to deserialize object on CUDA device 1 but torch.cuda.device_count() "
                 "is 1. Please use torch.load with map_location to map your storages to an "
                 "existing device."),
            "deserialize-no-such-gpu");
  EXPECT_EQ(IdOf("Could not run 'aten::empty_strided' with arguments from the 'CUDA' backend. This "
                 "could be because the operator doesn't exist"),
            "cpu-build");
}

TEST(ErrorCatalog, BothSubstringsMustOccurInOrder) {
  EXPECT_EQ(IdOf("'MPS' backend: Could not run 'aten::empty_strided' with arguments from it"),
            "none");
  EXPECT_EQ(IdOf("Could not run 'aten::empty_strided' with arguments from the 'MPS' backend"),
            "missing-backend");
  EXPECT_EQ(IdOf("something else went wrong"), "none");
}

TEST(ErrorCatalog, OtherWordingsNameAClassAndAreNotItsOwnWords) {
  for (const Wording& wording : OtherWordings()) {
    const ErrorClass* error = FindErrorClass(wording.id);
    ASSERT_NE(error, nullptr) << wording.id;
    const std::string words = fmt::format("{} … {}", wording.first, wording.then);
    EXPECT_TRUE(Matches(*error, words)) << words;
    EXPECT_NE(wording.first, error->first);
    EXPECT_FALSE(wording.versions.empty()) << words;
    EXPECT_FALSE(wording.source.empty()) << words;
  }
}

TEST(ErrorCatalog, TheLastErrorOfATextComesFirst) {
  const auto found = FindErrors(
      "No CUDA GPUs are available … Found no NVIDIA driver on your system … No CUDA GPUs are "
      "available … invalid device ordinal");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].error->id, "invalid-ordinal");
  EXPECT_EQ(found[1].error->id, "no-gpus");
  EXPECT_EQ(found[2].error->id, "no-driver");
  EXPECT_EQ(found[0].wording, nullptr);
}

TEST(ErrorCatalog, OfTwoAtOnePlaceTheNarrowerIsFirst) {
  const auto found = FindErrors(
      "Expected all tensors to be on the same device, but got state_steps is on cpu, different "
      "from");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].error->id, "fused-steps");
  EXPECT_EQ(found[1].error->id, "different-devices");
}

TEST(ErrorCatalog, SecondWordsBeforeTheFirstDoNotCount) {
  EXPECT_TRUE(FindErrors("but torch.cuda.device_count() is 1 on CUDA device").empty());
  EXPECT_TRUE(FindErrors("'CUDA' backend Could not run 'aten::empty_strided'").empty());
  EXPECT_TRUE(FindErrors("").empty());
}

}  // namespace
}  // namespace portcullis::portability
