// Owns: child processes: starting, feeding, listening, deadlines, ending all that they started.
// Knows nothing of checkpoints. Single-threaded: callbacks run inside Run().
//
// What a child may leave behind, and what ends it:
// - Its process group: SIGTERM at the deadline and SIGKILL half a second later; SIGKILL without
//   delay when the child itself has ended.
// - A process that left the group (setsid) becomes this process's child when its parent ends
//   (PR_SET_CHILD_SUBREAPER) and is known by PORTCULLIS_CHILD in its environment: SIGKILL when the
//   child has ended. If it wiped its environment: SIGKILL when Run() ends.
// - The child itself, if this process is killed: SIGKILL by the kernel (PR_SET_PDEATHSIG). What the
//   child started is then beyond anybody's reach.
//
// A command may name a warm loader (protocol.h) that forks for it instead of starting its program.
// Then the same holds for the forked child, which is the warm loader's; and if this process is
// killed, so is the loader, and with it the child.
//
// A Runner waits for nobody else's processes: children that this process has when Run() begins are
// left alone. Callbacks must not start processes of their own, and only one Runner may be in Run().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::runner {

inline constexpr std::size_t kAnswerLimit = 64U << 20U;

// How to start a warm loader. One is started when a command needs it and none that is there is
// idle, so at most as many as jobs of one kind; they end with Run(), or by EndIdle().
struct Warm {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  // what must be there before the program starts
  // A loader that imports PyTorch, or more of it before it forks, takes seconds where nothing else
  // runs: a machine that is twenty times slower is not out of order.
  std::chrono::milliseconds start_deadline{180'000};
  std::chrono::milliseconds fork_deadline{180'000};
  bool operator<(const Warm& other) const;  // by what is started
};

// What one child may have of this machine; nothing: as much as this process.
struct Limits {
  // Resident memory of its own (resident.h); a child that has more is killed. No rlimit counts
  // that: CUDA reserves more addresses than there is memory, and a simulated GPU may write to all
  // of them.
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> open_files;  // RLIMIT_NOFILE
};

struct Command {
  std::vector<std::string> argv;  // argv[0] is a path, not searched for
  // The whole of it, but for PORTCULLIS_ANSWER_FD and PORTCULLIS_CHILD, which the runner sets.
  std::map<std::string, std::string> environment;
  std::filesystem::path folder;  // working directory; empty: this process's own
  std::string input;             // written to standard input, which is then closed
  std::chrono::milliseconds deadline{60'000};
  std::optional<Warm> warm;  // nothing: a fresh process
  // It needs no processor for most of its time: it runs beside the others, taking no job's place.
  bool waits = false;
  // No two commands that name the same one run at once: a GPU that a case needs to itself, say.
  std::vector<std::string> resources;
  Limits limits;
  std::size_t output_limit = 256U << 10U;  // per stream: the first and the last half are kept
};

// How a child ended: exactly one of exit code, signal, failure to start and loss; timed_out and
// stopped say that the harness ended it.
struct Ended {
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::string start_error;  // not empty: it never ran ("cannot start 'x': No such file …")
  // Not empty: a warm loader lost it ("the warm loader ended in the middle of the case"). It may
  // have run to any point; what is said here about its end and its answer is worth nothing.
  std::string lost;
  bool timed_out = false;
  bool stopped = false;          // ended by Stop()
  std::string over_limit;        // not empty: it was killed, as it had more than its limits say
  std::string output;            // standard output, shortened to output_limit
  std::string errors;            // standard error, likewise
  std::string answer;            // bytes written to the answer pipe (fd in PORTCULLIS_ANSWER_FD)
  bool answer_too_long = false;  // longer than kAnswerLimit, of which this is the start
  std::chrono::duration<double> seconds{0};  // from its start to its own end
};

class Runner {
 public:
  explicit Runner(int jobs);
  ~Runner();
  // Queues a child; `done` is called once, from Run(), when it and its process group have ended
  // (never, if Stop() forgot it). If `done` throws, Run() kills all children and throws on.
  void Submit(Command command, std::function<void(Ended)> done);
  // Runs until all queued children, and those queued by callbacks, have ended.
  void Run();
  // No queued or later command will need a warm loader of this kind: ends those that are idle. May
  // be called from a callback; a command that needs one after all starts another.
  void EndIdle(const Warm& warm);
  // Ends all running children (SIGTERM, then SIGKILL after a grace) and forgets queued ones, and
  // those that are queued until Run() returns. May be called from a callback.
  void Stop();
  // Stop() on SIGINT or SIGTERM while in Run(); interrupted() then says which signal it was. A
  // second one kills the children without grace.
  void StopOnSignals();
  std::optional<int> interrupted() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::runner
