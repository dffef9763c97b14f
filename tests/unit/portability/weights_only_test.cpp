// What torch.load(weights_only=True) accepts, where PyTorch itself is not asked;
// weights_only_against_torch.py holds the whole list against PyTorch's own.
#include "src/portability/weights_only.h"

#include <gmock/gmock.h>

namespace portcullis::portability {
namespace {

TEST(WeightsOnly, AcceptsWhatSavedWeightsNeed) {
  for (const char* global :
       {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter", "torch.FloatStorage", "torch.cuda.HalfStorage",
        "torch.LongTensor", "torch.sparse.FloatTensor", "torch.bfloat16", "torch.int64",
        "torch.uint16", "torch.device", "torch.Size", "_codecs.encode", "__builtin__.set"}) {
    EXPECT_TRUE(WeightsOnlyAccepts(global)) << global;
  }
}

TEST(WeightsOnly, RefusesEverythingElse) {
  for (const char* global : {"",
                             "torch",
                             "torch.",
                             "os.system",
                             "builtins.eval",
                             "builtins.getattr",
                             "posix.system",
                             "torch.nn.modules.linear.Linear",
                             "torch.load",
                             "torch.Storage",
                             "torch.Tensor.cuda",
                             "torch.cuda.sparse.BoolTensor",
                             "torch.sparse.FloatStorage",
                             "torch.int9",
                             "torch.int",
                             "torch.quint16",
                             "notorch.FloatStorage",
                             "torch.cuda.QInt8Storage",
                             "numpy.dtype",
                             "torch.FloatStorage ",
                             "Torch.FloatStorage"}) {
    EXPECT_FALSE(WeightsOnlyAccepts(global)) << global;
  }
}

TEST(WeightsOnly, GivesTheRefusedInTheirOrder) {
  EXPECT_THAT(WeightsOnlyRefuses({{"b.C", {}}, {"torch.Size", {}}, {"a.B", {}}}),
              testing::ElementsAre("b.C", "a.B"));
  EXPECT_THAT(WeightsOnlyRefuses({{"torch.Size", {}}}), testing::IsEmpty());
}

}  // namespace
}  // namespace portcullis::portability
