// Owns: the errors that Portcullis reports to its user, and the exit codes they end in.
#pragma once

#include <stdexcept>
#include <string>

namespace portcullis {

// Exit codes of every subcommand.
enum class ExitCode : int {
  kAsExpected = 0,  // everything as expected
  kFinding = 1,     // it ran, and something is not as expected
  kWrongUse = 2,    // the command line or an input file is wrong
  kCannotRun = 3,   // this machine lacks something, or the operating system said no
};

// An error with the exit code it leads to. The text names what was found, where
// (file, line or archive member and offset), what was expected, and what to do next.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// The user asked for something that does not exist or is spelt wrongly.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& text) : Error(ExitCode::kWrongUse, text) {}
};

// What was asked is right but cannot be done here.
class CannotRun : public Error {
 public:
  explicit CannotRun(const std::string& text) : Error(ExitCode::kCannotRun, text) {}
};

// "cannot open 'x': No such file or directory"-style text for the current errno.
std::string SystemError(const std::string& doing);

}  // namespace portcullis
