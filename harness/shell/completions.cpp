#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "harness/shell/command_line.h"

namespace portcullis::shell {
namespace {

// What lists the values: the program itself, so that they are those of this version and machine.
constexpr const char* kList = "portcullis list {} 2>/dev/null | awk '{{print $1}}'";

struct Listed {
  std::string_view option, what;
};
constexpr std::array kListed{
    Listed{"--host", "hosts"},          Listed{"--hosts", "hosts"},
    Listed{"--runtime", "runtimes"},    Listed{"--runtimes", "runtimes"},
    Listed{"--strategy", "strategies"}, Listed{"--strategies", "strategies"},
};

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string Filled(std::string text,
                   const std::vector<std::pair<std::string_view, std::string>>& words) {
  for (const auto& [name, value] : words) text = Replaced(std::move(text), name, value);
  return text;
}

constexpr const char* kBash =
    R"~(# bash completion for @PROGRAM@, written by '@PROGRAM@ completion bash'.
_@PROGRAM@() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' options='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -- ]] && return  # the words of another program
    [[ -z $command && ${COMP_WORDS[i]} != -* ]] && command=${COMP_WORDS[i]}
  done
  case $command in
    '') COMPREPLY=($(compgen -W '@COMMANDS@' -- "$cur")); return ;;
@OPTIONS@  esac
  case $previous in
@VALUES@  esac
  [[ $cur == -* ]] && COMPREPLY=($(compgen -W "$options" -- "$cur"))
}
complete -o default -F _@PROGRAM@ @PROGRAM@
)~";

constexpr const char* kZsh = R"~(#compdef @PROGRAM@
# zsh completion for @PROGRAM@, written by '@PROGRAM@ completion zsh'.
_@PROGRAM@_list() {
  local -a words
  words=(${(f)"$(@LIST@)"})
  compadd -a words
}
_@PROGRAM@() {
  local -a commands
  commands=(
@COMMANDS@  )
  local curcontext=$curcontext state line
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
@OPTIONS@    esac ;;
  esac
}
if [ "$funcstack[1]" = _@PROGRAM@ ]; then _@PROGRAM@ "$@"; else compdef _@PROGRAM@ @PROGRAM@; fi
)~";

// Inside '…' of any of the three shells.
std::string Quotable(const std::string& text) { return Replaced(text, "'", "'\\''"); }

std::string NamesOfOptions(const Command& command) {
  std::string words;
  for (const Option& option : command.options) {
    if (!option.positional)
      words += fmt::format("{}{}", words.empty() ? "" : " ", fmt::join(option.names, " "));
  }
  return words;
}

std::string NamesOfCommands(const CommandLine& line) {
  std::string words;
  for (const Command& command : line.commands) words += command.name + " ";
  return words + "--help --version";
}

// Options whose values are listed, as one line of a shell's case for each kind.
std::string BashValues() {
  std::string rows;
  for (const Listed& row : kListed) {
    rows += fmt::format("    {}) COMPREPLY=($(compgen -W \"$({})\" -- \"$cur\")); return ;;\n",
                        row.option, fmt::format(fmt::runtime(kList), row.what));
  }
  return rows;
}

std::string ZshEscaped(const std::string& text) {
  std::string out = Quotable(text);
  for (const char* special : {"[", "]", ":"})
    out = Replaced(out, special, fmt::format("\\{}", special));
  return out;
}

std::string ZshOption(const Option& option) {
  const std::string_view listed = ListedAs(option);
  const std::string action =
      listed.empty() ? "_files" : fmt::format("{{_portcullis_list {}}}", listed);
  if (option.positional) return fmt::format(" \\\n        '*:{}:_files'", option.names.front());
  std::string specs;
  for (const std::string& name : option.names) {
    specs += fmt::format(" \\\n        '{}{}[{}]{}'", option.repeats ? "*" : "", name,
                         ZshEscaped(option.about),
                         option.value.empty() ? "" : fmt::format(":value:{}", action));
  }
  return specs;
}

std::string FishOption(const Command& command, const Option& option) {
  if (option.positional) return {};
  std::string line =
      fmt::format("complete -c portcullis -n '__fish_seen_subcommand_from {}'", command.name);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.value.empty()) line += " -r";
  if (const std::string_view listed = ListedAs(option); !listed.empty()) {
    line += fmt::format(" -f -a '({})'",
                        Replaced(fmt::format(fmt::runtime(kList), listed), "'", "\\'"));
  }
  return line + fmt::format(" -d '{}'\n", Replaced(option.about, "'", "\\'"));
}

}  // namespace

std::string_view ListedAs(const Option& option) {
  for (const Listed& row : kListed) {
    for (const std::string& name : option.names) {
      if (name == row.option) return row.what;
    }
  }
  return {};
}

std::string BashCompletion(const CommandLine& line) {
  std::string cases;
  for (const Command& command : line.commands) {
    cases += fmt::format("    {}) options='{}' ;;\n", command.name, NamesOfOptions(command));
  }
  return Filled(kBash, {{"@COMMANDS@", NamesOfCommands(line)},
                        {"@OPTIONS@", cases},
                        {"@VALUES@", BashValues()},
                        {"@PROGRAM@", line.program}});
}

std::string ZshCompletion(const CommandLine& line) {
  std::string names, cases;
  for (const Command& command : line.commands) {
    names += fmt::format("    '{}:{}'\n", command.name, ZshEscaped(command.summary));
    std::string options;
    for (const Option& option : command.options) options += ZshOption(option);
    cases += fmt::format("      {}) _arguments -s{} ;;\n", command.name, options);
  }
  return Filled(kZsh, {{"@COMMANDS@", names},
                       {"@OPTIONS@", cases},
                       {"@LIST@", fmt::format(fmt::runtime(kList), "$1")},
                       {"@PROGRAM@", line.program}});
}

std::string FishCompletion(const CommandLine& line) {
  std::string text =
      fmt::format("# fish completion for {0}, written by '{0} completion fish'.\n", line.program);
  for (const Command& command : line.commands) {
    text += fmt::format("complete -c portcullis -n __fish_use_subcommand -f -a {} -d '{}'\n",
                        command.name, Replaced(command.summary, "'", "\\'"));
    for (const Option& option : command.options) text += FishOption(command, option);
  }
  return text;
}

}  // namespace portcullis::shell
