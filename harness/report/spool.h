// Owns: texts that come in any order and are wanted in the order of their numbers. They wait on
// disk, in a file without a name in $TMPDIR (or /tmp), so that their number costs little memory and
// nothing is left of them, whatever ends this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::report {

// Every function throws CannotRun when the operating system refuses (a full disk).
class Spool {
 public:
  explicit Spool(std::size_t count);  // numbers are 0 to count - 1
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Each number once.
  void Put(std::size_t number, std::string_view text);
  bool Has(std::size_t number) const { return places_[number].size > 0; }
  std::string Get(std::size_t number) const;

 private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // 0: nothing yet
  };

  int descriptor_ = -1;
  std::uint64_t end_ = 0;
  std::vector<Place> places_;
};

}  // namespace portcullis::report
