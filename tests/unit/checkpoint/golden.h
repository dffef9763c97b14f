// Owns: the golden checkpoints of fixtures/golden/checkpoints, for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace portcullis::checkpoint {

// All of them, sorted. For each, PATH.json says what PyTorch reports.
std::vector<std::filesystem::path> GoldenCheckpoints();

// One by its name: "zip-cuda0.pt".
std::filesystem::path Golden(const std::string& name);

std::vector<std::uint8_t> ReadBytes(const std::filesystem::path& path);

// A name that GoogleTest takes: "zip_cuda0_pt".
std::string TestName(const std::filesystem::path& golden);

}  // namespace portcullis::checkpoint
