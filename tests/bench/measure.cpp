// Runs a command several times and prints, as JSON, the time and memory of the fastest run. Small,
// because a child's peak memory is at least that of the process that starts it.
//
//   measure TIMES COMMAND…
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

extern char** environ;

namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

struct Measured {
  double wall = 1e9, processor = 1e9;  // seconds, each the least of all runs
  long peak_kib = 0;                   // the most
  int status = 0;
};

void RunOnce(char** command, posix_spawn_file_actions_t& quiet, Measured& measured) {
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, command[0], &quiet, nullptr, command, environ) != 0) {
    std::perror(command[0]);
    std::exit(3);
  }
  rusage usage{};
  wait4(child, &measured.status, 0, &usage);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  measured.wall = std::min(measured.wall, wall.count());
  measured.processor =
      std::min(measured.processor, Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  measured.peak_kib = std::max(measured.peak_kib, usage.ru_maxrss);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  Measured measured;
  for (int i = 0; i < std::atoi(argv[1]); ++i) RunOnce(argv + 2, quiet, measured);
  std::printf("{\"wall\": %.6f, \"processor\": %.6f, \"peak_kib\": %ld, \"exit\": %d}\n",
              measured.wall, measured.processor, measured.peak_kib,
              WIFEXITED(measured.status) ? WEXITSTATUS(measured.status) : 255);
}
