// Owns: the answer of CountedByTorch for each mask on standard input, one a line, for
// torch_mask_against_torch.py: prints the count, or "driver". Arguments: the version of PyTorch and
// the UUIDs of the GPUs.
#include <iostream>
#include <string>
#include <vector>

#include "src/portability/torch_mask.h"

int main(int argc, char** argv) {
  using namespace portcullis::portability;
  const auto torch = ParseTorchVersion(argc > 1 ? argv[1] : "");
  if (!torch) return 2;
  const std::vector<std::string> uuids(argv + 2, argv + argc);
  for (std::string mask; std::getline(std::cin, mask);) {
    const auto counted = CountedByTorch(mask, uuids, *torch);
    std::cout << (counted ? std::to_string(*counted) : "driver") << '\n';
  }
}
