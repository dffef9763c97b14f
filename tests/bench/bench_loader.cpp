// A warm loader that answers every case at once, with the same error: what is left is the harness.
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "harness/loader/protocol.h"
#include "harness/loader/serve.h"

namespace {

// The value of "case" in a request line; ids hold nothing that JSON would escape.
std::string CaseOf(const std::string& request) {
  constexpr std::string_view kKey = "\"case\":\"";
  const std::size_t from = request.find(kKey) + kKey.size();
  return request.substr(from, request.find('"', from) - from);
}

int Perform() {
  const std::string request(std::istreambuf_iterator<char>(std::cin), {});
  const std::string answer =
      R"({"protocol":1,"case":")" + CaseOf(request) +
      R"(","runtime":{"language":"cpp","torch":"0.0.0","cuda":"13.0"},"outcome":"raised",)"
      R"("phase":"load","tensors":[],"values":[],"error":{"type":"RuntimeError",)"
      R"("text":"Found no NVIDIA driver on your system."},)"
      R"("seconds":{"load":0.0,"move":0.0,"use":0.0,"read-back":0.0}})"
      "\n";
  const char* pipe = std::getenv(std::string(portcullis::protocol::kAnswerFdVariable).c_str());
  const auto size = static_cast<ssize_t>(answer.size());
  return pipe != nullptr && write(std::atoi(pipe), answer.data(), answer.size()) == size ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool serve = argc > 1 && std::string_view(argv[1]) == portcullis::protocol::kServe;
    return serve ? portcullis::loader::Serve(Perform) : Perform();
  } catch (const std::exception& error) {
    std::cerr << "bench_loader: " << error.what() << "\n";
    return 2;
  }
}
