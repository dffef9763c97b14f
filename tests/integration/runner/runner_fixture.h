// Owns: running one bad loader and looking at what is left of it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "harness/runner/runner.h"

namespace portcullis::runner {

using namespace std::chrono_literals;

#ifdef PORTCULLIS_WARM
inline constexpr bool kWarm = true;
#else
inline constexpr bool kWarm = false;
#endif

// In a fresh process, or in the program that is built for it, forked from a warm loader.
inline Command Bad(const std::string& behaviour, std::chrono::milliseconds deadline = 20s) {
  Command command;
  command.argv = {BAD_LOADER, behaviour};
  command.deadline = deadline;
  if (kWarm) command.warm = Warm{{BAD_LOADER, "--serve", behaviour}, {}};
  return command;
}

inline Ended RunOne(Command command) {
  Ended result;
  int calls = 0;
  Runner runner(1);
  runner.Submit(std::move(command), [&](Ended ended) {
    result = std::move(ended);
    ++calls;
  });
  runner.Run();
  EXPECT_EQ(calls, 1);
  return result;
}

inline bool Exists(pid_t process) { return kill(process, 0) == 0; }

inline std::vector<pid_t> NumbersIn(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<pid_t>(stream), {}};
}

inline std::size_t OpenDescriptors() {
  return static_cast<std::size_t>(std::distance(
      std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

// Seconds that `doing` took.
template <typename Doing>
double Seconds(Doing doing) {
  const auto from = std::chrono::steady_clock::now();
  doing();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

}  // namespace portcullis::runner
