#include "harness/loader/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/loader/descriptor_variable.h"
#include "harness/loader/heap.h"
#include "harness/loader/protocol.h"
#include "harness/loader/request.h"

namespace portcullis::loader {
namespace {

constexpr std::size_t kLongestCase = 1 << 20;  // bytes of its environment

// What a case needs, as the harness hands it over.
struct Surroundings {
  // "NAME=value", each ended by a NUL. Nothing clears it: its pages would be copied for each child.
  std::unique_ptr<char[]> entries = std::make_unique_for_overwrite<char[]>(kLongestCase + 1);
  std::size_t size = 0;
  // Standard input, output, error, the answer pipe, the folder.
  std::array<int, 5> descriptors{};
};
constexpr std::size_t kFolder = 4;

[[noreturn]] void Fail(const std::string& what) {
  throw BadRequest(what + ": " + std::strerror(errno));  // NOLINT: one thread
}

void Say(int socket, const std::string& text) {
  if (send(socket, text.data(), text.size(), MSG_NOSIGNAL) < 0) Fail("cannot tell the harness");
}

// False when there will be no more cases.
bool Receive(int socket, Surroundings& surroundings) {
  iovec part{surroundings.entries.get(), kLongestCase};
  auto& descriptors = surroundings.descriptors;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(descriptors))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) Fail("cannot read the next case");
  if (size == 0) return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || header == nullptr ||
      header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(descriptors))) {
    throw BadRequest("a case of " + std::to_string(size) + " bytes without its " +
                     std::to_string(descriptors.size()) + " descriptors, or longer than " +
                     std::to_string(kLongestCase) + " bytes");
  }
  std::memcpy(descriptors.data(), CMSG_DATA(header), sizeof(descriptors));
  surroundings.size = static_cast<std::size_t>(size);
  surroundings.entries[surroundings.size] = 0;
  return true;
}

// The strings stay where they are: the environment points to them.
void ReplaceEnvironment(Surroundings& surroundings) {
  clearenv();  // NOLINT: one thread
  for (std::size_t at = 0; at < surroundings.size;) {
    char* entry = &surroundings.entries[at];
    at += std::strlen(entry) + 1;
    putenv(entry);  // NOLINT: one thread
  }
}

// Makes this process, a child of `loader`, what a fresh process for this case would be. The answer
// pipe takes the place of the socket.
void Become(Surroundings& surroundings, const std::array<int, kFolder>& places, pid_t loader) {
  if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) Fail("cannot begin");
  if (getppid() != loader) _exit(127);  // it died before the line above
  for (std::size_t i = 0; i < kFolder; ++i) {
    if (dup2(surroundings.descriptors.at(i), places.at(i)) < 0) Fail("dup2");
  }
  if (fchdir(surroundings.descriptors[kFolder]) != 0) Fail("fchdir");
  ReplaceEnvironment(surroundings);
}

void Close(const Surroundings& surroundings) {
  for (const int descriptor : surroundings.descriptors) close(descriptor);
}

[[noreturn]] void RunChild(Surroundings& surroundings, int socket, pid_t loader, int (*perform)()) {
  int code = 2;
  try {
    Become(surroundings, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, socket}, loader);
    Close(surroundings);
    code = perform();
  } catch (const std::exception& error) {
    std::cerr << "portcullis-loader: " << error.what() << "\n";
  }
  std::cout.flush();
  std::fflush(nullptr);
  _exit(code);
}

// Learns how the child ended without waiting for it for good.
std::string HowItEnded(pid_t child) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0) {
    if (errno != EINTR) Fail("waitid");
  }
  const std::string_view word = info.si_code == CLD_EXITED ? protocol::kExited : protocol::kKilled;
  return std::string(word) + " " + std::to_string(info.si_status);
}

void RefuseThreads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  const auto count = std::distance(begin(threads), end(threads));
  if (count != 1) {
    throw BadRequest("cannot fork for cases: this process has " + std::to_string(count) +
                     " threads, expected 1");
  }
}

}  // namespace

int Serve(int (*perform)()) {
  const int socket = DescriptorNamedBy(protocol::kServeFdVariable);
  fcntl(socket, F_SETFD, FD_CLOEXEC);
  RefuseThreads();
  const pid_t loader = getpid();
  Surroundings surroundings;
  SetHeapAside();
  Say(socket, std::string(protocol::kReady));
  pid_t child = 0;
  while (Receive(socket, surroundings)) {
    if (child > 0) waitpid(child, nullptr, 0);
    child = fork();
    if (child < 0) Fail("fork");
    if (child == 0) RunChild(surroundings, socket, loader, perform);
    setpgid(child, child);  // here too: the harness may signal the group at once
    Close(surroundings);
    Say(socket, std::string(protocol::kForked) + " " + std::to_string(child));
    Say(socket, HowItEnded(child));
  }
  return 0;
}

}  // namespace portcullis::loader
