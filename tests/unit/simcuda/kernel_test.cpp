// Kernels and the architectures that they were compiled for.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <vector>

#include "src/simcuda/core/kernel_image.h"
#include "src/simcuda/interface/bridge.h"
#include "tests/unit/simcuda/simulated_host.h"

extern "C" {
void** __cudaRegisterFatBinary(void* wrapper);
void __cudaUnregisterFatBinary(void** handle);
void __cudaRegisterFunction(void** handle, const char* host_function, char* device_function,
                            const char* device_name, int thread_limit, uint3*, uint3*, dim3*, dim3*,
                            int*);
}

namespace portcullis::simcuda {
namespace {

constexpr std::uint32_t kPtx = 1;
constexpr std::uint32_t kMachineCode = 2;

struct Image {
  std::uint32_t kind;
  std::uint32_t capability;
};

// A fat binary of images with eight bytes of code each.
class FatBinary {
 public:
  explicit FatBinary(const std::vector<Image>& images) {
    Append<std::uint32_t>(0xBA55ED50);
    Append<std::uint16_t>(1);
    Append<std::uint16_t>(16);
    Append<std::uint64_t>(72 * images.size());
    for (const Image& image : images) {
      const std::array<std::uint32_t, 16> header = {
          0x01010000 | image.kind, 64, 8, 0, 0, 0, 0x00080001, image.capability};
      for (const std::uint32_t word : header) Append(word);
      Append<std::uint64_t>(0);
    }
    wrapper_ = {0x466243B1, 1, bytes_.data(), nullptr};
  }
  void* wrapper() { return &wrapper_; }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  template <class Value>
  void Append(Value value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof value);
  }
  struct {
    std::uint32_t magic, version;
    const std::byte* binary;
    const void* more;
  } wrapper_ = {};
  std::vector<std::byte> bytes_;
};

TEST(KernelImages, RunOnTheirMajorVersionAndPtxOnLaterOnes) {
  FatBinary binary({{kMachineCode, 75}, {kMachineCode, 80}, {kMachineCode, 90}});
  EXPECT_FALSE(HasImage(binary.wrapper(), 70));
  EXPECT_TRUE(HasImage(binary.wrapper(), 75));
  EXPECT_TRUE(HasImage(binary.wrapper(), 86));
  EXPECT_TRUE(HasImage(binary.wrapper(), 90));
  EXPECT_FALSE(HasImage(binary.wrapper(), 120));
  FatBinary with_ptx({{kMachineCode, 86}, {kPtx, 90}});
  EXPECT_FALSE(HasImage(with_ptx.wrapper(), 80));
  EXPECT_TRUE(HasImage(with_ptx.wrapper(), 120));
}

TEST(KernelImages, OfUnknownLayoutAreTaken) {
  FatBinary binary({{kMachineCode, 75}});
  binary.bytes()[0] = std::byte{0};
  EXPECT_TRUE(HasImage(binary.wrapper(), 70));
  FatBinary cut({{kMachineCode, 75}});
  cut.bytes()[16 + 4] = std::byte{0xFF};  // a header longer than the binary
  EXPECT_TRUE(HasImage(cut.wrapper(), 70));
  EXPECT_TRUE(HasImage(nullptr, 70));
}

class KernelLaunches : public SimulatedHost {
 protected:
  void SetUp() override {
    SimulatedHost::SetUp();
    DeviceDescription old = TestDevice(1);
    old.compute_major = 7;
    old.compute_minor = 0;
    Become(TestHost({TestDevice(0), old}));
    handle = __cudaRegisterFatBinary(binary.wrapper());
    __cudaRegisterFunction(handle, function, device_name, device_name, -1, nullptr, nullptr,
                           nullptr, nullptr, nullptr);
  }
  void TearDown() override {
    __cudaUnregisterFatBinary(handle);
    SimulatedHost::TearDown();
  }
  int Launch() { return cudaLaunchKernel(function, {1, 1, 1}, {1, 1, 1}, nullptr, 0, nullptr); }
  FatBinary binary{{{kMachineCode, 90}}};
  void** handle = nullptr;
  const char* function = "some address";
  char device_name[20] = "_Z3addPf";
};

TEST_F(KernelLaunches, WithoutAnImageForTheDeviceFailAsOnARealOne) {
  void* memory = nullptr;
  const int value = 7;
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  ASSERT_EQ(cudaMalloc(&memory, 4), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(memory, &value, 4, cudaMemcpyHostToDevice), cudaSuccess) << "copies work";
  EXPECT_EQ(Launch(), cudaErrorNoKernelImageForDevice);
  EXPECT_EQ(portcullis_sim_operator("aten::add.Tensor", 1, 4), cudaErrorNoKernelImageForDevice);
  EXPECT_EQ(cudaFree(memory), cudaSuccess) << "it does not poison the context";
  EXPECT_EQ(record().refused, 0U);
}

TEST_F(KernelLaunches, OfWhatNobodyRegisteredFailAsOnARealOne) {
  const int nothing = 0;
  EXPECT_EQ(cudaLaunchKernel(&nothing, {1, 1, 1}, {1, 1, 1}, nullptr, 0, nullptr),
            cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(record().refused, 0U);
}

TEST_F(KernelLaunches, WithAnImageAreRefusedByName) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(Launch(), cudaErrorNotSupported);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("add(float*)"));
  EXPECT_EQ(portcullis_sim_operator("aten::add.Tensor", 0, 4), cudaSuccess);
}

}  // namespace
}  // namespace portcullis::simcuda
