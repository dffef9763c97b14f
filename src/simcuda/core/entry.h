// Owns: the entry point that a call is of, checked against the tables when this is compiled.
#pragma once

#include <string_view>

#include "src/simcuda/interface/entry_names.h"

namespace portcullis::simcuda {

// Written as the name: Call("cudaMalloc", …). A name that no table has does not compile.
class Entry {
 public:
  consteval Entry(const char* name) : Entry(FindEntry(name)) {  // NOLINT: implicit on purpose
    if (row_ == kNoEntry) throw "src/simcuda/table has no such entry point";
  }
  // A name that is known only when the program runs: of a refused call.
  static Entry Find(std::string_view name) { return Entry(FindEntry(name)); }

  std::uint16_t row() const { return row_; }
  // Whether the call only asks for something, by its name. Programs do that all the time.
  bool asks() const { return asks_; }

 private:
  explicit constexpr Entry(std::uint16_t row) : row_(row), asks_(row != kNoEntry && Asks(row)) {}
  static constexpr bool Asks(std::uint16_t row) {
    for (const std::string_view word : {"Get", "Query", "IsCapturing", "CanAccess", "Exchange"}) {
      if (kEntryNames[row].find(word) != std::string_view::npos) return true;
    }
    return false;
  }

  std::uint16_t row_;
  bool asks_;
};

}  // namespace portcullis::simcuda
