// Contexts: which calls create the primary context of which device, and what it ends with.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include "src/simcuda/interface/bridge.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

using testing::ElementsAre;

class Contexts : public SimulatedHost {
 protected:
  static std::vector<bool> Active() {
    return {portcullis_sim_context_active(0) != 0, portcullis_sim_context_active(1) != 0};
  }
};

TEST_F(Contexts, AreNotCreatedByAsking) {
  int value = 0;
  cudaDeviceProp properties = {};
  EXPECT_EQ(cudaGetDeviceCount(&value), cudaSuccess);
  EXPECT_EQ(cudaGetDevice(&value), cudaSuccess);
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 1), cudaSuccess);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrClockRate, 0), cudaSuccess);
  EXPECT_EQ(cudaDeviceCanAccessPeer(&value, 0, 1), cudaSuccess);
  EXPECT_THAT(Active(), ElementsAre(false, false));
}

// "cudaSetDevice … will also initialize the runtime on the device" (CUDA 12.0 on).
TEST_F(Contexts, AreCreatedByMakingTheirDeviceCurrent) {
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_THAT(Active(), ElementsAre(false, true));
  EXPECT_EQ(cudaInitDevice(0, 0, 0), cudaSuccess);
  EXPECT_THAT(Active(), ElementsAre(true, true));
  int ordinal = -1;
  EXPECT_EQ(cudaGetDevice(&ordinal), cudaSuccess);
  EXPECT_EQ(ordinal, 1) << "cudaInitDevice makes none current";
}

TEST_F(Contexts, AreCreatedByTheFirstCallThatNeedsOne) {
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
  EXPECT_THAT(Active(), ElementsAre(true, false));
}

TEST_F(Contexts, EndWithAResetAndBeginAgain) {
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
  ASSERT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  EXPECT_EQ(cudaDeviceReset(), cudaSuccess);
  EXPECT_THAT(Active(), ElementsAre(false, false));
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
  EXPECT_THAT(Active(), ElementsAre(true, false));
  EXPECT_EQ(cudaDeviceDisablePeerAccess(1), cudaErrorPeerAccessNotEnabled)
      << "peer access went with the context";
}

TEST_F(Contexts, HavePeersInOneDirection) {
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaDeviceDisablePeerAccess(0), cudaErrorPeerAccessNotEnabled);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(0, 1), cudaErrorInvalidValue) << "there are no flags";
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorPeerAccessUnsupported) << "itself";
  EXPECT_EQ(cudaDeviceEnablePeerAccess(0, 0), cudaSuccess);
}

TEST_F(Contexts, AreNotCreatedOnADeviceThatIsBusy) {
  HostDescription host = TestHost({TestDevice(0), TestDevice(1)});
  host.devices[0].state = DeviceState::kBusy;
  Become(host);
  EXPECT_EQ(cudaSetDevice(0), cudaErrorDevicesUnavailable);
  EXPECT_THAT(Active(), ElementsAre(false, false));
}

}  // namespace
}  // namespace portcullis::simcuda
