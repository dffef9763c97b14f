#include "src/cli/command_line.h"

#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

// "INT:INT in [1 - 1024]" is for a machine; people get "INT".
std::string ValueOf(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string value = option.get_type_name();
  return value.empty() ? "TEXT" : value.substr(0, value.find(':'));
}

shell::Option Told(const CLI::Option& option) {
  shell::Option told;
  told.positional = option.get_positional();
  if (told.positional) {
    told.names = {option.get_name(true)};
  } else {
    for (const auto& name : option.get_snames()) told.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) told.names.push_back("--" + name);
  }
  told.value = ValueOf(option);
  told.about = option.get_description();
  told.repeats = option.get_expected_max() > 1;
  return told;
}

}  // namespace

shell::CommandLine OwnCommandLine() {
  shell::CommandLine line{"portcullis", kPurpose, PORTCULLIS_VERSION, {}};
  for (const Subcommand& subcommand : Subcommands()) {
    CLI::App app;
    static_cast<void>(subcommand.declare(app));
    shell::Command command{
        std::string(subcommand.name), std::string(subcommand.summary), app.get_footer(), {}};
    for (const CLI::Option* option : app.get_options()) command.options.push_back(Told(*option));
    line.commands.push_back(std::move(command));
  }
  return line;
}

}  // namespace portcullis::cli
