#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "harness/shell/command_line.h"

namespace portcullis::shell {
namespace {

// Text as roff takes it: no escapes of its own, no request at the start of a line, and hyphens that
// are typed stay what they are.
std::string Roff(const std::string& text) {
  std::string out;
  for (const char each : text) {
    if ((each == '.' || each == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (each == '\\') {
      out += "\\e";
    } else if (each == '-') {
      out += "\\-";
    } else {
      out += each;
    }
  }
  return out;
}

std::string Title(const CommandLine& line, std::string name) {
  for (char& each : name) each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
  return fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n", name, line.program,
                     line.version);
}

// Lines that the help has below its options stay lines.
std::string Section(const char* name, const std::string& text) {
  if (text.empty()) return {};
  return fmt::format(".SH {}\n.nf\n{}\n.fi\n", name, Roff(text));
}

std::string Described(const Option& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", Roff(name));
  }
  if (!option.value.empty() && !option.positional)
    names += fmt::format(" \\fI{}\\fR", Roff(option.value));
  return fmt::format(".TP\n{}\n{}\n", names, Roff(option.about));
}

std::string Options(const Command& command, bool positional) {
  std::string text;
  for (const Option& option : command.options) {
    if (option.positional == positional) text += Described(option);
  }
  return text;
}

constexpr const char* kExit =
    ".SH EXIT STATUS\n"
    ".TP\n0\neverything as expected\n"
    ".TP\n1\na finding: something is not as expected, or a checkpoint is damaged\n"
    ".TP\n2\nwrong use: the command line or an input file\n"
    ".TP\n3\ncould not run here, or was interrupted\n";

}  // namespace

std::string ManualPage(const CommandLine& line) {
  std::string text = Title(line, line.program);
  text += fmt::format(".SH NAME\n{} \\- {}\n", line.program, Roff(line.about));
  text += fmt::format(".SH SYNOPSIS\n.B {}\n.I command\n[\\fIoptions\\fR]\n.SH COMMANDS\n",
                      line.program);
  for (const Command& command : line.commands) {
    text += fmt::format(".TP\n\\fB{0}\\fR\n{1}: {2}\\-{0}(1)\n", command.name,
                        Roff(command.summary), line.program);
  }
  return text + kExit;
}

std::string ManualPage(const CommandLine& line, const Command& command) {
  const std::string name = line.program + "-" + command.name;
  std::string text = Title(line, name);
  text += fmt::format(".SH NAME\n{} \\- {}\n", Roff(name), Roff(command.summary));
  text += fmt::format(".SH SYNOPSIS\n.B {} {}\n[\\fIoptions\\fR]", line.program, command.name);
  for (const Option& option : command.options) {
    if (option.positional) {
      text +=
          fmt::format("\n[\\fI{}\\fR{}]", Roff(option.names.front()), option.repeats ? " ..." : "");
    }
  }
  text += "\n";
  if (const std::string words = Options(command, true); !words.empty())
    text += ".SH ARGUMENTS\n" + words;
  text += ".SH OPTIONS\n" + Options(command, false);
  text += Section("NOTES", command.more);
  return text + kExit + fmt::format(".SH SEE ALSO\n{}(1)\n", line.program);
}

}  // namespace portcullis::shell
