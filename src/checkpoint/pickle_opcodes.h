// Owns: the opcodes of pickle, as one table.
#pragma once

#include <array>
#include <string_view>

#include "src/checkpoint/pickle_machine.h"

namespace portcullis::checkpoint {

struct PickleOpcode {
  std::uint8_t code = 0;
  std::string_view name;                  // as in pickletools; "" for bytes that are no opcode
  void (*act)(PickleMachine&) = nullptr;  // null for STOP
};

// Indexed by the opcode's byte.
const std::array<PickleOpcode, 256>& PickleOpcodes();

}  // namespace portcullis::checkpoint
