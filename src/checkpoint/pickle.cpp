#include "src/checkpoint/pickle.h"

#include <fmt/format.h>

#include "src/checkpoint/pickle_machine.h"
#include "src/checkpoint/pickle_opcodes.h"

namespace portcullis::checkpoint {
namespace {

Ref Interpret(Cursor& in, PickleMachine& machine) {
  const auto& opcodes = PickleOpcodes();
  for (;;) {
    const std::uint8_t code = machine.NextOpcode();
    const PickleOpcode& opcode = opcodes[code];
    machine.StartOpcode(opcode.name);
    if (!machine.values().HasNoted(code)) machine.NoteOpcode(code);
    if (opcode.act != nullptr) {
      opcode.act(machine);
    } else if (!opcode.name.empty()) {
      return machine.Pop();
    } else {
      in.source().Damaged(machine.opcode_at(), fmt::format("byte {:#04x}", code),
                          "an opcode of pickle");
    }
  }
}

}  // namespace

Ref ReadPickle(Cursor& in, Budget& budget, Values& values, StringSites* sites) {
  PickleMachine machine(in, budget, values, sites);
  try {
    return Interpret(in, machine);
  } catch (const BudgetSpent& spent) {
    in.source().Unsupported(
        machine.opcode_at(),
        fmt::format("a pickle whose values need more than {} MiB", spent.limit() >> 20),
        "values in proportion to the file",
        "look at the file by hand: it may be made to exhaust memory");
  }
}

}  // namespace portcullis::checkpoint
