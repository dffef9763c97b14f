// Every entry point that the header declares, with null pointers and zeros.
#include "tests/unit/simcuda/entry_points.h"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include "src/simcuda/interface/errors.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

class EntryPointsOfAHost : public SimulatedHost {};

// Nothing crashes, and nothing that is not modelled succeeds silently: it fails and says so by
// name.
TEST_F(EntryPointsOfAHost, TakeNothingOrSayWhatIsWrong) {
  int refused = 0;
  for (const EntryPoint& entry : EntryPoints()) {
    SCOPED_TRACE(entry.name);
    ResetRecord();
    Become(TestHost({TestDevice(0), TestDevice(1)}));
    testing::internal::CaptureStderr();
    const int result = CallWithNothing(entry.address);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(FindError(result).code, result) << "an error of CUDA";
    if (result != cudaErrorNotSupported) {
      EXPECT_EQ(record().refused, 0U);
      EXPECT_EQ(said, "");
      continue;
    }
    ++refused;
    EXPECT_EQ(record().refused, 1U);
    EXPECT_THAT(said, testing::HasSubstr(std::string(entry.name) + " refused: "));
    EXPECT_EQ(Events().back().name, entry.name);
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace portcullis::simcuda
