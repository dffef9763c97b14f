#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <numeric>
#include <vector>

#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

using testing::Each;
using Bytes = std::vector<unsigned char>;

constexpr std::size_t kBytes = 4096;

// Two allocations on device 0, one on device 1, and bytes of the host.
class Copies : public SimulatedHost {
 protected:
  void SetUp() override {
    SimulatedHost::SetUp();
    ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&other, kBytes), cudaSuccess);
    ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&first, kBytes), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&second, kBytes), cudaSuccess);
    std::iota(source.begin(), source.end(), static_cast<unsigned char>(3));
  }
  static unsigned char* At(void* memory, std::size_t offset) {
    return static_cast<unsigned char*>(memory) + offset;
  }
  static Bytes Read(void* memory) {
    Bytes bytes(kBytes);
    EXPECT_EQ(cudaMemcpy(bytes.data(), memory, kBytes, cudaMemcpyDeviceToHost), cudaSuccess);
    return bytes;
  }
  void* first = nullptr;
  void* second = nullptr;
  void* other = nullptr;
  Bytes source = Bytes(kBytes);
};

TEST_F(Copies, GoThereAndBack) {
  EXPECT_EQ(cudaMemcpy(first, source.data(), kBytes, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(second, first, kBytes, cudaMemcpyDeviceToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpyPeer(other, 1, second, 0, kBytes), cudaSuccess);
  EXPECT_EQ(Read(other), source);
}

TEST_F(Copies, OfDefaultKindGoByAddress) {
  Bytes back(kBytes);
  EXPECT_EQ(cudaMemcpy(first, source.data(), kBytes, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(other, first, kBytes, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(back.data(), other, kBytes, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(back, source);
}

TEST_F(Copies, MustStayInsideOneAllocation) {
  EXPECT_EQ(cudaMemcpy(first, source.data(), kBytes + 1, cudaMemcpyHostToDevice),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(At(first, 1), source.data(), kBytes, cudaMemcpyHostToDevice),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(source.data(), At(first, kBytes - 1), 2, cudaMemcpyDeviceToHost),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(first, At(second, 1), kBytes, cudaMemcpyDeviceToDevice),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(first, 0, kBytes + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(source.data(), first, SIZE_MAX, cudaMemcpyDeviceToHost),
            cudaErrorInvalidValue);
}

TEST_F(Copies, MustNotTouchFreedMemory) {
  ASSERT_EQ(cudaFree(first), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(first, source.data(), 1, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(source.data(), first, 1, cudaMemcpyDefault), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(first, 0, 1), cudaErrorInvalidValue);
}

TEST_F(Copies, MustGoTheWayTheySay) {
  Bytes host(kBytes);
  EXPECT_EQ(cudaMemcpy(first, second, 1, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host.data(), source.data(), 1, cudaMemcpyHostToDevice),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(first, source.data(), 1, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(first, source.data(), 1, cudaMemcpyDeviceToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(first, source.data(), 1, Junk<cudaMemcpyKind>(9)),
            cudaErrorInvalidMemcpyDirection);
  EXPECT_EQ(cudaMemcpy(host.data(), source.data(), kBytes, cudaMemcpyHostToHost), cudaSuccess);
  EXPECT_EQ(host, source);
}

TEST_F(Copies, TakePinnedMemoryForEither) {
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, kBytes, 0), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(pinned, source.data(), kBytes, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(first, pinned, kBytes, cudaMemcpyDeviceToDevice), cudaSuccess);
  EXPECT_EQ(Read(first), source);
}

TEST_F(Copies, MustStayInsideWhatIsPinned) {
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, kBytes, 0), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(first, At(pinned, 1), kBytes, cudaMemcpyHostToDevice), cudaErrorInvalidValue)
      << "behind its end";
  ASSERT_EQ(cudaHostRegister(source.data() + 100, 50, 0), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(first, source.data(), 101, cudaMemcpyHostToDevice), cudaErrorInvalidValue)
      << "into its beginning";
  EXPECT_EQ(cudaMemcpy(source.data() + 149, first, 2, cudaMemcpyDeviceToHost),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(first, source.data(), 100, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(first, source.data() + 100, 50, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(first, source.data() + 150, 50, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaHostUnregister(source.data() + 100), cudaSuccess);
}

TEST_F(Copies, OfNothingSucceed) {
  EXPECT_EQ(cudaMemcpy(nullptr, nullptr, 0, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemset(nullptr, 0, 0), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(nullptr, source.data(), 1, cudaMemcpyDefault), cudaErrorInvalidValue);
}

TEST_F(Copies, BetweenPeersNameTheRightDevices) {
  EXPECT_EQ(cudaMemcpyPeer(other, 0, first, 0, 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyPeer(other, 2, first, 0, 1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaMemcpyPeerAsync(other, 1, first, 0, 1, nullptr), cudaSuccess);
}

TEST_F(Copies, InTwoDimensionsTakeRowsApart) {
  // Four rows of 16 bytes, 32 apart on the device and 16 apart on the host.
  ASSERT_EQ(cudaMemset(first, 0xEE, kBytes), cudaSuccess);
  ASSERT_EQ(cudaMemcpy2D(first, 32, source.data(), 16, 16, 4, cudaMemcpyHostToDevice), cudaSuccess);
  const Bytes bytes = Read(first);
  EXPECT_EQ(bytes[0], source[0]);
  EXPECT_EQ(bytes[15], source[15]);
  EXPECT_EQ(bytes[16], 0xEE);
  EXPECT_EQ(bytes[32], source[16]);
  EXPECT_EQ(bytes[3 * 32 + 15], source[63]);
  EXPECT_EQ(cudaMemcpy2D(first, 8, source.data(), 16, 16, 4, cudaMemcpyHostToDevice),
            cudaErrorInvalidPitchValue);
  EXPECT_EQ(
      cudaMemcpy2DAsync(first, 2048, source.data(), 16, 16, 4, cudaMemcpyHostToDevice, nullptr),
      cudaErrorInvalidValue)
      << "the last row is behind the allocation";
}

TEST_F(Copies, OnAStreamThatIsNoneFail) {
  auto* junk = reinterpret_cast<cudaStream_t>(0x1234);
  EXPECT_EQ(cudaMemcpyAsync(first, source.data(), 1, cudaMemcpyHostToDevice, junk),
            cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaMemsetAsync(first, 0, 1, junk), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaMemcpyAsync(first, source.data(), 1, cudaMemcpyHostToDevice, cudaStreamPerThread),
            cudaSuccess);
}

TEST_F(Copies, FillSetsEveryByte) {
  EXPECT_EQ(cudaMemset(first, 0x1A5, kBytes), cudaSuccess);
  EXPECT_THAT(Read(first), Each(0xA5));
  EXPECT_EQ(cudaMemset(source.data(), 0, 1), cudaErrorInvalidValue) << "not device memory";
}

}  // namespace
}  // namespace portcullis::simcuda
