#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "src/simcuda/core/process.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

class Devices : public SimulatedHost {
 protected:
  static int Count() {
    int count = -1;
    EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
    return count;
  }
  static int BusOf(int ordinal) {
    cudaDeviceProp properties = {};
    EXPECT_EQ(cudaGetDeviceProperties(&properties, ordinal), cudaSuccess);
    return properties.pciBusID;
  }
};

TEST_F(Devices, AreThoseOfTheHost) {
  EXPECT_EQ(Count(), 2);
  cudaDeviceProp properties = {};
  ASSERT_EQ(cudaGetDeviceProperties(&properties, 1), cudaSuccess);
  EXPECT_STREQ(properties.name, "Test GPU");
  EXPECT_EQ(properties.totalGlobalMem, 16 * kGiB);
  EXPECT_EQ(properties.major, 9);
  EXPECT_EQ(properties.multiProcessorCount, 132);
  EXPECT_EQ(properties.sharedMemPerBlockOptin, 227U << 10) << "of compute capability 9.0";
  EXPECT_EQ(static_cast<unsigned char>(properties.uuid.bytes[0]), 0xA1);
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 2), cudaErrorInvalidDevice);
}

TEST_F(Devices, SayTheSameByAttributes) {
  int value = 0;
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 0), cudaSuccess);
  EXPECT_EQ(value, 132);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrComputeCapabilityMajor, 0), cudaSuccess);
  EXPECT_EQ(value, 9);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrClockRate, 0), cudaSuccess);
  EXPECT_EQ(value, 1'980'000);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, Junk<cudaDeviceAttr>(100000), 0), cudaErrorInvalidValue);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrClockRate, -1), cudaErrorInvalidDevice);
}

TEST_F(Devices, AreFoundByPciAddress) {
  char text[32];
  ASSERT_EQ(cudaDeviceGetPCIBusId(text, sizeof text, 1), cudaSuccess);
  EXPECT_STREQ(text, "0000:11:00.0");
  int ordinal = -1;
  EXPECT_EQ(cudaDeviceGetByPCIBusId(&ordinal, text), cudaSuccess);
  EXPECT_EQ(ordinal, 1);
  EXPECT_EQ(cudaDeviceGetByPCIBusId(&ordinal, "0000:77:00.0"), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaDeviceGetPCIBusId(text, 3, 1), cudaErrorInvalidValue);
}

TEST_F(Devices, AreMadeCurrent) {
  int ordinal = -1;
  EXPECT_EQ(cudaGetDevice(&ordinal), cudaSuccess);
  EXPECT_EQ(ordinal, 0);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(-1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetDevice(&ordinal), cudaSuccess);
  EXPECT_EQ(ordinal, 1) << "an invalid one changes nothing";
}

TEST_F(Devices, BehindAMaskAreNumberedByIt) {
  Become(TestHost({TestDevice(0), TestDevice(1), TestDevice(2)}), "2,0");
  EXPECT_EQ(Count(), 2);
  EXPECT_EQ(BusOf(0), 0x12);
  EXPECT_EQ(BusOf(1), 0x10);
}

TEST_F(Devices, BehindAMaskByUuid) {
  Become(TestHost({TestDevice(0), TestDevice(1)}), "GPU-a1");
  EXPECT_EQ(Count(), 1);
  EXPECT_EQ(BusOf(0), 0x11);
}

TEST_F(Devices, StandInPciOrderOnlyOnRequest) {
  DeviceDescription slow = TestDevice(0);
  slow.compute_major = 7;
  const HostDescription host = TestHost({slow, TestDevice(1), TestDevice(2)});
  Become(host);
  EXPECT_EQ(BusOf(0), 0x11) << "the fastest first, by default";
  EXPECT_EQ(BusOf(1), 0x10);
  EXPECT_EQ(BusOf(2), 0x12);
  Become(host);
  setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 1);
  EXPECT_EQ(BusOf(0), 0x10);
  Become(host, "0");
  setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 1);
  EXPECT_EQ(BusOf(0), 0x10) << "the mask counts in that order";
}

TEST_F(Devices, ReachEachOther) {
  int can = -1;
  EXPECT_EQ(cudaDeviceCanAccessPeer(&can, 0, 1), cudaSuccess);
  EXPECT_EQ(can, 1);
  EXPECT_EQ(cudaDeviceCanAccessPeer(&can, 0, 0), cudaSuccess);
  EXPECT_EQ(can, 0);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorPeerAccessAlreadyEnabled);
  EXPECT_EQ(cudaDeviceDisablePeerAccess(1), cudaSuccess);
  EXPECT_EQ(cudaDeviceDisablePeerAccess(1), cudaErrorPeerAccessNotEnabled);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(5, 0), cudaErrorInvalidDevice);
}

struct DriverState {
  const char* name;
  int driver_version;
  int devices;
  const char* mask;
  cudaError_t error;
};
class DriverStates : public SimulatedHost, public testing::WithParamInterface<DriverState> {};

TEST_P(DriverStates, SayWhyThereIsNoDevice) {
  HostDescription host = TestHost({});
  for (int i = 0; i < GetParam().devices; ++i) host.devices[host.device_count++] = TestDevice(i);
  host.driver_version = GetParam().driver_version;
  Become(host, GetParam().mask);
  int count = -1;
  void* memory = nullptr;
  EXPECT_EQ(cudaGetDeviceCount(&count), GetParam().error);
  EXPECT_EQ(cudaMalloc(&memory, 1), GetParam().error);
  EXPECT_EQ(cudaSetDevice(0), GetParam().error);
  EXPECT_EQ(cudaGetLastError(), GetParam().error);
  int version = -1;
  EXPECT_EQ(cudaDriverGetVersion(&version), cudaSuccess);
  EXPECT_EQ(version, GetParam().driver_version);
}

INSTANTIATE_TEST_SUITE_P(
    All, DriverStates,
    testing::Values(DriverState{"absent", 0, 0, "0", cudaErrorInsufficientDriver},
                    DriverState{"absent_with_devices", 0, 1, "0", cudaErrorInsufficientDriver},
                    DriverState{"too_old", 12040, 1, "0", cudaErrorInsufficientDriver},
                    DriverState{"no_devices", 13000, 0, "0", cudaErrorNoDevice},
                    DriverState{"masked", 13000, 2, "", cudaErrorNoDevice},
                    DriverState{"newer", 13020, 1, "0", cudaSuccess}),
    [](const auto& row) { return row.param.name; });

HostDescription HostWith(DeviceState state) {
  HostDescription host = TestHost({TestDevice(0), TestDevice(1)});
  host.devices[0].state = state;
  return host;
}

class Unavailable : public SimulatedHost, public testing::WithParamInterface<DeviceState> {};
TEST_P(Unavailable, DevicesAreThereUntilTheirFirstUse) {
  Become(HostWith(GetParam()));
  int count = 0;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 2);
  cudaDeviceProp properties = {};
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 0), cudaSuccess);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaErrorDevicesUnavailable);
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaErrorDevicesUnavailable) << "as long as it is so";
  EXPECT_EQ(cudaGetLastError(), cudaErrorDevicesUnavailable);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess) << "nothing is poisoned";
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
}
INSTANTIATE_TEST_SUITE_P(All, Unavailable,
                         testing::Values(DeviceState::kBusy, DeviceState::kExclusive,
                                         DeviceState::kProhibited));

TEST_F(Devices, SayTheirComputeMode) {
  const auto mode_of = [&](DeviceState state) {
    Become(HostWith(state));
    int mode = -1;
    EXPECT_EQ(cudaDeviceGetAttribute(&mode, cudaDevAttrComputeMode, 0), cudaSuccess);
    return mode;
  };
  EXPECT_EQ(mode_of(DeviceState::kHealthy), cudaComputeModeDefault);
  EXPECT_EQ(mode_of(DeviceState::kExclusive), cudaComputeModeExclusiveProcess);
  EXPECT_EQ(mode_of(DeviceState::kProhibited), cudaComputeModeProhibited);
}

TEST_F(Devices, OneThatIsLostStopsAllThatAreVisibleWithIt) {
  int count = 0;
  Become(HostWith(DeviceState::kLost));
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorUnknown);
  Become(HostWith(DeviceState::kLost), "1");
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess) << "the mask hides it";
  EXPECT_EQ(count, 1);
}

TEST_F(Devices, CannotBeUsedIfTheHostCannotStart) {
  HostDescription host = TestHost({TestDevice(0)});
  host.start_error = cudaErrorSystemDriverMismatch;
  Become(host);
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorSystemDriverMismatch);
  EXPECT_EQ(cudaSetDevice(0), cudaErrorSystemDriverMismatch);
  EXPECT_EQ(count, -1);
}

TEST_F(Devices, WithoutADescriptionThereIsNoDriver) {
  BecomeDriverless();
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  EXPECT_EQ(count, -1);
}

TEST_F(Devices, ADescriptionThatIsNoneIsSaid) {
  BecomeDriverless();
  setenv(kHostVariable, "/dev/null", 1);
  testing::internal::CaptureStderr();
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(testing::HasSubstr("/dev/null"), testing::HasSubstr("too short")));
}

// Exit status of a forked child that returns what `body` says.
template <class Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(Devices, AChildForkedBeforeTheFirstCallIsAHostOfItsOwn) {
  const int count = InChild([] {
    setenv("CUDA_VISIBLE_DEVICES", "1", 1);
    int visible = -1;
    return cudaGetDeviceCount(&visible) == cudaSuccess ? visible : -1;
  });
  EXPECT_EQ(count, 1);
  EXPECT_EQ(Count(), 2) << "this process has a mask of its own";
  EXPECT_EQ(record().attached, 2U);
}

TEST_F(Devices, AChildForkedLaterCannotUseThem) {
  EXPECT_EQ(Count(), 2);
  EXPECT_EQ(InChild([] {
              int visible = -1;
              return int{cudaGetDeviceCount(&visible)};
            }),
            cudaErrorInitializationError);
  EXPECT_EQ(Count(), 2);
}

}  // namespace
}  // namespace portcullis::simcuda
