#include "harness/runner/strays.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace portcullis::runner {
namespace {

// proc(5): each thread lists the children that were born to it or given to it. Empty where the
// kernel lacks CONFIG_PROC_CHILDREN: then only process groups are ended.
std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  std::error_code error;
  for (std::filesystem::directory_iterator thread("/proc/self/task", error), end;
       !error && thread != end; thread.increment(error)) {
    std::ifstream list(thread->path() / "children");
    children.insert(children.end(), std::istream_iterator<pid_t>(list), {});
  }
  return children;
}

bool EnvironmentHas(pid_t process, const std::string& tag) {
  std::ifstream stream("/proc/" + std::to_string(process) + "/environ", std::ios::binary);
  const std::string wanted = std::string(kChildVariable) + "=" + tag;
  for (std::string entry; std::getline(stream, entry, '\0');) {
    if (entry == wanted) return true;
  }
  return false;
}

}  // namespace

Strays::Strays() {
  for (const pid_t child : Children()) Own(child);
  prctl(PR_GET_CHILD_SUBREAPER, &subreaper_before_, 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Strays::~Strays() {
  using namespace std::chrono_literals;
  for (int round = 0; round < 500 && Kill("") > 0; ++round) std::this_thread::sleep_for(2ms);
  prctl(PR_SET_CHILD_SUBREAPER, subreaper_before_, 0, 0, 0);
}

std::size_t Strays::Kill(const std::string& tag) {
  Sweep sweep;
  do {
    sweep = Once(tag);
  } while (sweep.reaped > 0);  // a dead one may have left us its children
  return sweep.killed;
}

// An empty tag is everybody's.
Strays::Sweep Strays::Once(const std::string& tag) {
  Sweep sweep;
  for (const pid_t process : Children()) {
    if (not_strays_.contains(process)) continue;
    if (waitpid(process, nullptr, WNOHANG) == process) {
      ++sweep.reaped;
    } else if (tag.empty() || EnvironmentHas(process, tag)) {
      kill(process, SIGKILL);
      ++sweep.killed;
    }
  }
  return sweep;
}

}  // namespace portcullis::runner
