// Replays the corpus, and all golden checkpoints, through the fuzz targets as an ordinary test.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"
#include "tests/unit/checkpoint/golden.h"

namespace portcullis::fuzz {
namespace {

std::vector<std::filesystem::path> InputsOf(const Target& target) {
  std::vector<std::filesystem::path> inputs = checkpoint::GoldenCheckpoints();
  const std::filesystem::path corpus = std::filesystem::path(PORTCULLIS_CORPUS) / target.name;
  if (std::filesystem::is_directory(corpus)) {
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) inputs.push_back(entry);
  }
  return inputs;
}

class ReplayTest : public testing::TestWithParam<Target> {};

TEST_P(ReplayTest, EveryInputIsAnswered) {
  for (const std::filesystem::path& input : InputsOf(GetParam())) {
    SCOPED_TRACE(input.string());
    const std::vector<std::uint8_t> read = checkpoint::ReadBytes(input);
    // Not a vector: a buffer of exactly this size, so that a sanitizer sees one byte too many.
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[read.size()]);
    std::copy(read.begin(), read.end(), exact.get());
    EXPECT_NO_THROW(GetParam().run({exact.get(), read.size()}));
  }
}

INSTANTIATE_TEST_SUITE_P(All, ReplayTest, testing::ValuesIn(Targets().begin(), Targets().end()),
                         [](const auto& target) {
                           std::string name(target.param.name);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace portcullis::fuzz
