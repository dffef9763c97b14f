#include <array>

#include "src/cli/subcommand.h"

namespace portcullis::cli {

std::span<const Subcommand> Subcommands() {
  static constexpr std::array kTable{
      Subcommand{"check", "say where a checkpoint loads, in milliseconds, without loading it",
                 DeclareCheck, true},
      Subcommand{"inspect", "show the device map of a checkpoint", DeclareInspect, true},
      Subcommand{"explain", "say in prose what a checkpoint is, where it loads, what to do next",
                 DeclareExplain, true},
      Subcommand{"report", "make a page or a comment of a run's results, or compare two runs",
                 DeclareReport, true},
      Subcommand{"repro", "from an error text to what happened, what to do, and a reproduction",
                 DeclareRepro, true},
      Subcommand{"retag", "change the device tags of a checkpoint, and nothing else in it",
                 DeclareRetag, true},
      Subcommand{"run", "load checkpoints on declared hosts, and compare with what is expected",
                 DeclareRun, true},
      Subcommand{"exec", "run any program on a simulated host", DeclareExec, true},
      Subcommand{"trace", "show a case, or a flight record, as a time line of calls", DeclareTrace},
      Subcommand{"hosts", "list hosts, or describe one", DeclareHosts},
      Subcommand{"merge", "join the results of all shards of one run", DeclareMerge},
      Subcommand{"list", "list scenarios, cases, hosts, runtimes, checkpoints, strategies",
                 DeclareList, true},
      Subcommand{"make", "make the checkpoints that scenarios load", DeclareMake},
      Subcommand{"calibrate", "record what this machine's own GPUs do", DeclareCalibrate},
      Subcommand{"agree", "hold the simulation against a recording of real GPUs", DeclareAgree},
      Subcommand{"docs", "generate the reference pages from kept results, or check them",
                 DeclareDocs},
      Subcommand{"completion", "write what completes this command line in bash, zsh or fish",
                 DeclareCompletion},
      Subcommand{"man", "write a manual page, of the program or of a subcommand", DeclareMan},
      Subcommand{"doctor", "say what is here, what is missing, and how to get it", DeclareDoctor,
                 true},
  };
  return kTable;
}

}  // namespace portcullis::cli
