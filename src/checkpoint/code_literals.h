// Owns: finding devices in TorchScript code, which is a subset of Python
// (torch/csrc/jit/serialization/python_print.cpp of PyTorch 2.11).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::checkpoint {

struct CodeLiteral {
  std::string text;          // "cuda:0", also for torch.device("cuda", 0)
  std::uint64_t offset = 0;  // of its first character, within the quotes
  std::uint64_t end = 0;   // behind its closing quote; of torch.device("cuda", 0) behind the index
  bool is_device = false;  // inside torch.device(…); else a string that reads like a device
};

// In order. Comments and longer strings that merely contain such text do not count.
std::vector<CodeLiteral> FindDevices(std::string_view code);

// True if the code defines a function.
bool DefinesFunction(std::string_view code);

}  // namespace portcullis::checkpoint
