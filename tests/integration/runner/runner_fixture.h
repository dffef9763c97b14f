// Owns: running one bad loader and looking at what is left of it. No test here may depend on how
// fast the machine is: what must have happened is waited for, and what must be quick may be tried
// again.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
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
inline Command Bad(const std::string& behaviour, std::chrono::milliseconds deadline = 60s) {
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

// Ended by its deadline, and not before it said something: a busy machine may need a longer one.
inline Ended TimedOutOnceItSaid(const std::string& behaviour, const std::string& words) {
  for (auto deadline = 100ms;; deadline *= 2) {
    Ended ended = RunOne(Bad(behaviour, deadline));
    const bool said = (ended.output + ended.answer).find(words) != std::string::npos;
    if (said || deadline > 30s) return ended;
  }
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

// Seconds of the first of ten tries that took less than `enough`, or else of the quickest: what a
// busy machine holds up it does not hold up each time.
template <typename Try>
double Quickest(double enough, Try seconds_of_a_try) {
  double least = seconds_of_a_try();
  for (int i = 1; i < 10 && least >= enough; ++i) least = std::min(least, seconds_of_a_try());
  return least;
}

// A folder of a test's own.
class Folder {
 public:
  Folder() : path_(testing::TempDir() + "portcullis-runner-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  void Create(const std::string& name) const { std::ofstream{path_ + "/" + name}; }

 private:
  std::string path_;
};

}  // namespace portcullis::runner
