// The C++ loader: reads one request, performs its strategy with LibTorch, writes one answer.
//
// Owns: the order of one case. The messages are those of protocol.h. Built twice for each version
// of LibTorch: with CUDA, and without libtorch_cuda, which makes it a CPU-only build.
#include <iostream>

#include "harness/loader/strategies.h"

int main() {
  using namespace portcullis::loader;  // NOLINT: the whole program is this namespace
  try {
    const int fd = AnswerFd();
    const Request request = ReadRequest(std::cin);
    Clock clock;
    Answer answer = Perform(request, clock);
    answer.torch = PORTCULLIS_TORCH_BUILD;
    answer.cuda = PORTCULLIS_TORCH_CUDA;
    WriteAnswer(fd, request, answer, clock);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "portcullis-loader: " << error.what() << "\n";
    return 2;
  }
}
