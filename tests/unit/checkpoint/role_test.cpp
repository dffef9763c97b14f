#include "src/checkpoint/role.h"

#include <gtest/gtest.h>

namespace portcullis::checkpoint {
namespace {

std::string_view Role(const std::string& name, const std::string& dtype, std::uint64_t bytes) {
  TensorEntry tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.shape = {static_cast<std::int64_t>(bytes)};
  tensor.bytes = bytes;
  return RoleOf(tensor);
}

TEST(Role, OfGenerators) {
  EXPECT_EQ(Role("x", "uint8", 5056), "RNG state");
  EXPECT_EQ(Role("cuda_rng_state.0", "uint8", 16), "RNG state");
  EXPECT_EQ(Role("mask", "uint8", 16), "");  // any sixteen bytes
  EXPECT_EQ(Role("rng", "float32", 5056), "");
}

TEST(Role, OfOptimizers) {
  EXPECT_EQ(Role("optimizer.state.0.exp_avg", "float32", 4), "optimizer state");
  EXPECT_EQ(Role("state.12.momentum_buffer", "float32", 4), "optimizer state");
  EXPECT_EQ(Role("model.state.weight", "float32", 4), "");
  EXPECT_EQ(Role("substate.0.weight", "float32", 4), "");
}

}  // namespace
}  // namespace portcullis::checkpoint
