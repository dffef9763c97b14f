// Owns: the uses, that is what a program does with what it has loaded, as one table. Most device
// bugs show only there. Operators must compute for it: a real GPU, or the computing plugin.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portcullis::portability {

enum class UseKind {
  kNone,
  kLoadInto,
  kTrain,
  kTrainFused,
  kTrainMoved,
  kTrainAssigned,
  kResume,
  kResumeCounted,
  kDataParallel,
  kStoredDevice,
  kCall,
  kMoveAndCall,
  kMoveProgramAndCall,
};

// One row of the table.
struct UseRow {
  UseKind kind;
  std::string_view name;  // "train"
  bool takes_device;      // "train=cuda:0"
  std::string_view example;
  std::string_view summary;  // for people, one line
};
std::span<const UseRow> UseTable();  // without kNone

// One use with the device that it takes place on.
struct Use {
  UseKind kind = UseKind::kNone;
  std::string device;  // "cuda:0"; "" for a use that takes none
  explicit operator bool() const { return kind != UseKind::kNone; }
  // "train", "" for none.
  std::string_view Name() const;
  // "train=cuda:0", "" for none.
  std::string Text() const;
  bool operator==(const Use&) const = default;
};

// Parses "train=cuda:0". Throws UsageError with the nearest name or what is missing.
Use ParseUse(std::string_view text);

}  // namespace portcullis::portability
