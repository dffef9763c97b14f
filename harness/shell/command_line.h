// Owns: a command line as data, from which completions and manual pages are written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::shell {

struct Option {
  std::vector<std::string> names;  // "-j", "--jobs"; of a positional one its name alone
  std::string value;               // what it takes: "VERSION", "I/N"; "": a flag
  std::string about;
  bool positional = false;
  bool repeats = false;
};

struct Command {
  std::string name, summary;
  std::string more;  // what its help says below the options
  std::vector<Option> options;
};

struct CommandLine {
  std::string program, about, version;
  std::vector<Command> commands;
};

// The word that `portcullis list` knows the values of this option by ("hosts"); "" for none: a
// file.
std::string_view ListedAs(const Option& option);

std::string BashCompletion(const CommandLine& line);
std::string ZshCompletion(const CommandLine& line);
std::string FishCompletion(const CommandLine& line);

// The manual page of the program, or of one of its commands, as roff (man(7)).
std::string ManualPage(const CommandLine& line);
std::string ManualPage(const CommandLine& line, const Command& command);

}  // namespace portcullis::shell
