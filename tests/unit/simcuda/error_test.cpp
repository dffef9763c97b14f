#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "src/simcuda/core/process.h"
#include "src/simcuda/interface/errors.h"
#include "tests/unit/simcuda/entry_points.h"
#include "tests/unit/simcuda/simulated_host.h"

namespace portcullis::simcuda {
namespace {

// The real libcudart of the CUDA Toolkit, where it is installed.
void* RealRuntime() {
  static void* const library = dlopen(PORTCULLIS_REAL_CUDART, RTLD_NOW | RTLD_LOCAL);
  return library;
}

template <class Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RealRuntime(), name));
}

TEST(ErrorTexts, EqualThoseOfTheRealRuntime) {
  if (!RealRuntime()) GTEST_SKIP() << "no " PORTCULLIS_REAL_CUDART " here";
  auto* name = Real<decltype(cudaGetErrorName)>("cudaGetErrorName");
  auto* text = Real<decltype(cudaGetErrorString)>("cudaGetErrorString");
  for (int code = -1; code < 11000; ++code) {
    const auto error = static_cast<cudaError_t>(code);
    EXPECT_STREQ(cudaGetErrorName(error), name(error)) << code;
    EXPECT_STREQ(cudaGetErrorString(error), text(error)) << code;
  }
}

TEST(ErrorTexts, OfACodeThatIsNone) {
  EXPECT_STREQ(cudaGetErrorName(Junk<cudaError_t>(12345)), "unrecognized error code");
}

// Names of the errors of which driver_types.h says that something must be, or was, terminated.
std::set<std::string> TerminalErrors(const std::string& header) {
  std::set<std::string> names;
  const std::regex row(R"(/\*\*((?:[^*]|\*(?!/))*)\*/\s*(cudaError\w+)\s*=)");
  for (std::sregex_iterator at(header.begin(), header.end(), row), end; at != end; ++at) {
    if ((*at)[1].str().find("terminated") != std::string::npos) names.insert((*at)[2]);
  }
  return names;
}

TEST(StickyErrors, AreThoseOfTheHeaderAndTheUncorrectableOnes) {
  std::ifstream file(PORTCULLIS_CUDA_HEADERS "/driver_types.h");
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  const std::size_t from = whole.find("cudaError\n");
  const std::size_t to = whole.find("cudaErrorApiFailureBase");
  ASSERT_LT(from, to);
  std::set<std::string> expected = TerminalErrors(whole.substr(from, to - from));
  EXPECT_GT(expected.size(), 8U);
  expected.insert({"cudaErrorECCUncorrectable", "cudaErrorNvlinkUncorrectable"});
  std::set<std::string> sticky;
  for (const ErrorText& error : Errors()) {
    if (IsSticky(error.code)) sticky.insert(error.name);
  }
  EXPECT_EQ(sticky, expected);
}

TEST(ShortErrorNames, SplitWordsAtCapitals) {
  EXPECT_EQ(ShortErrorName(FindError(cudaErrorIllegalAddress)), "illegal-address");
  EXPECT_EQ(ShortErrorName(FindError(cudaErrorECCUncorrectable)), "ecc-uncorrectable");
  EXPECT_EQ(ShortErrorName(FindError(cudaErrorInvalidPtx)), "invalid-ptx");
  EXPECT_EQ(ShortErrorName(FindError(cudaErrorJitCompilerNotFound)), "jit-compiler-not-found");
  std::set<std::string> names;
  for (const ErrorText& error : Errors()) names.insert(ShortErrorName(error));
  EXPECT_EQ(names.size(), Errors().size()) << "each names one error";
}

// Every error of CUDA, injected into an allocation: returned once if it does not stick, for ever if
// it does.
class EveryError : public SimulatedHost, public testing::WithParamInterface<ErrorText> {};
TEST_P(EveryError, SticksOrNot) {
  const ErrorText& error = GetParam();
  Become(WithFaults(TestHost({TestDevice(0), TestDevice(1)}),
                    {ShortErrorName(error) + "@malloc:1/cuda:0"}));
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), error.code);
  const int later = IsSticky(error.code) ? error.code : cudaSuccess;
  EXPECT_EQ(cudaMalloc(&memory, 1), later);
  EXPECT_EQ(cudaDeviceSynchronize(), later);
  EXPECT_EQ(cudaGetLastError(), error.code);
  EXPECT_EQ(cudaGetLastError(), later);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess) << "another device's context is another one";
}
INSTANTIATE_TEST_SUITE_P(All, EveryError,
                         testing::ValuesIn(Errors().begin() + 1, Errors().end()),  // not success
                         [](const auto& row) { return std::string(row.param.name); });

class ErrorsOfCalls : public SimulatedHost {};

TEST_F(ErrorsOfCalls, LastErrorIsReturnedOnce) {
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1 << 30), cudaSuccess);
  EXPECT_EQ(cudaMalloc(nullptr, 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(memory), cudaSuccess);  // success does not clear it
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(ErrorsOfCalls, OutOfMemoryDoesNotStick) {
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 17 * kGiB), cudaErrorMemoryAllocation);
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&memory, kGiB), cudaSuccess);
}

TEST_F(ErrorsOfCalls, IllegalAddressSticksToItsDeviceUntilReset) {
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 512), cudaSuccess);
  Process::Get().FindDevice(0)->Poison(cudaErrorIllegalAddress);
  EXPECT_EQ(cudaMalloc(&memory, 512), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 512), cudaSuccess) << "the other device works on";
  EXPECT_EQ(cudaSetDevice(0), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaDeviceReset(), cudaSuccess);
  cudaGetLastError();
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 512), cudaSuccess);
}

TEST_F(ErrorsOfCalls, RefusedCallsFailAndNameThemselves) {
  EXPECT_EQ(cudaGraphLaunch(nullptr, nullptr), cudaErrorNotSupported);
  EXPECT_EQ(cudaGraphLaunch(nullptr, nullptr), cudaErrorNotSupported);
  EXPECT_EQ(cudaMallocManaged(nullptr, 1, 0), cudaErrorNotSupported);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotSupported);
  EXPECT_EQ(record().refused, 3U);
  ASSERT_EQ(record().refused_kept, 2U) << "each name is kept once";
  EXPECT_STREQ(record().refused_names[0], "libcudart.so.13: cudaGraphLaunch");
  EXPECT_STREQ(record().refused_names[1], "libcudart.so.13: cudaMallocManaged");
}

// The real runtime says the same without a driver; where there is one this cannot be compared.
TEST_F(ErrorsOfCalls, WithoutADriverAreThoseOfTheRealRuntime) {
  if (!RealRuntime()) GTEST_SKIP() << "no " PORTCULLIS_REAL_CUDART " here";
  int version = 0;
  Real<decltype(cudaDriverGetVersion)>("cudaDriverGetVersion")(&version);
  if (version != 0) GTEST_SKIP() << "this machine has a driver";
  BecomeDriverless();
  auto* real_peek = Real<decltype(cudaPeekAtLastError)>("cudaPeekAtLastError");
  EXPECT_GT(EntryPoints().size(), 250U);
  for (const EntryPoint& entry : EntryPoints()) {
    // Not documented; the real one hands out tables of its own even without a driver.
    if (std::string_view(entry.name) == "cudaGetExportTable") continue;
    const int simulated = CallWithNothing(entry.address);
    EXPECT_EQ(simulated, CallWithNothing(dlsym(RealRuntime(), entry.name))) << entry.name;
    EXPECT_EQ(cudaPeekAtLastError(), real_peek()) << "after " << entry.name;
  }
}

}  // namespace
}  // namespace portcullis::simcuda
