// Owns: the answer of WeightsOnlyAccepts for each line of standard input, for
// weights_only_against_torch.py: prints the accepted ones.
#include <iostream>
#include <string>

#include "src/portability/weights_only.h"

int main() {
  for (std::string global; std::getline(std::cin, global);) {
    if (portcullis::portability::WeightsOnlyAccepts(global)) std::cout << global << '\n';
  }
}
