// Owns: the answer of WeightsOnlyAccepts for each line of standard input, of the PyTorch version
// that the argument names, for weights_only_against_torch.py: prints the accepted ones.
#include <iostream>
#include <string>

#include "src/portability/weights_only.h"

int main(int argc, char** argv) {
  const auto torch = portcullis::portability::ParseTorchVersion(argc > 1 ? argv[1] : "");
  if (!torch) return 2;
  for (std::string global; std::getline(std::cin, global);) {
    if (portcullis::portability::WeightsOnlyAccepts(global, *torch)) std::cout << global << '\n';
  }
}
