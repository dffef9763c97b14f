// Real error texts find their class.
#include "src/portability/error_catalog.h"

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
  EXPECT_EQ(IdOf("Could not run 'aten::empty_strided' with arguments from the 'MPS' backend"),
            "none");
  EXPECT_EQ(IdOf("something else went wrong"), "none");
}

}  // namespace
}  // namespace portcullis::portability
