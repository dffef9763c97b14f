// The C++ loader: reads one request, performs its strategy with LibTorch, writes one answer. With
// --serve it is a warm loader, whose children do that.
//
// Owns: the order of one case. The messages are those of protocol.h. Built twice for each version
// of LibTorch: with CUDA, and without libtorch_cuda, which makes it a CPU-only build.
#include <iostream>

#include "harness/loader/protocol.h"
#include "harness/loader/serve.h"
#include "harness/loader/strategies.h"
#include "harness/loader/warm_up.h"

namespace {

using namespace portcullis::loader;  // NOLINT: the whole program is this namespace

// Returns the exit code.
template <typename Work>
int Guarded(Work work) {
  try {
    return work();
  } catch (const std::exception& error) {
    std::cerr << "portcullis-loader: " << error.what() << "\n";
    return 2;
  }
}

int PerformCase() {
  return Guarded([] {
    const int fd = AnswerFd();
    const Request request = ReadRequest(std::cin);
    Clock clock;
    Answer answer = Perform(request, clock);
    answer.torch = PORTCULLIS_TORCH_BUILD;
    answer.cuda = PORTCULLIS_TORCH_CUDA;
    WriteAnswer(fd, request, answer, clock);
    return 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  const bool serve = argc > 1 && argv[1] == portcullis::protocol::kServe;
  if (!serve) return PerformCase();
  return Guarded([] {
    WarmUp();
    return Serve(PerformCase);
  });
}
